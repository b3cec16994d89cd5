/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One schedule from begin to rest: time goes from one due moment to the
 * next, and at the end nothing goes wrong any more and all must settle.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "memvfs.h"
#include "sim.h"

#define TICKS_IN_MS_MAX 400
#define ROUND_MS 30000
#define ROUNDS_MAX 60

static int64_t next_due(const struct sim *s)
{
	int64_t due = sim_world_due(s), at = sim_worker_due(s);

	if (at < due)
		due = at;
	at = sim_host_due(s);
	if (at < due)
		due = at;
	at = sim_retreat_due(s);
	return at < due ? at : due;
}

static void tick(struct sim *s, int64_t at)
{
	sim_wait_check(s, at);
	s->same_ms = at > s->mono ? 0 : s->same_ms + 1;
	if (s->same_ms > TICKS_IN_MS_MAX)
		sim_fail(s, "the daemon spins");
	if (at > s->mono)
		s->mono = at;
	s->ticks++;
	sim_world_tick(s);
	sim_worker_tick(s);
	sim_host_tick(s);
	sim_retreat_tick(s);
	sim_wait_note(s);
	sim_name_check(s);
}

void sim_run_until(struct sim *s, int64_t until)
{
	int64_t at;

	while (!s->failed && (at = next_due(s)) <= until)
		tick(s, at);
	if (until > s->mono)
		s->mono = until;
}

static bool is_at_rest(const struct sim *s)
{
	return s->daemon.up &&
	       list_empty(engine_incidents(s->daemon.engine));
}

/* All that is open is held. */
static bool is_still(const struct sim *s)
{
	struct incident *incident;

	if (!s->daemon.up)
		return false;
	LIST_EACH(incident, (struct list *)engine_incidents(s->daemon.engine),
		  struct incident, node)
		if (incident->state != CASE_STATE_HELD)
			return false;
	return true;
}

/* The operator lets everything go on that is held. */
static void release_all(struct sim *s)
{
	for (int i = 0; i < s->guest_count; i++)
		sim_host_operate(s, SIM_EVENT_RELEASE, i);
	sim_host_release_copies(s);
}

/* A configuration that the disk had no room for is lost with the daemon:
 * then a person has to start the guest. */
static void start_lost(struct sim *s)
{
	for (int i = 0; s->daemon.up && i < s->guest_count; i++) {
		char *json = NULL;
		int domain = -1;

		if (store_get_config(s->daemon.store, s->guests[i].uuid,
				     &json) == -ENOENT)
			domain = sim_build(s, i, sim_file_next(s, i));
		free(json);
		if (domain >= 0)
			sim_unpause(s, domain);
	}
}

static void end_faults(struct sim *s)
{
	sim_say(s, "nothing goes wrong from here on");
	s->faults = s->full = false;
	sim_retreat_mend(s);
	s->daemon.kill_at_call = 0;
	memvfs_set_trouble(MEMVFS_NONE, 0);
	for (int i = 0; i < s->guest_count; i++) {
		s->guests[i].bad = s->guests[i].stuck = false;
		s->guests[i].foreign_at = SIM_NEVER;
		s->guests[i].foreign = false;
		sim_check_freed(s, i);
		sim_host_freed(s, i);
	}
	for (int i = 0; i < s->domain_count; i++)
		s->domains[i].fate_at = SIM_NEVER;
	sim_owner_end_twins(s);
	sim_name_clear(s);
}

/* A message that was lost is not sent again, and a start of a guest whose name
 * another has would fail for ever: the next watcher tells of all that is
 * there. */
static void tell_again(struct sim *s, int round)
{
	if (round == ROUNDS_MAX / 3)
		sim_host_lose_watcher(s);
}

/* By itself, as far as it comes: then what is held is judged. */
static void come_to_rest(struct sim *s)
{
	for (int i = 0; i < ROUNDS_MAX && !s->failed; i++) {
		sim_run_until(s, s->mono + ROUND_MS);
		sim_name_clear(s);
		tell_again(s, i);
		if (i >= 4 && is_still(s))
			break;
	}
	if (!s->failed && !s->daemon.up)
		sim_fail(s, "the daemon does not come up");
	else if (!s->failed)
		sim_held_rest(s);
}

static void settle(struct sim *s)
{
	for (int i = 0; i < ROUNDS_MAX && !s->failed; i++) {
		sim_run_until(s, s->mono + ROUND_MS);
		if (i >= 4 && is_at_rest(s))
			return;
		release_all(s);
		sim_name_clear(s);
		tell_again(s, i);
		if (i >= 4)
			start_lost(s);
	}
}

/* A daemon that starts into a world at rest finds nothing to do. */
static void start_again(struct sim *s)
{
	uint64_t closed = s->closed;

	sim_host_kill(s);
	sim_run_until(s, s->mono + 60000);
	if (s->closed != closed)
		sim_fail(s, "a daemon started at rest found something to do");
}

/* Pages smaller than the daemon's: what is written and summed is theirs. */
static void make_small_pages(void)
{
	sqlite3 *db = NULL;

	if (sqlite3_open("/tmp/xenvigil.db", &db) == SQLITE_OK)
		sqlite3_exec(db, "PRAGMA page_size = 1024;"
			     "PRAGMA user_version = 0", NULL, NULL, NULL);
	sqlite3_close(db);
}

/* A new database is made once and copied: half of all time went into it.  Where
 * a place to fail is looked for, the making is one of them. */
static void begin_files(const struct sim_plan *plan)
{
	static bool kept;
	struct store *store = NULL;
	struct text why = { 0 };

	memvfs_reset();
	if (plan->trouble)
		return;
	if (!kept)
		make_small_pages();
	if (!kept && store_open("/tmp", "this boot", &store, &why) == 0) {
		store_close(store);
		memvfs_keep();
		kept = true;
	}
	text_free(&why);
	if (kept)
		memvfs_reset_to_kept();
}

void sim_run(struct sim *s, const struct sim_plan *plan, bool verbose)
{
	memset(s, 0, sizeof(*s));
	begin_files(plan);
	s->seed = plan->seed;
	s->trouble = plan->trouble;
	s->trouble_at = plan->trouble_at;
	s->steady = plan->steady;
	s->verbose = verbose;
	s->faults = true;
	s->settings = settings_new();
	sim_world_init(s);
	sim_host_start(s);
	for (int i = 0; i < plan->count && !s->failed; i++) {
		sim_run_until(s, s->mono + plan->events[i].wait_ms);
		sim_plan_apply(s, &plan->events[i]);
		sim_wait_note(s);
	}
	end_faults(s);
	come_to_rest(s);
	settle(s);
	if (!s->failed)
		sim_check_rest(s);
	if (!s->failed)
		start_again(s);
	if (!s->failed)
		sim_check_rest(s);
	sim_retreat_forget(s);
	engine_free(s->daemon.engine);
	store_close(s->daemon.store);
	store_close(s->parked);
	settings_free(s->settings);
}
