/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps.  Each looks first, so that it may be ordered again after a
 * worker was killed in it; a destructive one acts only on the very domain it
 * was ordered for.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "dump/core_dir.h"
#include "dump/core_dump.h"
#include "port/residue.h"
#include "role/worker_impl.h"
#include "role/worker_pause.h"

enum found { FOUND_SAME, FOUND_GONE, FOUND_OTHER };

/* The domain of the order: also under the uuid that a rename, which may have
 * been done or not, was to give it. */
static bool is_ordered(const struct work *work, const struct domain_id *id)
{
	static const uint8_t none[UUID_BYTES];

	return domain_id_equal(id, &work->order->id) ||
	       (!uuid_equal(work->order->new_id.uuid, none) &&
		domain_id_equal(id, &work->order->new_id));
}

static int look(struct work *work, enum found *ret_found,
		struct domain_info *ret_info)
{
	struct domain_info info = {0};
	int r = hv_find(work->hv, work->order->id.domid, &info);

	if (r && r != -ESRCH) {
		text_printf(work->why, "the hypervisor's list: %s",
			    strerror(-r));
		return r;
	}
	*ret_found = r ? FOUND_GONE :
		     is_ordered(work, &info.id) ? FOUND_SAME : FOUND_OTHER;
	*ret_info = info;
	return 0;
}

/* -ESTALE unless the domain of the order is there. */
static int look_same(struct work *work, struct domain_info *ret_info)
{
	enum found found;
	int r = look(work, &found, ret_info);

	if (r || found == FOUND_SAME)
		return r;
	text_printf(work->why, found == FOUND_GONE ? "domain %u is gone" :
		    "domain %u is a different domain now",
		    work->order->id.domid);
	return -ESTALE;
}

int worker_look_shut_down(struct work *work)
{
	struct domain_info info;
	int r = look_same(work, &info);

	if (r || info.shutdown)
		return r;
	text_printf(work->why, "domain %u is not shut down any more%s",
		    info.id.domid, info.paused ? ", but paused" : "");
	return -EBUSY;
}

/* The path's last part, with the directory before it in *RET_DIR. */
static const char *split(const char *path, char ret_dir[PATH_MAX])
{
	char *slash;

	text_copy(ret_dir, PATH_MAX, path);
	slash = strrchr(ret_dir, '/');
	if (!slash || slash == ret_dir || !slash[1])
		return NULL;
	*slash = '\0';
	return path + (slash - ret_dir) + 1;
}

/* A message for each of a hundred parts, however large the guest is, and a few
 * a second, however small. */
#define TELL_MS 200

static void tell_pages(void *ctx, const struct capture_facts *facts)
{
	struct work *work = ctx;
	uint64_t of = facts->tot_pages ? facts->tot_pages : 1;
	unsigned int percent = (unsigned int)(facts->pages * 100 / of);
	char text[64];

	if (percent == work->percent || clock_ms() < work->told_ms + TELL_MS)
		return;
	work->percent = percent;
	work->told_ms = clock_ms();
	snprintf(text, sizeof(text), "writing the core: %u %%", percent);
	worker_tell(work, text);
}

/* A running domain, as the operator asked for: it may stop by itself
 * meanwhile, which changes nothing. */
static int dump_paused(struct work *work, const struct core_dump_order *order)
{
	const struct domain_id *id = &work->order->id;
	int r = worker_pause_begin(work->lock, work->hv, id), undone;

	if (r)
		return r;
	r = core_dump_write(order, work->ts, &work->result->core, work->why);
	undone = worker_pause_end(work->lock, work->hv, id);
	if (undone)
		text_printf(work->why, "; the domain is still paused: %s",
			    strerror(-undone));
	return r ? r : undone;
}

