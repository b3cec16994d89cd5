/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Putting a domain aside: another name, another uuid, no disks, so that its
 * successor can have all three.  Each part looks first: all of it may be
 * repeated after a partial failure.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/toolstack_impl.h"

static bool ends_with(const char *s, const char *suffix)
{
	size_t len = strlen(s), tail = strlen(suffix);

	return tail > 0 && len > tail && !strcmp(s + len - tail, suffix);
}

/* libxl changes xenstore only; hv_set_uuid() has to follow. */
static int rename_in_store(struct toolstack *ts, uint32_t domid,
			   const char *suffix, const uint8_t *uuid,
			   struct text *why)
{
	AUTO_FREE char *name = libxl_domid_to_name(ts->ctx, domid);
	libxl_domain_create_info info;
	libxl_uuid new_uuid;
	int rc;

	if (!name) {
		text_append_clause(why, "domain %u has no name", domid);
		return -ENOENT;
	}
	if (ends_with(name, suffix))
		return 0;
	memcpy(libxl_uuid_bytearray(&new_uuid), uuid, UUID_BYTES);
	libxl_domain_create_info_init(&info);
	info.name = name;
	rc = libxl_domain_preserve(ts->ctx, domid, &info, suffix, new_uuid);
	info.name = NULL;
	libxl_domain_create_info_dispose(&info);
	return rc ? toolstack_fail(ts, rc, "libxl_domain_preserve", why) : 0;
}

static int rename_in_hypervisor(struct toolstack *ts, uint32_t domid,
				const uint8_t *uuid, struct text *why)
{
	struct domain_info info;
	int r = hv_find(ts->hv, domid, &info);

	if (!r && !uuid_equal(info.id.uuid, uuid))
		r = hv_set_uuid(ts->hv, domid, uuid);
	if (r)
		text_append_clause(why, "giving domain %u its new uuid failed: %s",
				   domid, strerror(-r));
	return r;
}

/* libxl's record under the domain's new name and uuid. */
static int store_record(struct toolstack *ts, uint32_t domid, const char *old,
			const uint8_t *uuid, struct text *why)
{
	AUTO_CONFIG libxl_domain_config config;
	AUTO_FREE char *json = NULL;
	AUTO_FREE char *name = libxl_domid_to_name(ts->ctx, domid);
	int r, rc;

	libxl_domain_config_init(&config);
	r = toolstack_parse(ts, old, &config, why);
	if (r)
		return r;
	if (name) {
		free(config.c_info.name);
		config.c_info.name = name;
		name = NULL;
	}
	memcpy(libxl_uuid_bytearray(&config.c_info.uuid), uuid, UUID_BYTES);
	json = libxl_domain_config_to_json(ts->ctx, &config);
	if (!json)
		return -ENOMEM;
	rc = libxl_userdata_store(ts->ctx, domid, LIGHT_KIND_CONFIG,
				  (uint8_t *)json, (int)strlen(json) + 1);
	return rc ? toolstack_fail(ts, rc, "storing the copy's record", why)
		  : 0;
}

/* The record as libxl wrote it under the uuid before; NULL: there is none. */
static char *read_old_record(struct toolstack *ts, const char *path)
{
	void *data = NULL;
	char *json;
	int len = 0;

	if (libxl_read_file_contents(ts->ctx, path, &data, &len) || len <= 0)
		return NULL;
	json = strndup(data, (size_t)len);
	free(data);
	return json;
}

static int move_file(struct toolstack *ts, uint32_t domid, const char *path,
		     const uint8_t *uuid, bool stored, struct text *why)
{
	AUTO_FREE char *json = NULL;
	int r = 0;

	if (!stored && ends_with(path, "." LIGHT_KIND_CONFIG)) {
		json = read_old_record(ts, path);
		if (json)
			r = store_record(ts, domid, json, uuid, why);
	}
	if (!r)
		unlink(path);
	return r;
}

/*
 * libxl finds its files by the hypervisor's uuid: the copy would lose those
 * under the old uuid, and they would never be removed.  A pending config-update
 * belongs to the successor, and was already read. (Lock files remove
 * themselves.)
 */
static int move_userdata(struct toolstack *ts, uint32_t domid,
			 const uint8_t *uuid, struct text *why)
{
	char pattern[128], ours[UUID_TEXT_BYTES];
	uint8_t *present = NULL;
	glob_t found = {0};
	int r = 0, len = 0;

	(void)libxl_userdata_retrieve(ts->ctx, domid, LIGHT_KIND_CONFIG,
				      &present, &len);
	free(present);
	uuid_format(uuid, ours);
	snprintf(pattern, sizeof(pattern), LIGHT_DATA_DIR
		 "/userdata-d.%u.*", domid);
	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return 0;
	for (size_t i = 0; !r && i < found.gl_pathc; i++)
		if (!strstr(found.gl_pathv[i], ours))
			r = move_file(ts, domid, found.gl_pathv[i], uuid,
				      len > 0, why);
	globfree(&found);
	return r;
}

static int verify(struct toolstack *ts, uint32_t domid, const char *suffix,
		  const uint8_t *uuid, struct text *why)
{
	AUTO_FREE char *name = libxl_domid_to_name(ts->ctx, domid);
	struct domain_info info;
	int r = hv_find(ts->hv, domid, &info);

	if (!r && name && ends_with(name, suffix) &&
	    uuid_equal(info.id.uuid, uuid)) {
		text_append_clause(why, "domain %u is %s now", domid, name);
		return 0;
	}
	text_append_clause(why, "the rename did not hold: name %s",
			   name ? name : "missing");
	toolstack_note_state(ts, domid, why);
	return r ? r : -EIO;
}

int toolstack_rename(struct toolstack *ts, uint32_t domid, const char *suffix,
		     const uint8_t uuid[UUID_BYTES], struct text *why)
{
	int r = rename_in_store(ts, domid, suffix, uuid, why);

	if (!r)
		r = rename_in_hypervisor(ts, domid, uuid, why);
	if (!r)
		r = move_userdata(ts, domid, uuid, why);
	if (!r)
		r = toolstack_take_disks(ts, domid, why);
	if (r) {
		toolstack_note_state(ts, domid, why);
		return r;
	}
	return verify(ts, domid, suffix, uuid, why);
}
