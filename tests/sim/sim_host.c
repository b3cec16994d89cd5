/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon around the engine, as src/role/keeper*.c is: restoring, scans, its
 * begin and end.  What it had written when it is killed is all that its
 * successor finds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "memvfs.h"
#include "sim.h"
#include "store/store_impl.h"

#define BEAT_MS 15000

/* --- calling the engine --- */

void sim_host_look_for_death(struct sim *s, int r)
{
	if (r < 0 && memvfs_is_stopped()) {
		if (!s->daemon.dead)
			sim_say(s, "the daemon is killed inside a write");
		s->daemon.dead = true;
	}
}

void sim_host_enter(struct sim *s)
{
	s->daemon.in_call = true;
	sim_trouble_arm(s);
}

void sim_host_leave(struct sim *s)
{
	sim_trouble_arm(NULL);
	s->daemon.in_call = false;
	if (s->daemon.dead && !s->retreat.inside)
		sim_host_kill(s);
}

void sim_host_scan(struct sim *s)
{
	struct domain_info list[SIM_DOMIDS * 50];
	size_t count;
	int r;

	if (!s->daemon.up || s->daemon.in_call)
		return;
	count = sim_list(s, list);
	sim_check_listed(s);
	sim_owner_listing(s);
	sim_host_enter(s);
	r = engine_scan(s->daemon.engine, list, count, sim_now(s));
	if (r < 0)
		sim_owner_unlisted(s);
	else if (!s->daemon.dead)
		sim_owner_check_told(s);
	if (r == 0) {
		sim_file_listed(s);
		sim_name_listed(s);
	}
	sim_host_leave(s);
}

/* What a save tells is the configuration's text, and nothing else. */
static void save(struct sim *s, const struct sim_worker *w)
{
	static const struct domain_config unknown;
	int domain = sim_find_domid(s, w->id.domid);
	bool second = domain >= 0 && s->domains[domain].second;

	sim_host_look_for_death(s, store_set_config(s->daemon.store,
				w->id.uuid, &unknown,
				second ? SIM_JSON_SECOND : SIM_JSON_FIRST));
}

void sim_host_result(struct sim *s, const struct sim_worker *w, int rc,
		     const struct domain_id *new_id)
{
	struct engine_result result = { .rc = rc, .text = "as ordered",
					.core_path = "/core" };

	sim_host_scan(s); /* the list is as new as the result */
	if (!s->daemon.up)
		return;
	if (new_id)
		result.new_id = *new_id;
	if (w->step == STEP_REPORT)
		result.panic = w->order % 2 ? "Kernel panic - not syncing" :
					      "Oops: ";
	sim_held_heard(s, w->number, w->step, rc);
	sim_budget_heard(s, w, rc);
	sim_host_enter(s);
	if (w->step == STEP_SAVE && rc == 0)
		save(s, w);
	if (!s->daemon.dead)
		engine_result(s->daemon.engine, w->order, &result,
			      sim_now(s));
	sim_host_leave(s);
}

void sim_host_lost(struct sim *s, const struct sim_worker *worker)
{
	sim_host_scan(s);
	if (!s->daemon.up)
		return;
	sim_held_lost(s, worker->number, worker->step);
	sim_host_enter(s);
	engine_lost(s->daemon.engine, worker->order, "killed", sim_now(s));
	sim_host_leave(s);
	sim_host_scan(s);
}

void sim_host_unbegun(struct sim *s, const struct sim_worker *worker)
{
	sim_host_scan(s);
	if (!s->daemon.up)
		return;
	sim_host_enter(s);
	engine_unbegun(s->daemon.engine, worker->order, "declined",
		       sim_now(s));
	sim_host_leave(s);
	sim_host_scan(s);
}

void sim_host_freed(struct sim *s, int guest)
{
	sim_host_scan(s);
	for (int i = 0; s->daemon.up && i < s->domain_count; i++) {
		if (!s->domains[i].listed ||
		    !uuid_equal(s->domains[i].id.uuid, s->guests[guest].uuid))
			continue;
		sim_host_enter(s);
		engine_freed(s->daemon.engine, s->domains[i].id.domid,
			     sim_now(s));
		sim_host_leave(s);
	}
}

/* What is not on record may come back with the next daemon. */
static bool is_certain(const struct sim *s)
{
	return !s->full && !s->daemon.dead && !sim_trouble_is_fresh(s);
}