static int dump(struct work *work, int dir, const char *name)
{
	struct core_dump_order order = {
		.domid = work->order->id.domid, .dir = dir, .name = name,
		.capture = work->order->capture,
		.progress = tell_pages, .ctx = work,
	};
	char part[NAME_MAX];
	struct rusage usage;
	int r;

	/* Of a worker that was killed: we hold the guest's lock. */
	if ((size_t)snprintf(part, sizeof(part), "%s.part", name) >=
	    sizeof(part))
		return -ENAMETOOLONG;
	if (unlinkat(dir, part, 0) && errno != ENOENT)
		return -errno;
	worker_tell(work, "writing the core");
	if (work->order->capture.pause)
		r = dump_paused(work, &order);
	else
		r = core_dump_write(&order, work->ts, &work->result->core,
				    work->why);
	if (r == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
		text_printf(work->why, "; %ld KiB of memory at most",
			    usage.ru_maxrss);
	return r;
}

/* An earlier worker took it, and died before it told of it: what the file
 * itself shows.  PV guests have no other form than ELF. */
static void tell_complete(struct work *work, int dir, const char *name,
			  const struct stat *st)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct capture_facts *facts = &work->result->core;
	char magic[4] = "";

	facts->bytes = (uint64_t)st->st_blocks * 512;
	facts->format = work->order->capture.format;
	if (fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) &&
	    memcmp(magic, "\177ELF", sizeof(magic)) == 0)
		facts->format = CAPTURE_FORMAT_ELF;
	text_append(work->why, "the core was already complete");
}

static int step_dump(struct work *work)
{
	const char *path = work->order->text;
	char parent[PATH_MAX];
	const char *name = split(path, parent);
	struct domain_info info;
	struct stat st;
	AUTO_CLOSE int dir = -1;
	int r = name ? core_dir_open(parent, &dir) : -EINVAL;

	if (r) {
		text_printf(work->why, "%s: %s", path, strerror(-r));
		return r;
	}
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode)) {
		tell_complete(work, dir, name, &st);
		return 0;
	}
	r = look_same(work, &info);
	return r ? r : dump(work, dir, name);
}

static int read_config(struct work *work, uint32_t domid, char **ret_json)
{
	const char *stored = work->order->blob;

	if (stored && *stored &&
	    strcmp(work->order->text, WIRE_SAVE_STORED) == 0)
		return toolstack_save_stored(work->ts, domid, stored, ret_json,
					     work->why);
	return toolstack_save(work->ts, domid, stored, ret_json, work->why);
}

static int step_save(struct work *work)
{
	struct domain_info info;
	char *json;
	int r = look_same(work, &info);

	if (!r)
		r = read_config(work, info.id.domid, &json);
	if (r)
		return r;
	if (strlen(json) > DOMAIN_CONFIG_MAX_BYTES) {
		text_append(work->why, "; but it is too large");
		free(json);
		return -EMSGSIZE;
	}
	work->result->blob = json;
	work->result->blob_len = strlen(json);
	/* Without it the keeper's record of type and actions stays. */
	if (toolstack_read_config(work->ts, json, &work->result->config))
		text_append_clause(work->why, "its actions cannot be read");
	return 0;
}

static int step_rename(struct work *work)
{
	const struct wire_msg *order = work->order;
	struct domain_info info;
	int r = hv_find(work->hv, order->id.domid, &info);

	/* It may have its new uuid from an attempt before. */
	if (r || !uuid_equal(info.id.uuid, order->new_id.uuid)) {
		r = worker_look_shut_down(work);
		if (r)
			return r;
	}
	worker_tell(work, "renaming");
	r = toolstack_rename(work->ts, order->id.domid, order->text,
			     order->new_id.uuid, work->why);
	if (!r)
		r = hv_find(work->hv, order->id.domid, &info);
	if (!r)
		work->result->new_id = info.id;
	return r;
}

static bool reattaches(const struct work *work)
{
	return work->order->step == STEP_DESTROY &&
	       strcmp(work->order->text, WIRE_DESTROY_REATTACH) == 0;
}

int worker_step_clear(struct work *work, const struct domain_id *id,
		      bool destroy)
{
	struct residue *residue;
	int r = residue_open(id->domid, id->uuid, &residue);

	if (r) {
		text_printf(work->why, "cannot open xenstore: %s",
			    strerror(-r));
		return r;
	}
	residue_name_lost(residue, work->why);
	if (destroy) {
		(void)residue_name_served(id->domid, reattaches(work),
					  work->why);
		worker_tell(work, "destroying");
		r = toolstack_destroy(work->ts, id->domid, work->why);
	}
	if (!r) {
		worker_tell(work, "waiting for its devices and memory");
		r = residue_await(residue, worker_left_ms(work), work->why);
	}
	residue_close(residue);
	if (!r)
		worker_step_audit(work);
	return r;
}

