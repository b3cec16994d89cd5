/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * REATTACH: the guests of a driver domain that was restarted get the networks
 * and disks back that they lost with it.  Each guest's lock is held while its
 * device is away, or its own worker would save a configuration without it.  What
 * cannot be given back is named, with what a person can do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/device_mend.h"
#include "port/reattach.h"
#include "role/worker_impl.h"
#include "role/worker_lock.h"

/* libxl waits ten seconds for a backend, and may for another that is gone. */
#define MOVE_MS 25000
#define NAMED_MOST 6u

struct run {
	struct work *work;
	struct reattach *reattach;
	struct reattach_driver driver;
	bool is_last;		/* look: a guest that is busy is waited for */
	unsigned int moved, failed, named;
	struct text left;	/* what was not done */
};

/* --- what is told --- */

static void name(struct run *run, uint32_t guest,
		 const struct reattach_found *found, const char *why)
{
	AUTO_FREE char *domain = reattach_name(run->reattach, guest);
	struct text fix = { 0 };

	if (++run->named <= NAMED_MOST) {
		device_mend(guest, found->kind, found->device, &fix);
		text_append_clause(&run->left, "domain %u (%.64s) %s %s: %.200s "
				   "(%s)", guest, domain ?: "", found->kind,
				   found->device, why, text_get(&fix));
	}
	text_free(&fix);
}

static void name_failed(struct run *run, uint32_t guest,
			const struct reattach_found *found, const char *why)
{
	run->failed++;
	name(run, guest, found, why);
}

static void name_unread(struct run *run, uint32_t guest, int r)
{
	run->failed++;
	if (++run->named <= NAMED_MOST)
		text_append_clause(&run->left, "domain %u: its devices cannot "
				   "be read: %s", guest, strerror(-r));
}

static int conclude(struct run *run)
{
	struct text *why = run->work->why;

	if (run->moved)
		text_append_clause(why, "%u %s re-attached to domain %u",
				   run->moved, run->moved == 1 ? "device" :
				   "devices", run->driver.now.domid);
	if (run->named)
		text_append_clause(why, "not re-attached: %s",
				   text_get(&run->left));
	if (run->named > NAMED_MOST)
		text_append_clause(why, "and %u more",
				   run->named - NAMED_MOST);
	if (!run->moved && !run->named)
		text_append_clause(why, "no guest that runs lost a device");
	return run->failed ? -EIO : 0;
}

/* --- one device --- */

static bool runs(struct run *run, const struct domain_id *guest)
{
	struct domain_info info;

	return !hv_find(run->work->hv, guest->domid, &info) &&
	       domain_id_equal(&info.id, guest) && !info.shutdown &&
	       !info.dying;
}

/* Why nothing more can be begun, or NULL. */
static const char *why_not(struct run *run)
{
	uint32_t need_ms = run->work->order->deadline_ms / 4;

	if (!reattach_serves(run->reattach))
		return "the driver domain does not run any more";
	if (need_ms > MOVE_MS)
		need_ms = MOVE_MS;
	return worker_left_ms(run->work) < need_ms ? "there was no time left" :
						     NULL;
}

/* Without the guest's lock: it has its device, and may be restarted.  Others
 * get half of the time. */
static void await(struct run *run, const struct domain_id *guest,
		  const struct reattach_found *found)
{
	int64_t end_ms = clock_ms() + worker_left_ms(run->work) / 2;
	int r;

	worker_tell(run->work, "waiting for the driver domain");
	r = reattach_await(run->reattach, guest->domid, found, end_ms);
	if (r == -ESRCH)
		name_failed(run, guest->domid, found,
			    "the driver domain does not run any more");
	else if (r)
		name_failed(run, guest->domid, found, "it is attached, but the "
			    "driver domain has not taken it up");
	else
		run->moved++;
}

/* Returns whether it is to be waited for. */
static int move(struct run *run, const struct domain_id *guest,
		 const struct reattach_found *found)
{
	const char *why = why_not(run);
	struct text said = { 0 };
	int r = 0;

	if (!why)
		r = reattach_move(run->reattach, guest->domid, found, &said);
	if (why || (r && r != -ETIMEDOUT))
		name_failed(run, guest->domid, found, why ?: text_get(&said));
	else
		run->moved += !r;
	text_free(&said);
	return r == -ETIMEDOUT;
}

