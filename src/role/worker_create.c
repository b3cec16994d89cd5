/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CREATE: never makes a second copy of a guest.  First it handles every domain
 * that already has the uuid, by the hypervisor's list.  It removes only a
 * domain with Xenvigil's mark.  It waits for a domain that another process
 * builds, and that domain then is the guest.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "core/reason.h"
#include "port/origin.h"
#include "role/worker_impl.h"
#include "role/worker_lock.h"

#define OUR_WORD "xenvigil"
/* No event reports that a domain is complete or unpaused. */
#define BUILDER_MS 250
/* A builder writes its domain's first entry at once. */
#define ENTRY_MS 2000

/* What a domain of the guest is to its start; the later ones decide. */
enum rival {
	RIVAL_NONE,	/* it crashed, and was kept */
	RIVAL_DYING,
	RIVAL_FELL,	/* the very one that the order is about */
	RIVAL_BUILT,	/* paused, and never ran: complete or not */
	RIVAL_LIVES,
};

/* --- finding it --- */

/* One that was suspended is saved or moved, and may run again. */
static enum rival judge(const struct work *work, const struct domain_info *info)
{
	if (info->dying)
		return RIVAL_DYING;
	if (info->shutdown &&
	    reason_from_code(info->reason_code) != REASON_SUSPEND)
		return domain_id_equal(&info->id, &work->order->id) ?
			RIVAL_FELL : RIVAL_NONE;
	return info->paused && !info->cpu_time_ns ? RIVAL_BUILT : RIVAL_LIVES;
}

static int find_rival(struct work *work, const uint8_t *uuid,
		      enum rival *ret_rival, struct domain_info *ret_info)
{
	const struct domain_info *list;
	enum rival worst = RIVAL_NONE;
	size_t count;
	int r = hv_list(work->hv, &list, &count);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		enum rival rival = uuid_equal(list[i].id.uuid, uuid) ?
				   judge(work, &list[i]) : RIVAL_NONE;

		if (rival > worst) {
			worst = rival;
			*ret_info = list[i];
		}
	}
	*ret_rival = worst;
	return 0;
}

/* Most files have no uuid: a manual start gives the guest another one, which
 * only shows as a name in use. */
static enum rival find_namesake(struct work *work, struct domain_info *ret_info)
{
	enum rival rival;
	uint32_t domid;

	if (toolstack_find_name(work->ts, work->order->blob, &domid) ||
	    hv_find(work->hv, domid, ret_info))
		return RIVAL_NONE;
	rival = judge(work, ret_info);
	if (rival >= RIVAL_BUILT)
		text_append_clause(work->why, "domain %u has its name", domid);
	else
		text_append_clause(work->why, "domain %u, which does not run, "
				   "has its name: rename or destroy it", domid);
	return rival;
}

/* --- settling it --- */

/* The mark of a start that was noted and has not ended.  The note may say
 * something else: that the domain was paused. */
static bool read_begun(const struct work *work,
		       char ret_mark[WORKER_LOCK_NOTE_BYTES])
{
	uint8_t random[UUID_BYTES];

	worker_lock_read(work->lock, ret_mark);
	return uuid_parse(ret_mark, random) == 0;
}

/* Is it from the last recorded start? A worker that was killed during it could
 * not report it. */
static bool is_begun(const struct work *work, const struct domain_id *id)
{
	char begun[WORKER_LOCK_NOTE_BYTES], mark[TOOLSTACK_MARK_BYTES];

	if (!read_begun(work, begun))
		return false;
	toolstack_read_mark(id->domid, mark);
	return strcmp(begun, mark) == 0;
}

/* For a running domain the word for display is proof enough. */
static bool is_ours(const struct work *work, const struct domain_id *id)
{
	char word[ORIGIN_BYTES];

	origin_get(ORIGIN_DIR, id->domid, id->uuid, word);
	return strcmp(word, OUR_WORD) == 0 || is_begun(work, id);
}

/* Another process started the guest: no start remains. */
static int leave(struct work *work, const struct domain_info *info,
		 const char *what)
{
	text_append_clause(work->why, "taken: domain %u %s", info->id.domid,
			   what);
	work->result->new_id = info->id;
	return -EALREADY;
}

/* Returns 0 when it is gone or a different domain, 1 while it is unchanged, or
 * -errno. */
static int look_again(struct work *work, const struct domain_id *id)
{
	struct domain_info info;
	int r = hv_find(work->hv, id->domid, &info);

	if (r)
		return r == -ESRCH ? 0 : r;
	return domain_id_equal(&info.id, id) &&
	       judge(work, &info) == RIVAL_BUILT &&
	       !toolstack_is_built(work->ts, id->domid);
}

