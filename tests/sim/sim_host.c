/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon around the engine, as src/role/keeper*.c is: calls, restoring,
 * scans, the watcher's messages.  Killed inside a call, it does nothing more:
 * what it had written by then is all that its successor finds.
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

/* --- the engine's calls --- */

/* Returns whether we are dead, and so nothing must happen. */
static bool count_call(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;

	if (++d->calls == d->kill_at_call) {
		sim_say(s, "the daemon is killed inside a call");
		d->dead = true;
		memvfs_set_trouble(MEMVFS_STOPPED, 0);
	}
	return d->dead;
}

/* Wall clock times are no part of it. */
void sim_host_note_decision(struct sim *s, unsigned int kind,
			    const struct incident *incident)
{
	const uint64_t parts[] = {
		s->mono, kind, incident ? incident->number : 0,
		incident ? incident->state : 0, incident ? incident->at : 0,
		incident ? incident->outcome : 0,
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		s->decisions = (s->decisions ^ parts[i]) * 0x100000001b3ull;
}

static int call_order(void *ctx, const struct incident *incident,
		      uint64_t order)
{
	struct sim *s = ctx;
	char *json = NULL;
	int r = 0;

	/* Written later at the latest, when it could not be written now. */
	if (step_starts_guest(incident_step(incident)))
		sim_budget_spent(s, incident);
	if (count_call(s))
		return -EIO;
	if (sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return -EAGAIN;
	sim_check_order(s, incident);
	sim_host_note_decision(s, ENGINE_NOTE_COUNT, incident);
	if (step_starts_guest(incident_step(incident)))
		r = store_get_config(s->daemon.store, incident->id.uuid,
				     &json);
	free(json);
	if (r && r != -EAGAIN && r != -ENOMEM)
		sim_held_refused(s, incident);
	if (r == 0 && sim_chance(s, 3))
		r = -EAGAIN;
	if (r == 0)
		r = sim_worker_order(s, incident, order);
	if (r == 0)
		sim_budget_ordered(s, incident);
	return r;
}

static void call_dismiss(void *ctx, const struct incident *incident)
{
	(void)incident;
	count_call(ctx);
}

static void look_for_death(struct sim *s, int r)
{
	if (r < 0 && memvfs_is_stopped()) {
		if (!s->daemon.dead)
			sim_say(s, "the daemon is killed inside a write");
		s->daemon.dead = true;
	}
}

static int call_record(void *ctx, struct incident *incident,
		       struct guest *payer)
{
	struct sim *s = ctx;
	int r;

	if (count_call(s) || sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return -EIO;
	r = store_record_paid(s->daemon.store, incident, payer);
	look_for_death(s, r);
	if (payer && (r == 0 || s->daemon.dead))
		sim_budget_paid(s, incident);
	if (r == 0) {
		sim_budget_written(s, incident);
		sim_check_recorded(s, incident);
	}
	return r;
}

static int call_record_guest(void *ctx, struct guest *guest)
{
	struct sim *s = ctx;
	int r;

	if (count_call(s) || sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return -EIO;
	r = store_record_guest(s->daemon.store, guest);
	look_for_death(s, r);
	return r;
}

static enum engine_claim call_claimed(void *ctx, const struct domain *domain,
				      uint32_t *ret_pid)
{
	struct sim *s = ctx;
	int index = sim_find_domid(s, domain->info.id.domid);

	if (count_call(s) || sim_chance(s, 5) ||
	    sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return ENGINE_CLAIM_UNSETTLED;
	if (index < 0 || !s->guests[s->domains[index].guest].foreign)
		return ENGINE_CLAIM_NONE;
	*ret_pid = 1;
	return ENGINE_CLAIM_OTHER;
}

static int call_made_by(void *ctx, const struct domain *domain,
			enum peer *ret_peer)
{
	struct sim *s = ctx;
	int index = sim_find_domid(s, domain->info.id.domid);

	if (count_call(s) || sim_chance(s, 5) ||
	    sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return -EAGAIN;
	/* The marks go with the domain. */
	*ret_peer = index >= 0 && !s->domains[index].dying ?
		s->domains[index].peer : PEER_NONE;
	return 0;
}

static int call_take_config(void *ctx, const struct domain *domain,
			    struct domain_config *ret_config)
{
	struct sim *s = ctx;
	int guest = sim_guest_of(s, domain->info.id.uuid);

	if (count_call(s) || guest < 0)
		return -ENOENT;
	*ret_config = s->guests[guest].config;
	return 0;
}

static void call_note(void *ctx, enum engine_note note,
		      const struct domain *domain,
		      const struct incident *incident, const char *text)
{
	struct sim *s = ctx;

	if (count_call(s))
		return;
	sim_say(s, "%s: domain %u, incident %llu %s%s%s",
		engine_note_name(note),
		incident ? incident->id.domid : domain->info.id.domid,
		incident ? (unsigned long long)incident->number : 0,
		incident ? machine_case_name(incident->state) : "",
		text ? ": " : "", text ? text : "");
	sim_host_note_decision(s, note, incident);
	if (note == ENGINE_NOTE_INCIDENT_OPENED ||
	    note == ENGINE_NOTE_CRASH_MISSED)
		sim_check_opened(s, incident);
	if (note == ENGINE_NOTE_SAME_UUID)
		sim_owner_told(s, domain);
	if (note == ENGINE_NOTE_INCIDENT_HELD)
		sim_held_check(s, incident);
	if (note == ENGINE_NOTE_INCIDENT_CLOSED)
		sim_check_closed(s, incident);
}

static uint32_t call_random(void *ctx, uint32_t range)
{
	return sim_random(ctx, range);
}

/* --- calling the engine --- */

static void enter(struct sim *s)
{
	s->daemon.in_call = true;
	sim_trouble_arm(s);
}

static void leave(struct sim *s)
{
	sim_trouble_arm(NULL);
	s->daemon.in_call = false;
	if (s->daemon.dead)
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
	enter(s);
	r = engine_scan(s->daemon.engine, list, count, sim_now(s));
	if (r < 0)
		sim_owner_unlisted(s);
	else if (!s->daemon.dead)
		sim_owner_check_told(s);
	leave(s);
}

void sim_host_result(struct sim *s, const struct sim_worker *w, int rc,
		     const struct domain_id *new_id)
{
	/* What a save tells is the configuration's text, and nothing else. */
	static const struct domain_config unknown;
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
	enter(s);
	if (w->step == STEP_SAVE && rc == 0)
		look_for_death(s, store_set_config(s->daemon.store,
						   w->id.uuid, &unknown, "{}"));
	if (!s->daemon.dead)
		engine_result(s->daemon.engine, w->order, &result,
			      sim_now(s));
	leave(s);
}

void sim_host_lost(struct sim *s, const struct sim_worker *worker)
{
	sim_host_scan(s);
	if (!s->daemon.up)
		return;
	sim_held_lost(s, worker->number, worker->step);
	enter(s);
	engine_lost(s->daemon.engine, worker->order, "killed", sim_now(s));
	leave(s);
	sim_host_scan(s);
}

void sim_host_unbegun(struct sim *s, const struct sim_worker *worker)
{
	sim_host_scan(s);
	if (!s->daemon.up)
		return;
	enter(s);
	engine_unbegun(s->daemon.engine, worker->order, "declined",
		       sim_now(s));
	leave(s);
	sim_host_scan(s);
}

void sim_host_freed(struct sim *s, int guest)
{
	sim_host_scan(s);
	for (int i = 0; s->daemon.up && i < s->domain_count; i++) {
		if (!s->domains[i].listed ||
		    !uuid_equal(s->domains[i].id.uuid, s->guests[guest].uuid))
			continue;
		enter(s);
		engine_freed(s->daemon.engine, s->domains[i].id.domid,
			     sim_now(s));
		leave(s);
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
	enter(s);
	r = operate(s, kind, guest->uuid);
	if (r < 0 && kind != SIM_EVENT_HOLD) {
		guest->least = before.least;
		guest->granted = before.granted;
	}
	if (r == 0 && kind != SIM_EVENT_HOLD && is_certain(s))
		guest->noted_boot = s->boot;
	if ((r < 0 && kind == SIM_EVENT_RETRY) || !is_certain(s))
		guest->held |= before.held;
	leave(s);
}

/* Copies have uuids of their own. */
void sim_host_release_copies(struct sim *s)
{
	const struct guest *guest;

	if (!s->daemon.up)
		return;
	enter(s);
	LIST_EACH(guest, (struct list *)engine_guests(s->daemon.engine),
		  const struct guest, node) {
		if (sim_guest_of(s, guest->uuid) >= 0 || !guest->incident)
			continue;
		engine_release(s->daemon.engine, guest->uuid, sim_now(s));
		break; /* the list may be another now; the next round goes on */
	}
	leave(s);
}

static void tell_toolstack(struct sim *s, bool answers)
{
	s->daemon.told_away = !answers;
	s->daemon.told_at = s->mono;
	enter(s);
	engine_set_toolstack(s->daemon.engine, answers, sim_now(s));
	leave(s);
}

/* --- the watcher --- */

/* xenstored answers, late when it was away: then it may be asked in vain. */
static void call_probe(void *ctx)
{
	struct sim *s = ctx;

	s->daemon.beat_at = s->mono + 1 + sim_random(s, 50);
}

static void answer_probe(struct sim *s)
{
	if (s->away) {
		s->daemon.beat_at = s->mono + 500;
		return;
	}
	s->daemon.beat_at = SIM_NEVER;
	sim_host_scan(s);
	if (s->daemon.up)
		tell_toolstack(s, true);
}

static void send(struct sim *s, enum sim_message_kind kind, int domain,
		 uint8_t code)
{
	for (int i = 0; i < SIM_MESSAGES_MAX; i++) {
		struct sim_message *m = &s->messages[i];

		if (m->used)
			continue;
		*m = (struct sim_message){
			.used = true, .kind = kind, .code = code,
			.domid = s->domains[domain].id.domid,
			.at = s->mono + 1 +
			      sim_random(s, sim_chance(s, 10) ? 8000 : 60),
		};
		memcpy(m->uuid, s->domains[domain].id.uuid, UUID_BYTES);
		return;
	}
}

/* A domain came, went or shut down: a hint, perhaps, perhaps twice. */
void sim_host_event(struct sim *s, int domain, bool introduced, uint8_t code)
{
	if (!s->daemon.up || !s->daemon.watcher || s->away)
		return;
	if (introduced)
		send(s, SIM_CONFIG, domain, 0);
	if (!sim_chance(s, 15))
		send(s, SIM_HINT, domain, code);
	if (sim_chance(s, 15))
		send(s, SIM_HINT, domain, code);
}

static void receive_config(struct sim *s, const struct sim_message *m)
{
	struct domain_config config = { .type = DOMAIN_TYPE_PV };
	struct sim_daemon *d = &s->daemon;
	int r = 0;

	if (sim_guest_of(s, m->uuid) >= 0)
		config = s->guests[sim_guest_of(s, m->uuid)].config;
	else
		text_copy(config.name, sizeof(config.name), "copy");
	sim_host_scan(s);
	if (!d->up)
		return;
	enter(s);
	if (!engine_config_waits(d->engine, m->domid, m->uuid))
		r = store_set_config(d->store, m->uuid, &config, "{}");
	look_for_death(s, r);
	if (r == 0 && sim_guest_of(s, m->uuid) >= 0)
		s->guests[sim_guest_of(s, m->uuid)].known = true;
	if (!d->dead)
		engine_config(d->engine, m->domid, m->uuid, &config,
			      sim_now(s));
	leave(s);
}

static bool is_stale(const struct sim *s, const struct sim_message *m)
{
	int domain = sim_find_domid(s, m->domid);

	return domain < 0 || !s->domains[domain].shutdown ||
	       s->domains[domain].code != m->code;
}

static void receive(struct sim *s, struct sim_message *m)
{
	m->used = false;
	if (m->kind == SIM_CONFIG) {
		receive_config(s, m);
		return;
	}
	if (m->code) {
		s->stale_hints += is_stale(s, m);
		engine_hint(s->daemon.engine, m->domid, m->code);
	}
	sim_host_scan(s);
}

/* It is armed: it tells of every domain that is there. */
static void watcher_ready(struct sim *s)
{
	s->daemon.watcher = true;
	s->daemon.hang_at = SIM_NEVER;
	s->daemon.watcher_at = SIM_NEVER;
	sim_say(s, "the watcher is ready");
	sim_host_scan(s);
	if (s->daemon.up)
		tell_toolstack(s, true);
	for (int i = 0; i < s->domain_count; i++)
		if (s->daemon.up && s->domains[i].listed)
			send(s, SIM_CONFIG, i, 0);
}

void sim_host_lose_watcher(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;

	if (!d->up || !d->watcher)
		return;
	sim_say(s, "the watcher is lost");
	d->watcher = false;
	d->hang_at = SIM_NEVER;
	d->beat_at = SIM_NEVER;
	d->watcher_at = s->mono + 100 + sim_random(s, 3000);
	memset(s->messages, 0, sizeof(s->messages));
	tell_toolstack(s, false);
	sim_host_scan(s);
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
	static struct engine_calls calls = {
		.order = call_order, .dismiss = call_dismiss,
		.record = call_record, .record_guest = call_record_guest,
		.claimed = call_claimed, .made_by = call_made_by,
		.take_config = call_take_config, .note = call_note,
		.random = call_random, .probe = call_probe,
	};
	struct caps caps = { .xen_major = 4, .xen_minor = 17,
			     .core_dir = true };
	int r;

	enter(s);
	s->daemon.interrupted = memvfs_interrupted();
	r = open_store(s);
	if (r < 0)
		return r;
	sim_trouble_arm(NULL);
	if (!s->daemon.was_parked) /* else nothing is there unacknowledged */
		sim_check_restored(s);
	calls.ctx = s;
	enter(s);
	s->daemon.engine = engine_new(s->settings, &calls);
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

static void tick_watcher(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;

	for (int i = 0; i < SIM_MESSAGES_MAX && d->up; i++)
		if (s->messages[i].used && s->messages[i].at <= s->mono)
			receive(s, &s->messages[i]);
	if (d->up && d->watcher && s->away && d->hang_at == SIM_NEVER)
		d->hang_at = s->mono + sim_random(s, 15000);
	if (d->up && d->beat_at <= s->mono)
		answer_probe(s);
	if (d->up && d->hang_at <= s->mono)
		sim_host_lose_watcher(s);
	if (d->up && d->watcher_at <= s->mono) {
		if (s->away)
			d->watcher_at = s->mono + 1000;
		else
			watcher_ready(s);
	}
}

void sim_host_tick(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;

	if (!d->up) {
		if (d->up_at <= s->mono)
			sim_host_start(s);
		return;
	}
	tick_watcher(s);
	if (d->up && d->poll_at <= s->mono) {
		d->poll_at = s->mono + (d->watcher ? BEAT_MS : 1000);
		sim_host_scan(s);
	}
	/* What time has come for is done by what the list says now. */
	if (d->up && engine_due(s) <= s->mono)
		sim_host_scan(s);
}
