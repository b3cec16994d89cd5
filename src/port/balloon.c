/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl's host-wide settings as far as they matter for a new guest, its lock,
 * and the freeing of dom0's memory.  Keeps no state between calls.
 */
#include "port/balloon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libxlutil.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define BALLOON_CONF "/etc/xen/xl.conf"
#define BALLOON_LOCK "/var/lock/xl"
#define BALLOON_CREDIT_S 30	/* how long dom0 may make no progress */
#define BALLOON_WAIT_S 10

struct host_conf {
	char lock[BALLOON_PATH_BYTES];
	int autoballoon; /* -1: by dom0_mem */
	libxl_domid domid_policy;
};

static void conf_take(const XLU_Config *config, struct host_conf *conf)
{
	const char *value;

	if (!xlu_cfg_get_string(config, "autoballoon", &value, 1)) {
		if (!strcmp(value, "on") || !strcmp(value, "1"))
			conf->autoballoon = 1;
		else if (!strcmp(value, "off") || !strcmp(value, "0"))
			conf->autoballoon = 0;
	}
	if (!xlu_cfg_get_string(config, "lockfile", &value, 1))
		text_copy(conf->lock, sizeof(conf->lock), value);
	if (!xlu_cfg_get_string(config, "domid_policy", &value, 1) &&
	    !strcmp(value, "random"))
		conf->domid_policy = RANDOM_DOMID;
}

/* A missing file means the defaults; a bad one is an error, as for xl. */
static int conf_read(struct host_conf *ret_conf, struct text *why)
{
	struct host_conf conf = { .lock = BALLOON_LOCK, .autoballoon = -1,
				  .domid_policy = INVALID_DOMID };
	AUTO_FILE FILE *report = fopen("/dev/null", "we");
	XLU_Config *config = report ? xlu_cfg_init(report, BALLOON_CONF)
				    : NULL;
	int e = 0;

	if (!config)
		return -ENOMEM;
	if (!access(BALLOON_CONF, F_OK)) {
		e = xlu_cfg_readfile(config, BALLOON_CONF);
		if (e)
			text_printf(why, "%s: cannot be read: %s",
				    BALLOON_CONF, strerror(e));
		else
			conf_take(config, &conf);
	}
	xlu_cfg_destroy(config);
	if (!e)
		*ret_conf = conf;
	return -e;
}

/* dom0_mem= with a size fixes dom0's memory; then xl leaves it alone. */
static bool dom0_is_fixed(const char *command_line)
{
	static const char key[] = "dom0_mem=";

	for (const char *at = command_line; (at = strstr(at, key)); at++)
		if (at == command_line || at[-1] == ' ')
			return at[sizeof(key) - 1] != '\0' &&
			       at[sizeof(key) - 1] != ' ';
	return false;
}

int balloon_read_lock(char ret_path[BALLOON_PATH_BYTES], struct text *why)
{
	struct host_conf conf;
	int r = conf_read(&conf, why);

	if (r == 0)
		text_copy(ret_path, BALLOON_PATH_BYTES, conf.lock);
	return r;
}

/* A build takes longer than the wait for it should: half the time is its. */
static int64_t wait_end(int64_t end_ms)
{
	int64_t now_ms = clock_ms();

	return end_ms > now_ms ? now_ms + (end_ms - now_ms) / 2 : now_ms;
}

int balloon_lock(struct hv *hv, int64_t end_ms, struct balloon *ret_balloon,
		 struct text *why)
{
	struct balloon balloon = { .lock = { -1, -1 } };
	struct host_conf conf;
	struct hv_host host;
	int r = conf_read(&conf, why);

	if (r)
		return r;
	balloon.domid_policy = conf.domid_policy;
	balloon.on = conf.autoballoon == 1;
	if (conf.autoballoon < 0)
		balloon.on = hv_host(hv, &host) ||
			     !dom0_is_fixed(host.command_line);
	if (balloon.on) {
		r = xllock_take(conf.lock, XLLOCK_OWN, wait_end(end_ms),
				&balloon.lock, why);
		if (r)
			return r;
	}
	*ret_balloon = balloon;
	return 0;
}

void balloon_unlock(struct balloon *balloon)
{
	xllock_drop(&balloon->lock);
}

static int give_up(libxl_ctx *ctx, uint64_t free_kib, uint64_t need_kib)
{
	int rc = libxl_set_memory_target(ctx, 0,
					 (int64_t)free_kib - (int64_t)need_kib,
					 1, 0);

	return rc ? rc : libxl_wait_for_memory_target(ctx, 0, BALLOON_WAIT_S);
}

int balloon_free_memory(const struct balloon *balloon, libxl_ctx *ctx,
			libxl_domain_config *config, struct text *why)
{
	uint64_t need_kib, free_kib, most_kib = 0;
	int64_t progress_ms = clock_ms();
	int rc;

	if (!balloon->on)
		return 0;
	rc = libxl_domain_need_memory(ctx, config, INVALID_DOMID, &need_kib);
	while (!rc) {
		rc = libxl_get_free_memory(ctx, &free_kib);
		if (rc || free_kib >= need_kib)
			break;
		if (free_kib > most_kib) {
			most_kib = free_kib;
			progress_ms = clock_ms();
		} else if (clock_ms() - progress_ms > BALLOON_CREDIT_S * 1000ll) {
			text_printf(why, "not enough memory: %llu KiB needed,"
				    " %llu KiB free",
				    (unsigned long long)need_kib,
				    (unsigned long long)free_kib);
			return -ENOMEM;
		}
		rc = give_up(ctx, free_kib, need_kib);
	}
	if (rc)
		text_printf(why, "memory could not be freed (libxl code %d)",
			    rc);
	return rc ? -ENOMEM : 0;
}
