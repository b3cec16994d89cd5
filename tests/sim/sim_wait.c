/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariant of time: how long an incident that could go on waits for the
 * others.  Judged before each moment, of what stood since the last one.
 */
#include "sim.h"

#define WAIT_MS 2000	/* and as long for each other that wants the one place */
#define WAIT_START_MS 500

static bool has_worker(const struct sim *s)
{
	return engine_working(s->daemon.engine) < s->daemon.workers;
}

/* A step that failed goes last: it has no worker kept for it. */
static bool has_failed(struct sim *s, const struct incident *incident)
{
	const struct sim_tally *tally = sim_held_tally(s, incident->number);

	return tally->step == incident_step(incident) &&
	       tally->failed + tally->lost > 0;
}

/* Nothing but other guests' steps can keep it from its next step: for a first
 * look, and for a start, a worker is kept free. */
static bool is_ready(struct sim *s, const struct incident *incident)
{
	enum step step = incident_step(incident);

	if (incident->state != CASE_STATE_QUEUED || step == STEP_DUMP)
		return false;
	if ((s->away || s->daemon.told_away) && step != STEP_REPORT &&
	    step != STEP_PAUSE)
		return false;
	return has_worker(s) || !incident->step_count ||
	       (step == STEP_CREATE && !has_failed(s, incident));
}

static bool is_first_look(const struct incident *incident)
{
	return incident->step_count <= 1;
}

static bool is_start(const struct incident *incident)
{
	return step_starts_guest(incident_step(incident));
}

/* Of the others: one place is kept for all of them. */
static int64_t count_others(const struct sim *s, const struct incident *but,
			    bool (*is_such)(const struct incident *incident))
{
	const struct incident *incident;
	int64_t count = 0;

	LIST_EACH(incident, engine_incidents(s->daemon.engine),
		  const struct incident, node)
		count += incident != but && is_such(incident) &&
			 (incident->state == CASE_STATE_QUEUED ||
			  incident->state == CASE_STATE_WORKING);
	return count;
}

static int64_t may_wait_ms(const struct sim *s,
			   const struct incident *incident)
{
	if (is_start(incident))
		return WAIT_START_MS +
		       WAIT_MS * count_others(s, incident, is_start);
	if (!incident->step_count)
		return WAIT_MS +
		       WAIT_MS * count_others(s, incident, is_first_look);
	return WAIT_MS;
}

static bool awaits_core(const struct incident *incident)
{
	return incident->state == CASE_STATE_QUEUED &&
	       incident_step(incident) == STEP_DUMP;
}

/* After whatever happened. */
void sim_wait_note(struct sim *s)
{
	struct incident *incident;

	if (!s->daemon.up || s->failed)
		return;
	LIST_EACH(incident, (struct list *)engine_incidents(s->daemon.engine),
		  struct incident, node) {
		struct sim_tally *tally = sim_held_tally(s, incident->number);

		if (!tally->core_at && awaits_core(incident))
			tally->core_at = s->mono;
		if (!is_ready(s, incident) || sim_trouble_is_fresh(s))
			tally->ready_at = SIM_NEVER;
		else if (tally->ready_at == SIM_NEVER ||
			 tally->ready_at < s->daemon.began_at) {
			tally->ready_at = s->mono;
			tally->wait_ms = may_wait_ms(s, incident);
		}
	}
}

/* Time has come as far as to NOW. */
void sim_wait_check(struct sim *s, int64_t now)
{
	struct incident *incident;

	if (!s->daemon.up || s->failed)
		return;
	LIST_EACH(incident, (struct list *)engine_incidents(s->daemon.engine),
		  struct incident, node) {
		const struct sim_tally *tally =
			sim_held_tally(s, incident->number);

		if (tally->ready_at >= s->daemon.began_at &&
		    tally->ready_at != SIM_NEVER &&
		    now - tally->ready_at > tally->wait_ms)
			sim_fail(s, "incident %llu waits for its %s for %lld "
				 "ms", (unsigned long long)incident->number,
				 step_name(incident_step(incident)),
				 (long long)(now - tally->ready_at));
	}
}