static int operate(struct sim *s, enum sim_event_kind kind,
		   const uint8_t *uuid)
{
	struct engine *engine = s->daemon.engine;

	switch (kind) {
	case SIM_EVENT_HOLD:
		return engine_hold(engine, uuid, sim_now(s));
	case SIM_EVENT_RELEASE:
		return engine_release(engine, uuid, sim_now(s));
	default:
		return engine_retry(engine, uuid, sim_now(s));
	}
}

/* The model's guest is changed first: what follows comes inside the call. */
void sim_host_operate(struct sim *s, enum sim_event_kind kind, int index)
{
	struct sim_guest *guest = &s->guests[index];
	struct sim_guest before;
	int r;

	sim_host_scan(s);
	if (!s->daemon.up)
		return;
	before = *guest;
	if (kind != SIM_EVENT_HOLD)
		guest->asked_boot = s->boot;
	guest->held = kind == SIM_EVENT_HOLD;
	if (kind != SIM_EVENT_HOLD) {
		sim_budget_forgive(s, index);
		guest->granted = true;
	}
	sim_host_enter(s);
	r = operate(s, kind, guest->uuid);
	if (r < 0 && kind != SIM_EVENT_HOLD) {
		guest->least = before.least;
		guest->granted = before.granted;
	}
	if (r == 0 && kind != SIM_EVENT_HOLD && is_certain(s))
		guest->noted_boot = s->boot;
	if ((r < 0 && kind == SIM_EVENT_RETRY) || !is_certain(s))
		guest->held |= before.held;
	sim_host_leave(s);
}

/* Copies have uuids of their own. */
void sim_host_release_copies(struct sim *s)
{
	const struct guest *guest;

	if (!s->daemon.up)
		return;
	sim_host_enter(s);
	LIST_EACH(guest, (struct list *)engine_guests(s->daemon.engine),
		  const struct guest, node) {
		if (sim_guest_of(s, guest->uuid) >= 0 || !guest->incident)
			continue;
		engine_release(s->daemon.engine, guest->uuid, sim_now(s));
		break; /* the list may be another now; the next round goes on */
	}
	sim_host_leave(s);
}

/* --- its life --- */

static int restore_guest(void *ctx, const struct guest *guest)
{
	return engine_restore_guest(((struct sim *)ctx)->daemon.engine, guest);
}

static int restore_incident(void *ctx, struct incident *incident)
{
	struct sim *s = ctx;

	return engine_restore(s->daemon.engine, incident, sim_now(s));
}

static int restore(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;
	uint64_t number = 1;
	int r = store_next_number(d->store, &number);

	if (r == 0)
		r = store_each_guest(d->store, restore_guest, s);
	if (r == 0)
		r = store_each_pending(d->store, restore_incident, s);
	if (r == 0)
		engine_set_next_number(d->engine, number);
	return r;
}

/* --- its database --- */

/*
 * Half of all time went into opening databases.  One that no write was
 * interrupted in is what a new opening would find: of such, only one in so many
 * is closed with its daemon, and while the disk is full one in four.
 */
#define OPENINGS 16
#define OPENINGS_FULL 4

static bool may_park(const struct sim *s)
{
	return !s->trouble &&
	       memvfs_interrupted() == s->daemon.interrupted &&
	       (s->kills + s->seed) % (s->full ? OPENINGS_FULL : OPENINGS) &&
	       sqlite3_get_autocommit(s->daemon.store->db);
}

static void park(struct sim *s)
{
	struct store *store = s->daemon.store;

	if (!store || !may_park(s))
		return;
	store_guest_forget_unwritten(store);
	s->parked = store;
	s->daemon.store = NULL;
}

static void close_parked(struct sim *s)
{
	if (!s->parked)
		return;
	memvfs_set_trouble(MEMVFS_STOPPED, 0);
	store_close(s->parked);
	s->parked = NULL;
	memvfs_set_trouble(s->full ? MEMVFS_FULL : MEMVFS_NONE, 0);
}

static int open_store(struct sim *s)
{
	struct text why = { 0 };
	char boot[16];
	int r;

	s->daemon.was_parked = s->parked;
	if (s->parked) {
		s->daemon.store = s->parked;
		s->parked = NULL;
		return 0;
	}
	snprintf(boot, sizeof(boot), "boot %u", s->boot);
	r = store_open("/tmp", boot, &s->daemon.store, &why);
	if (r == 0 && text_get(&why)[0])
		sim_fail(s, "the store was damaged: %s", text_get(&why));
	text_free(&why);
	return r;
}

