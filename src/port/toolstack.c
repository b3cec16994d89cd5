/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The libxl context of one worker, and its failures in our words.  The
 * operations are in toolstack_*.c.
 */
#include "port/toolstack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy.h"
#include "port/guest.h"
#include "port/logger.h"
#include "port/toolstack_impl.h"

/*
 * A worker also starts children (xl) without libxl, and waits for each: libxl
 * must reap only its own children.
 */
static const libxl_childproc_hooks childproc_hooks = {
	.chldowner = libxl_sigchld_owner_libxl_always_selective_reap,
};

int toolstack_open(struct toolstack **ret_ts)
{
	struct toolstack *ts = calloc(1, sizeof(*ts));
	int r = -ENOMEM, rc;

	if (!ts)
		return -ENOMEM;
	ts->logger = logger_new();
	if (!ts->logger)
		goto fail;
	r = hv_open(&ts->hv);
	if (r)
		goto fail;
	rc = libxl_ctx_alloc(&ts->ctx, LIBXL_VERSION, 0, ts->logger);
	r = toolstack_errno(rc);
	if (r)
		goto fail;
	libxl_childproc_setmode(ts->ctx, &childproc_hooks, NULL);
	*ret_ts = ts;
	return 0;
fail:
	toolstack_close(ts);
	return r;
}

void toolstack_close(struct toolstack *ts)
{
	if (!ts)
		return;
	if (ts->ctx)
		libxl_ctx_free(ts->ctx);
	hv_close(ts->hv);
	logger_free(ts->logger);
	free(ts);
}

void toolstack_limit(struct toolstack *ts, int64_t end_ms)
{
	ts->end_ms = end_ms;
}

int toolstack_errno(int rc)
{
	static const struct {
		int rc, r;
	} known[] = {
		{ ERROR_VERSION, -EPROTO },
		{ ERROR_NI, -ENOSYS },
		{ ERROR_NOMEM, -ENOMEM },
		{ ERROR_INVAL, -EINVAL },
		{ ERROR_GUEST_TIMEDOUT, -ETIMEDOUT },
		{ ERROR_TIMEDOUT, -ETIMEDOUT },
		{ ERROR_NOPARAVIRT, -EOPNOTSUPP },
		{ ERROR_NOT_READY, -EAGAIN },
		{ ERROR_LOCK_FAIL, -ENOLCK },
		{ ERROR_JSON_CONFIG_EMPTY, -ENODATA },
		{ ERROR_DEVICE_EXISTS, -EEXIST },
		{ ERROR_DOMAIN_NOTFOUND, -ESRCH },
		{ ERROR_DOMAIN_DESTROYED, -ESRCH },
		{ ERROR_ABORTED, -ECANCELED },
		{ ERROR_NOTFOUND, -ENOENT },
		{ ERROR_FEATURE_REMOVED, -EOPNOTSUPP },
	};

	if (!rc)
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].rc == rc)
			return known[i].r;
	return -EIO; /* ERROR_FAIL and its kind */
}

int toolstack_fail(struct toolstack *ts, int rc, const char *what,
		   struct text *why)
{
	struct text said = {0};

	logger_take_errors(ts->logger, &said);
	if (said.len)
		text_append_clause(why, "%s failed: %s", what, text_get(&said));
	else
		text_append_clause(why, "%s failed (libxl code %d)", what, rc);
	text_free(&said);
	return toolstack_errno(rc);
}

void toolstack_note_state(struct toolstack *ts, uint32_t domid,
			  struct text *why)
{
	struct domain_info info;
	int r = hv_find(ts->hv, domid, &info);

	if (r == -ESRCH)
		text_append_clause(why, "domain %u is gone", domid);
	else if (r)
		text_append_clause(why, "domain %u: state unknown: %s", domid,
				   strerror(-r));
	else if (info.dying)
		text_append_clause(why,
				   "domain %u is still present and dying, %llu KiB",
				   domid, (unsigned long long)info.memory_kib);
	else if (info.shutdown)
		text_append_clause(why, "domain %u remains shut down, reason %u%s",
				   domid, info.reason_code,
				   info.paused ? ", paused" : "");
	else if (info.paused)
		text_append_clause(why, "domain %u remains paused", domid);
	else
		text_append_clause(why, "domain %u runs", domid);
}

/*
 * libxl's record keeps the name of the creation: "NAME--incoming" of a guest
 * that came by a migration.  Started under that name it would count as one that
 * is still on its way, and be left alone from then on.
 */
static void drop_migration(libxl_domain_config *config)
{
	char *name = config->c_info.name;

	while (name && policy_name_is_migrating(name))
		*(strrchr(name, '-') - 1) = '\0';
}

int toolstack_read_json(struct toolstack *ts, const char *json,
			libxl_domain_config *ret_config)
{
	int rc = libxl_domain_config_from_json(ts->ctx, ret_config, json);

	if (!rc)
		drop_migration(ret_config);
	return rc;
}

int toolstack_parse(struct toolstack *ts, const char *json,
		    libxl_domain_config *ret_config, struct text *why)
{
	int rc = toolstack_read_json(ts, json, ret_config);

	if (!rc)
		return 0;
	toolstack_fail(ts, rc, "reading the saved configuration", why);
	return -EINVAL;
}

int toolstack_read_config(struct toolstack *ts, const char *json,
			  struct domain_config *ret_config)
{
	AUTO_CONFIG libxl_domain_config config;

	libxl_domain_config_init(&config);
	if (toolstack_read_json(ts, json, &config))
		return -EINVAL;
	guest_read_config(&config, ret_config);
	return 0;
}

int toolstack_read_uuid(struct toolstack *ts, const char *json,
			uint8_t ret_uuid[UUID_BYTES])
{
	AUTO_CONFIG libxl_domain_config config;

	libxl_domain_config_init(&config);
	if (libxl_domain_config_from_json(ts->ctx, &config, json))
		return -EINVAL;
	memcpy(ret_uuid, libxl_uuid_bytearray(&config.c_info.uuid),
	       UUID_BYTES);
	return 0;
}