/* The wait uses half of the time: the start needs the other half. */
static int await_builder(struct work *work, const struct domain_id *id)
{
	int64_t end_ms = clock_ms() + worker_left_ms(work) / 2;
	char text[96];
	int r;

	snprintf(text, sizeof(text), "waiting for another process that builds "
		 "domain %u", id->domid);
	worker_tell(work, text);
	while ((r = look_again(work, id)) == 1 && clock_ms() < end_ms)
		(void)poll(NULL, 0, BUILDER_MS);
	if (r != 1)
		return r;
	text_append_clause(work->why, "domain %u is being built by another "
			   "process, which makes no progress: it is left alone "
			   "(if no process builds it, \"xl destroy %u\" "
			   "removes it)",
			   id->domid, id->domid);
	return -ETIMEDOUT;
}

/* A worker that is killed between the creation of its domain and the domain's
 * first entry in xenstore leaves a started start without a mark. */
static bool was_cut_short(struct work *work, const struct domain_id *id)
{
	int64_t end_ms = clock_ms() + ENTRY_MS;
	char begun[WORKER_LOCK_NOTE_BYTES];

	if (!read_begun(work, begun))
		return false;
	while (!toolstack_is_in_store(id->domid)) {
		if (clock_ms() >= end_ms)
			return look_again(work, id) == 1;
		(void)poll(NULL, 0, BUILDER_MS);
	}
	return false;
}

static int settle_built(struct work *work, const struct domain_info *info)
{
	if (is_begun(work, &info->id) || was_cut_short(work, &info->id)) {
		text_append_clause(work->why, "domain %u was half built by an "
				   "earlier worker, and is removed",
				   info->id.domid);
		return worker_step_clear(work, &info->id, true);
	}
	if (toolstack_is_built(work->ts, info->id.domid))
		return leave(work, info, "was created paused by another "
			     "process");
	return await_builder(work, &info->id);
}

/* Returns 0 when it is out of the way now, 1 when it is the guest that was to
 * be created, or -errno. */
static int settle(struct work *work, enum rival rival,
		  const struct domain_info *info)
{
	switch (rival) {
	case RIVAL_DYING:
		return worker_step_clear(work, &info->id, false);
	case RIVAL_FELL:
		text_append_clause(work->why, "domain %u is still there, shut "
				   "down", info->id.domid);
		return -EEXIST;
	case RIVAL_BUILT:
		return settle_built(work, info);
	default:
		break;
	}
	if (!is_ours(work, &info->id))
		return leave(work, info, "was started by another process");
	text_append_clause(work->why, "domain %u already runs",
			   info->id.domid);
	work->result->new_id = info->id;
	return 1;
}

/* --- the start --- */

/* By the mark a later worker recognises the half-built domain as Xenvigil's. */
static void draw_mark(struct work *work, char ret_mark[UUID_TEXT_BYTES])
{
	uint8_t random[UUID_BYTES] = { 0 };
	int r = getrandom(random, sizeof(random), 0) == sizeof(random) ?
		0 : -EIO;

	uuid_format(random, ret_mark);
	if (!r)
		r = worker_lock_note(work->lock, ret_mark);
	if (r)
		text_append_clause(work->why, "the start cannot be noted: %s",
				   strerror(-r));
}

static int create(struct work *work)
{
	struct domain_info info;
	char mark[UUID_TEXT_BYTES];
	uint32_t domid;
	int r;

	worker_tell(work, "checking the devices");
	worker_step_audit(work);
	worker_tell(work, "creating");
	draw_mark(work, mark);
	r = toolstack_create(work->ts, work->order->blob, mark, &domid,
			     work->why);
	if (r)
		return r;
	r = hv_find(work->hv, domid, &info);
	if (r) {
		text_append_clause(work->why, "domain %u was created and is "
				   "gone", domid);
		return r;
	}
	work->result->new_id = info.id;
	/* Only for display: the start is valid without it. */
	(void)origin_set(ORIGIN_DIR, domid, info.id.uuid, OUR_WORD);
	(void)worker_lock_note(work->lock, "");
	return 1;
}

/* A start that failed may have failed because of who was faster. */
static int create_or_settle(struct work *work, const uint8_t *uuid)
{
	struct domain_info info;
	enum rival rival;
	int r = create(work);

	if (r == 1)
		return r;
	if (find_rival(work, uuid, &rival, &info) || rival < RIVAL_BUILT)
		rival = find_namesake(work, &info);
	if (rival < RIVAL_BUILT || is_begun(work, &info.id))
		return r;
	return settle(work, rival, &info);
}

int worker_create_run(struct work *work)
{
	struct domain_info info;
	uint8_t uuid[UUID_BYTES];
	enum rival rival;
	int r;

	if (!work->order->blob ||
	    toolstack_read_uuid(work->ts, work->order->blob, uuid)) {
		text_append(work->why, "the saved configuration is unusable");
		return -EINVAL;
	}
	do {
		r = find_rival(work, uuid, &rival, &info);
		if (!r)
			r = rival ? settle(work, rival, &info) :
				    create_or_settle(work, uuid);
	} while (!r && worker_left_ms(work));
	return r == 1 ? 0 : r ? r : -ETIMEDOUT;
}