static int open_daemon(struct sim *s)
{
	struct caps caps = { .xen_major = 4, .xen_minor = 17,
			     .core_dir = true };
	int r;

	sim_host_enter(s);
	s->daemon.interrupted = memvfs_interrupted();
	r = open_store(s);
	if (r < 0)
		return r;
	sim_trouble_arm(NULL);
	if (!s->daemon.was_parked) /* else nothing is there unacknowledged */
		sim_check_restored(s);
	sim_host_enter(s);
	s->daemon.engine = engine_new(s->settings, sim_calls(s));
	if (!s->daemon.engine)
		return -ENOMEM;
	engine_set_caps(s->daemon.engine, &caps);
	s->daemon.workers = 1 + sim_random(s, 3);
	engine_set_workers(s->daemon.engine, s->daemon.workers);
	return restore(s);
}

static void forget_all(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;

	engine_free(d->engine);
	store_close(d->store);
	*d = (struct sim_daemon){
		.up_at = SIM_NEVER, .poll_at = SIM_NEVER,
		.watcher_at = SIM_NEVER, .hang_at = SIM_NEVER,
		.beat_at = SIM_NEVER,
	};
	memvfs_set_trouble(s->full ? MEMVFS_FULL : MEMVFS_NONE, 0);
	memset(s->messages, 0, sizeof(s->messages));
}

/* What cannot be opened (a full disk, its first write killed) is tried
 * again, as init does it. */
void sim_host_start(struct sim *s)
{
	int r = open_daemon(s);

	sim_trouble_arm(NULL);
	if (r < 0 || s->daemon.dead) {
		forget_all(s);
		s->daemon.up_at = s->mono + 1000;
		if (!s->full && !sim_trouble_is_fresh(s))
			sim_fail(s, "the daemon does not start: %d", r);
		return;
	}
	sim_say(s, "the daemon starts");
	sim_budget_started(s);
	s->daemon.in_call = false;
	s->daemon.up = true;
	s->daemon.began_at = s->mono;
	s->daemon.told_away = true;
	s->daemon.up_at = SIM_NEVER;
	s->daemon.hang_at = SIM_NEVER;
	s->daemon.beat_at = SIM_NEVER;
	s->daemon.poll_at = s->mono + 1000;
	s->daemon.watcher_at = s->mono + 10 + sim_random(s, 500);
	sim_retreat_open(s);
	sim_host_scan(s);
}

void sim_host_kill(struct sim *s)
{
	if (!s->daemon.up)
		return;
	sim_say(s, "the daemon is dead");
	s->kills++;
	park(s);
	memvfs_set_trouble(MEMVFS_STOPPED, 0);
	forget_all(s);
	sim_retreat_forget(s);
	sim_worker_orphan_all(s);
	sim_owner_forget(s);
	sim_check_killed(s);
	sim_budget_killed(s);
	s->daemon.up_at = s->mono + 1 +
			  sim_random(s, sim_chance(s, 20) ? 30000 : 1000);
}

/* Nothing is left but what is on the disk. */
void sim_host_reset(struct sim *s)
{
	sim_say(s, "the host is reset");
	sim_host_kill(s);
	close_parked(s);
	sim_worker_end_all(s);
	sim_world_reset(s);
	sim_budget_booted(s);
	s->daemon.up_at = s->mono + 1 + sim_random(s, 5000);
}

/* --- time --- */

static int64_t engine_due(const struct sim *s)
{
	int64_t due = engine_due_ms(s->daemon.engine);

	return due == INT64_MAX ? SIM_NEVER : due + s->boot_at;
}

int64_t sim_host_due(const struct sim *s)
{
	const struct sim_daemon *d = &s->daemon;
	int64_t due = d->up_at;

	if (!d->up)
		return due;
	due = engine_due(s);
	if (d->poll_at < due)
		due = d->poll_at;
	if (d->watcher_at < due)
		due = d->watcher_at;
	if (d->beat_at < due)
		due = d->beat_at;
	if (d->hang_at < due)
		due = d->hang_at;
	for (int i = 0; i < SIM_MESSAGES_MAX; i++)
		if (s->messages[i].used && s->messages[i].at < due)
			due = s->messages[i].at;
	return due;
}

void sim_host_tick(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;

	if (!d->up) {
		if (d->up_at <= s->mono)
			sim_host_start(s);
		return;
	}
	sim_watcher_tick(s);
	if (d->up && d->poll_at <= s->mono) {
		d->poll_at = s->mono + (d->watcher ? BEAT_MS : 1000);
		sim_host_scan(s);
	}
	/* What time has come for is done by what the list says now. */
	if (d->up && engine_due(s) <= s->mono)
		sim_host_scan(s);
}