/* Of other domains: told, and in nobody's way unless libxl says so. */
void worker_step_audit(struct work *work)
{
	struct text found = { 0 };
	int r = residue_find_stale(&found);

	if (r)
		text_append_clause(work->why, "cannot check the devices: %s",
				   strerror(-r));
	else if (found.len)
		text_printf(work->why, "%s%s", work->why->len ? "; " : "",
			    text_get(&found));
	text_free(&found);
}

static int step_destroy(struct work *work)
{
	const struct domain_id *id = &work->order->id;
	struct domain_info info;
	enum found found;
	int r = look(work, &found, &info);

	if (r)
		return r;
	if (found == FOUND_OTHER) {
		text_printf(work->why, "domain %u is a different domain now",
			    id->domid);
		return 0;
	}
	if (found == FOUND_SAME && !info.dying && !info.shutdown) {
		text_printf(work->why, "domain %u is not shut down any more",
			    id->domid);
		return -EBUSY;
	}
	return worker_step_clear(work, found == FOUND_SAME ? &info.id : id,
				 found == FOUND_SAME && !info.dying);
}

static int step_room(struct work *work)
{
	struct domain_info info;
	int r = look_same(work, &info);

	if (!r && !work->order->blob)
		r = -EINVAL;
	return r ? r : toolstack_room(work->ts, info.id.domid,
				      work->order->blob, work->why);
}

/* All that a successor needs, its writable disks first of all.  When it went
 * away meanwhile, its devices have to go all the same. */
static int step_release(struct work *work)
{
	const struct domain_id *id = &work->order->id;
	struct residue *residue;
	struct domain_info info;
	enum found found;
	int r = look(work, &found, &info);

	if (r || found == FOUND_OTHER)
		return r;
	if (found == FOUND_SAME && !info.dying && !info.shutdown)
		return worker_look_shut_down(work);
	r = residue_open(id->domid, id->uuid, &residue);
	if (r) {
		text_printf(work->why, "cannot open xenstore: %s",
			    strerror(-r));
		return r;
	}
	worker_tell(work, "removing its devices");
	if (found == FOUND_SAME && !info.dying)
		r = toolstack_release(work->ts, id->domid, work->why);
	if (!r)
		r = residue_await_devices(residue, worker_left_ms(work),
					  work->why);
	residue_close(residue);
	return r;
}

static int step_soft_reset(struct work *work)
{
	struct domain_info info;
	int r = look_same(work, &info);

	if (r)
		return r;
	if (!info.shutdown && !info.paused) {
		text_append(work->why, "it already runs again");
		return 0;
	}
	r = worker_look_shut_down(work);
	if (r)
		return r;
	if (!work->order->blob)
		return -EINVAL;
	worker_tell(work, "resetting");
	return toolstack_soft_reset(work->ts, info.id.domid, work->order->blob,
				    work->why);
}

static int step_pause(struct work *work)
{
	struct domain_info info;
	int r = look_same(work, &info);

	return r || info.paused ? r : hv_pause(work->hv, info.id.domid);
}

static int step_eject(struct work *work)
{
	struct domain_info info;
	int r = look_same(work, &info);

	return r ? r : toolstack_eject(work->ts, info.id.domid,
				       work->order->text, work->why);
}

int worker_step_run(struct work *work)
{
	static int (*const steps[STEP_COUNT])(struct work *) = {
		[STEP_REPORT] = worker_report_run,
		[STEP_DUMP] = step_dump,
		[STEP_SAVE] = step_save,
		[STEP_ROOM] = step_room,
		[STEP_RENAME] = step_rename,
		[STEP_RELEASE] = step_release,
		[STEP_DESTROY] = step_destroy,
		[STEP_CREATE] = worker_create_run,
		[STEP_SOFT_RESET] = step_soft_reset,
		[STEP_PAUSE] = step_pause,
		[STEP_EJECT] = step_eject,
		[STEP_REATTACH] = worker_reattach_run,
	};

	if (!steps[work->order->step]) {
		text_append(work->why, "the order names no step");
		return -EINVAL;
	}
	return steps[work->order->step](work);
}
