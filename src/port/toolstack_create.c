/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing a domain up: a new one, or the same one after a soft reset.
 * Leaves nothing half built without saying so.
 */
#include <errno.h>
#include <string.h>

#include "port/balloon.h"
#include "base/cleanup.h"
#include "port/toolstack_impl.h"

/* Whatever still has the uuid that was to be created. */
static void destroy_remains(struct toolstack *ts, uint32_t domid,
			    const uint8_t *uuid, struct text *why)
{
	struct domain_info info;
	int rc;

	if (!libxl_domid_valid_guest(domid) ||
	    hv_find(ts->hv, domid, &info) || !uuid_equal(info.id.uuid, uuid)) {
		text_append_clause(why, "nothing remains of the new domain");
		return;
	}
	if (!info.dying) {
		rc = libxl_domain_destroy(ts->ctx, domid, NULL);
		if (rc)
			toolstack_fail(ts, rc, "destroying it again", why);
	}
	toolstack_note_state(ts, domid, why);
}

static int build(struct toolstack *ts, libxl_domain_config *config,
		 uint32_t *ret_domid, struct text *why)
{
	struct balloon balloon;
	int r = balloon_lock(ts->hv, ts->end_ms, &balloon, why);
	int rc;

	if (r)
		return r;
	if (!libxl_domid_valid_guest(config->c_info.domid))
		config->c_info.domid = balloon.domid_policy;
	r = balloon_free_memory(&balloon, ts->ctx, config, why);
	if (!r) {
		rc = libxl_domain_create_new(ts->ctx, config, ret_domid,
					     NULL, NULL);
		if (rc)
			r = toolstack_fail(ts, rc, "libxl_domain_create_new",
					   why);
	}
	balloon_unlock(&balloon);
	return r;
}

int toolstack_create(struct toolstack *ts, const char *json, const char *mark,
		     uint32_t *ret_domid, struct text *why)
{
	AUTO_CONFIG libxl_domain_config config;
	uint8_t uuid[UUID_BYTES];
	uint32_t domid = INVALID_DOMID;
	int r, rc;

	libxl_domain_config_init(&config);
	r = toolstack_parse(ts, json, &config, why);
	if (r)
		return r;
	memcpy(uuid, libxl_uuid_bytearray(&config.c_info.uuid), UUID_BYTES);
	r = toolstack_put_mark(&config, mark);
	if (r)
		return r;
	toolstack_check_place(ts, &config, why);
	r = build(ts, &config, &domid, why);
	if (!r) {
		rc = libxl_domain_unpause(ts->ctx, domid, NULL);
		if (rc)
			r = toolstack_fail(ts, rc, "libxl_domain_unpause",
					   why);
	}
	if (r) {
		destroy_remains(ts, domid, uuid, why);
		return r;
	}
	*ret_domid = domid;
	return 0;
}

int toolstack_soft_reset(struct toolstack *ts, uint32_t domid,
			 const char *json, struct text *why)
{
	AUTO_CONFIG libxl_domain_config config;
	struct balloon balloon;
	int r, rc;

	libxl_domain_config_init(&config);
	r = toolstack_parse(ts, json, &config, why);
	if (r)
		return r;
	if (config.c_info.type != LIBXL_DOMAIN_TYPE_HVM) {
		text_append_clause(why, "only an HVM guest can be soft reset");
		toolstack_note_state(ts, domid, why);
		return -EOPNOTSUPP;
	}
	r = balloon_lock(ts->hv, ts->end_ms, &balloon, why);
	if (r)
		return r;
	rc = libxl_domain_soft_reset(ts->ctx, &config, domid, NULL, NULL);
	balloon_unlock(&balloon);
	if (rc)
		r = toolstack_fail(ts, rc, "libxl_domain_soft_reset", why);
	else if ((rc = libxl_domain_unpause(ts->ctx, domid, NULL)))
		r = toolstack_fail(ts, rc, "libxl_domain_unpause", why);
	if (r)
		toolstack_note_state(ts, domid, why);
	return r;
}
