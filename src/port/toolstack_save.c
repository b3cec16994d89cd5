/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the configuration of a domain that is to be made again comes from.
 * Reads only: a save may be repeated.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/toolstack_impl.h"

/* libxl's record with the live values: memory, vCPUs, devices. */
static int read_live(struct toolstack *ts, uint32_t domid, char **ret_json,
		     struct text *why)
{
	AUTO_CONFIG libxl_domain_config config;
	char *json;
	int rc;

	libxl_domain_config_init(&config);
	rc = libxl_retrieve_domain_configuration(ts->ctx, domid, &config,
						 NULL);
	if (rc)
		return toolstack_fail(ts, rc,
				      "retrieving the live configuration",
				      why);
	toolstack_note_place(ts, domid, &config);
	json = libxl_domain_config_to_json(ts->ctx, &config);
	if (!json)
		return -ENOMEM;
	*ret_json = json;
	return 0;
}

/* The record has the name of before an `xl rename`. */
static void take_name(struct toolstack *ts, uint32_t domid,
		      libxl_domain_config *config)
{
	char *name = libxl_domid_to_name(ts->ctx, domid);

	if (!name)
		return;
	free(config->c_info.name);
	config->c_info.name = name;
}

/* FALLBACK without devices that are known to be detached now. */
static char *write_fallback(struct toolstack *ts, uint32_t domid,
			    const char *fallback, libxl_domain_config *config,
			    struct text *why)
{
	if (!toolstack_drop_detached(ts, domid, config, why))
		return strdup(fallback);
	take_name(ts, domid, config);
	toolstack_note_place(ts, domid, config);
	return libxl_domain_config_to_json(ts->ctx, config);
}

static int use_fallback(struct toolstack *ts, uint32_t domid,
			const char *fallback, char **ret_json,
			struct text *why)
{
	AUTO_CONFIG libxl_domain_config config;
	char *json;
	int r;

	libxl_domain_config_init(&config);
	if (!fallback || !*fallback) {
		text_append_clause(why, "there is no snapshot to fall back to");
		return -ENOENT;
	}
	r = toolstack_parse(ts, fallback, &config, why);
	if (r)
		return r;
	json = write_fallback(ts, domid, fallback, &config, why);
	if (!json)
		return -ENOMEM;
	*ret_json = json;
	return 0;
}

int toolstack_save(struct toolstack *ts, uint32_t domid, const char *fallback,
		   char **ret_json, struct text *why)
{
	int r = toolstack_read_update(ts, domid, ret_json, why);

	if (!r) {
		text_append_clause(why, "from a pending config-update");
		return 0;
	}
	r = read_live(ts, domid, ret_json, why);
	if (!r) {
		text_append_clause(why, "from libxl's record and the live values");
		return 0;
	}
	r = use_fallback(ts, domid, fallback, ret_json, why);
	if (!r)
		text_append_clause(why, "from the snapshot taken earlier");
	return r;
}

int toolstack_save_stored(struct toolstack *ts, uint32_t domid,
			  const char *fallback, char **ret_json,
			  struct text *why)
{
	int r;

	text_append_clause(why, "reading the live configuration did not end");
	r = use_fallback(ts, domid, fallback, ret_json, why);
	if (!r)
		text_append_clause(why, "from the snapshot taken earlier: "
				   "later changes and devices may be missing");
	return r;
}