/* --- one guest --- */

static int lock_guest(struct run *run, const struct domain_id *guest,
		      int *ret_lock)
{
	uint32_t wait_ms = run->is_last ? worker_left_ms(run->work) / 2 : 0;

	return wait_ms ? worker_lock_wait(WORKER_LOCK_DIR, guest->uuid,
					  wait_ms, ret_lock) :
			 worker_lock_try(WORKER_LOCK_DIR, guest->uuid,
					 ret_lock);
}

/* Returns -EBUSY when another worker has the guest, 1 when the device is to be
 * waited for. */
static int move_locked(struct run *run, const struct domain_id *guest,
		       struct reattach_found *found)
{
	AUTO_CLOSE int lock = -1;

	if (lock_guest(run, guest, &lock))
		return -EBUSY;
	/* Before the lock was ours another could have done something. */
	if (!runs(run, guest) ||
	    !reattach_is_lost_now(run->reattach, guest->domid, found))
		return 0;
	return move(run, guest, found);
}

/* Returns false when another worker has the guest: it is asked for again. */
static bool move_all(struct run *run, const struct domain_id *guest,
		     struct reattach_found *list, int count)
{
	for (int i = 0; i < count; i++) {
		int r = move_locked(run, guest, &list[i]);

		if (r == -EBUSY && !i && !run->is_last)
			return false;
		if (r == -EBUSY)
			name_failed(run, guest->domid, &list[i],
				    "another worker has the guest");
		else if (r)
			await(run, guest, &list[i]);
	}
	return true;
}

static void leave(struct run *run, const struct domain_id *guest,
		  const struct reattach_found *list, int count)
{
	for (int i = 0; i < count; i++)
		name(run, guest->domid, &list[i],
		     "the guest is another's, or on hold");
}

/* Returns false when another worker has the guest. */
static bool do_guest(struct run *run, const struct domain_id *guest)
{
	struct reattach_found list[REATTACH_DEVICES_MAX];
	int count = reattach_find(run->reattach, guest->domid, list);

	if (count < 0)
		name_unread(run, guest->domid, count);
	if (count <= 0 || !runs(run, guest))
		return true;
	if (reattach_is_permitted(run->work->order->blob, guest))
		return move_all(run, guest, list, count);
	leave(run, guest, list, count);
	return true;
}

/* --- all of them --- */

/* GUEST stays with those that are left, at most. */
static size_t do_guests(struct run *run, struct domain_id *guest, size_t count)
{
	size_t busy = 0;

	for (size_t i = 0; i < count; i++)
		if (!do_guest(run, &guest[i]))
			guest[busy++] = guest[i];
	return busy;
}

static int list_guests(struct run *run, struct domain_id **ret_guest,
		       size_t *ret_count)
{
	const struct domain_info *list;
	struct domain_id *guest;
	size_t count, kept = 0;
	int r = hv_list(run->work->hv, &list, &count);

	if (r)
		return r;
	guest = calloc(count + 1, sizeof(*guest));
	if (!guest)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!list[i].dying && !list[i].shutdown)
			guest[kept++] = list[i].id;
	*ret_guest = guest;
	*ret_count = kept;
	return 0;
}

static int reattach_all(struct run *run)
{
	AUTO_FREE struct domain_id *guest = NULL;
	size_t count;
	int r = list_guests(run, &guest, &count);

	if (r)
		return r;
	worker_tell(run->work, "re-attaching guests' devices");
	count = do_guests(run, guest, count);
	run->is_last = true;
	do_guests(run, guest, count);
	return conclude(run);
}

int worker_reattach_run(struct work *work)
{
	struct run run = {
		.work = work,
		.driver = { .old = work->order->id,
			    .now = work->order->new_id,
			    .name = work->order->config.name },
	};
	int r = reattach_open(work->ts, work->hv, &run.driver, &run.reattach);

	if (!r)
		r = reattach_all(&run);
	if (r && !work->why->len)
		text_printf(work->why, "the guests' devices cannot be "
			    "checked: %s", strerror(-r));
	reattach_close(run.reattach);
	text_free(&run.left);
	return r;
}
