/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps of an incident: begun, ended, failed, tried again.  When an
 * incident is opened, waits or is closed is engine_case.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"
#include "core/planted.h"

static void fire(struct engine *e, struct incident *incident,
		 enum case_event event, struct engine_time now)
{
	engine_case_event(e, incident, event, now);
}

/* --- begin --- */

/* A start that is not in the budget yet. */
static bool must_pay(const struct incident *incident)
{
	return step_starts_guest(incident_step(incident)) && !incident->paid;
}

static void hold_spent(struct engine *e, struct incident *incident,
		       const struct guest_settings *set,
		       struct engine_time now)
{
	char why[INCIDENT_TEXT_BYTES];

	snprintf(why, sizeof(why), "restart budget spent: %u starts in %u s",
		 set->restart_limit, set->restart_window_s);
	engine_case_hold(e, incident, why, now);
}

/* The only gate before every step: while the step waited, another domain with
 * its uuid may have appeared. */
void engine_step_start(struct engine *e, struct incident *incident,
		       struct engine_time now)
{
	const struct guest_settings *set = engine_case_settings(e, incident);
	const struct guest *guest = engine_case_guest(e, incident);

	if (engine_twin_keeps(e, incident, now))
		engine_twin_hold(e, incident, now);
	else if (!PLANTED(BUDGET) && must_pay(incident) &&
	    !budget_allows(&guest->budget, set, now.mono_ms))
		hold_spent(e, incident, set, now);
	else
		fire(e, incident, CASE_EVENT_STARTED, now);
}

/* Returns the guest that has to be recorded together with the incident, or
 * NULL. */
static struct guest *pay(struct engine *e, struct incident *incident,
			 struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	if (!must_pay(incident))
		return NULL;
	budget_spend(&guest->budget, now.mono_ms);
	incident->paid = true;
	return guest;
}

static void say_failed(const struct incident *incident, const char *before,
		       char ret_why[INCIDENT_TEXT_BYTES])
{
	const struct incident_step *last =
		&incident->steps[incident->step_count - 1];

	snprintf(ret_why, INCIDENT_TEXT_BYTES, "%s%s failed: %.400s", before,
		 step_name(last->step),
		 last->text[0] ? last->text : strerror(-last->rc));
}

/* May its core and its end still come before the start? */
static bool may_fall_back(const struct incident *incident)
{
	return incident->verdict.action == ACTION_RESTART_FIRST &&
	       !incident->unreported && incident_starts_later(incident);
}

static void fall_back(struct engine *e, struct incident *incident,
		      struct engine_time now)
{
	char why[INCIDENT_TEXT_BYTES];

	say_failed(incident, "restart-first: ", why);
	engine_case_fall_back(e, incident, why);
	if (incident->state == CASE_STATE_QUEUED)
		engine_case_proceed(e, incident, now);
}

/* The driver domain runs: for its guests' devices alone nothing is held. */
static void skip_devices(struct engine *e, struct incident *incident,
			 struct engine_time now)
{
	incident->losses = 0;
	incident->again = false;
	incident_advance(incident);
	if (incident->state == CASE_STATE_QUEUED)
		engine_case_proceed(e, incident, now);
}

/*
 * An operator has to act.  But a copy that cannot be removed must not end the
 * supervision of the guest, which runs.
 */
static void give_up(struct engine *e, struct incident *incident,
		    struct engine_time now)
{
	char why[INCIDENT_TEXT_BYTES];

	if (incident_step(incident) == STEP_REATTACH) {
		skip_devices(e, incident, now);
		return;
	}
	if (may_fall_back(incident)) {
		fall_back(e, incident, now);
		return;
	}
	say_failed(incident, "", why);
	if (incident_is_aside(incident) && !incident_starts_later(incident)) {
		text_copy(incident->why, sizeof(incident->why), why);
		fire(e, incident, CASE_EVENT_FINISHED, now);
	} else {
		engine_case_hold(e, incident, why, now);
	}
}

/* No worker may have begun the start: it is not paid.  One that the operator
 * asked for was free, and stays free. */
static void take_back(struct engine *e, struct incident *incident,
		      struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	if (!incident->paid || !guest->budget.count ||
	    incident_has_begun(incident, incident_step(incident)))
		return;
	budget_take_back(&guest->budget);
	incident->paid = false;
	engine_record_paid(e, incident, guest, now);
}

static void say_not_ordered(int error, char ret_why[INCIDENT_TEXT_BYTES])
{
	if (error == -ENOENT)
		text_copy(ret_why, INCIDENT_TEXT_BYTES,
			  "no configuration is stored");
	else
		snprintf(ret_why, INCIDENT_TEXT_BYTES, "not ordered: %s",
			 strerror(-error));
}

/* Recorded before it starts, so that the next daemon knows it.  In one
 * transaction with the payment, because a daemon killed between the two would
 * pay twice. */
static int order(struct engine *e, struct incident *incident,
		 struct guest *payer, struct engine_time now)
{
	char why[INCIDENT_TEXT_BYTES];
	int r;

	if (!PLANTED(WRITE_AHEAD))
		engine_record_paid(e, incident, payer, now);
	incident->order = ++e->next_order;
	r = e->calls->order(e->calls->ctx, incident, incident->order);
	if (r < 0) {
		incident->order = 0;
		say_not_ordered(r, why);
		incident_unbegin_step(incident, now.wall_ms, r, why);
	}
	return r;
}

/* No worker is available.  The order is repeated without a limit, at growing
 * intervals. */
static void await_worker(struct engine *e, struct incident *incident,
			 struct engine_time now)
{
	uint32_t doublings = incident->unbegun < ENGINE_UNBEGUN_DOUBLINGS ?
			     incident->unbegun++ : ENGINE_UNBEGUN_DOUBLINGS;

	engine_case_postpone(e, incident, ENGINE_ASK_AGAIN_MS << doublings,
			     now);
}

static void count_refusal(struct engine *e, struct incident *incident,
			  struct engine_time now)
{
	if (++incident->losses < ENGINE_ATTEMPTS_MAX)
		return;
	take_back(e, incident, now);
	give_up(e, incident, now);
}

void engine_step_begin(struct engine *e, struct incident *incident,
		       struct engine_time now)
{
	int r;

	list_remove(&incident->queue_node);
	r = incident_begin_step(incident, now.wall_ms);
	if (r == 0)
		r = order(e, incident, pay(e, incident, now), now);
	if (r < 0) {
		await_worker(e, incident, now);
		if (r != -EAGAIN && r != -ENOMEM)
			count_refusal(e, incident, now);
		return;
	}
	list_append(&e->at_work, &incident->queue_node);
	incident->ordered_ms = now.mono_ms;
	e->working++;
	e->dumping += incident_step(incident) == STEP_DUMP;
	engine_tell(e, ENGINE_NOTE_STEP_BEGUN, NULL, incident, NULL);
}

/* --- end --- */

/* Its worker is free. */
static void dispose(struct engine *e, struct incident *incident)
{
	list_remove(&incident->queue_node);
	e->working--;
	e->dumping -= incident_step(incident) == STEP_DUMP;
	incident->order = 0;
}

static void end(struct engine *e, struct incident *incident, int rc,
		const char *text, struct engine_time now)
{
	dispose(e, incident);
	incident->unbegun = 0;
	incident_end_step(incident, now.wall_ms, rc, text);
	if (step_starts_guest(incident_step(incident)))
		incident->is_unheard = rc == -ECHILD;
}

/* From now on the copy is a separate guest. */
static void note_rename(struct engine *e, struct incident *incident,
			const struct engine_result *result)
{
	struct domain *domain = engine_life_find(e, incident->id.domid);

	if (!domain || domain->incident != incident)
		return;
	memcpy(domain->info.id.uuid, result->new_id.uuid, UUID_BYTES);
	engine_guest_adopt(e, domain);
}

static void note_run(struct engine *e, struct incident *incident,
		     const struct domain_id *id, struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	incident->successor = *id;
	engine_guest_runs(guest, id, now);
	budget_note_start(&guest->budget, now.mono_ms);
	if (PLANTED(HEALTH))
		budget_reset(&guest->budget);
	engine_record_guest(e, guest, now);
}

bool engine_step_is_unheard(const struct incident *incident)
{
	if (incident->rebooted)
		return false; /* no domain outlives its host's boot */
	return incident->is_unheard ||
	       (incident->order && step_starts_guest(incident_step(incident)));
}

void engine_step_note_unheard(struct engine *e,
			      const struct incident *incident,
			      struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	if (!engine_step_is_unheard(incident))
		return;
	budget_note_start(&guest->budget, now.mono_ms);
	engine_record_guest(e, guest, now);
}

static void note_success(struct engine *e, struct incident *incident,
			 const struct engine_result *result,
			 struct engine_time now)
{
	switch (incident_step(incident)) {
	case STEP_REPORT:
		engine_report_take(e, incident, result);
		break;
	case STEP_DUMP:
		text_copy(incident->core_path, sizeof(incident->core_path),
			  result->core_path ? result->core_path : "");
		if (result->core)
			incident->core = *result->core;
		break;
	case STEP_RENAME:
		note_rename(e, incident, result);
		break;
	case STEP_DESTROY:
		incident->absent = true;
		break;
	case STEP_CREATE:
		note_run(e, incident, &result->new_id, now);
		break;
	case STEP_SOFT_RESET:
		note_run(e, incident, &incident->id, now);
		break;
	default:
		break;
	}
}

void engine_step_result(struct engine *e, struct incident *incident,
			const struct engine_result *result,
			struct engine_time now)
{
	bool taken = step_found_taken(incident_step(incident), result->rc);
	bool good = result->rc == 0;

	if (good)
		note_success(e, incident, result, now);
	if (taken)
		incident->successor = result->new_id;
	end(e, incident, result->rc, result->text, now);
	engine_tell(e, good || taken ? ENGINE_NOTE_STEP_DONE :
		    ENGINE_NOTE_STEP_FAILED, NULL, incident, result->text);
	fire(e, incident, good ? CASE_EVENT_DONE : CASE_EVENT_FAILED, now);
}

void engine_step_lost(struct engine *e, struct incident *incident,
		      const char *how, struct engine_time now)
{
	end(e, incident, -ECHILD, how, now);
	engine_tell(e, ENGINE_NOTE_WORKER_LOST, NULL, incident, how);
	fire(e, incident, CASE_EVENT_LOST, now);
}

/* As while a package is upgraded: each worker is another version's then. */
void engine_step_unbegun(struct engine *e, struct incident *incident,
			 const char *how, struct engine_time now)
{
	char text[INCIDENT_TEXT_BYTES];

	snprintf(text, sizeof(text), "not started: %s", how);
	dispose(e, incident);
	incident_unbegin_step(incident, now.wall_ms, -EAGAIN, text);
	engine_tell(e, ENGINE_NOTE_WORKER_LOST, NULL, incident, text);
	await_worker(e, incident, now);
}

/* A start by another process, or a start whose result was lost. */
bool engine_step_pass(struct engine *e, struct incident *incident,
		      struct engine_time now)
{
	if (incident->state == CASE_STATE_WORKING ||
	    !incident_is_aside(incident) || incident->absent)
		return false;
	incident_pass_start(incident);
	fire(e, incident, CASE_EVENT_PASSED, now);
	return true;
}

void engine_step_advance(struct engine *e, struct incident *incident,
			 struct engine_time now)
{
	incident->losses = 0;
	incident->again = false;
	incident->paid = false;
	if (incident->unreported) {
		incident->unreported = false;
		engine_case_begin(e, incident, now);
	} else {
		incident_advance(incident);
		engine_case_proceed(e, incident, now);
	}
}

/* --- trouble --- */

/* May the step simply be done once more?  Resetting a domain that half was,
 * may not. */
static bool is_repeatable(enum step step)
{
	return step == STEP_SAVE || step == STEP_RENAME ||
	       step == STEP_DESTROY || step == STEP_PAUSE;
}

/* While xenstored is away a step waits for it in the queue; that it failed
 * says nothing. */
static bool is_excused(const struct engine *e,
		       const struct incident *incident)
{
	return !e->toolstack && engine_queue_needs_toolstack(incident);
}

static void try_again(struct engine *e, struct incident *incident,
		      struct engine_time now)
{
	uint32_t wait_ms = ENGINE_ATTEMPT_WAIT_MS << incident->losses;

	incident->again = true;
	if (++incident->losses < ENGINE_ATTEMPTS_MAX && !PLANTED(HELD))
		engine_case_postpone(e, incident, wait_ms, now);
	else
		give_up(e, incident, now);
}

/* What a failed step means.  QUEUED by the table, like everything here. */
void engine_step_cope(struct engine *e, struct incident *incident,
		      struct engine_time now)
{
	enum step step = incident_step(incident);
	int rc = incident->steps[incident->step_count - 1].rc;

	if (step_found_taken(step, rc)) {
		incident->wants_reattach = false; /* its starter re-attaches */
		if (!engine_step_pass(e, incident, now))
			fire(e, incident, CASE_EVENT_TAKEN, now);
	} else if (rc == -ESTALE && engine_report_became_copy(e, incident)) {
		engine_case_proceed(e, incident, now);
	} else if (step == STEP_REATTACH && !is_excused(e, incident)) {
		skip_devices(e, incident, now);
	} else if (rc == -ESTALE && step == STEP_DUMP &&
		   incident_is_aside(incident)) {
		engine_step_advance(e, incident, now);
	} else if (rc == -ESTALE) {
		fire(e, incident, CASE_EVENT_FINISHED, now);
	} else if (rc == -EBUSY && step_is_destructive(step)) {
		fire(e, incident, CASE_EVENT_RESUMED, now);
	} else if (is_excused(e, incident)) {
		engine_case_proceed(e, incident, now);
	} else if (may_fall_back(incident)) {
		fall_back(e, incident, now);
	} else if (step == STEP_DUMP || step == STEP_REPORT) {
		/* No evidence must not mean no guest. */
		engine_step_advance(e, incident, now);
	} else if (step == STEP_CREATE) {
		incident->paid = PLANTED(FREE); /* again, within the budget */
		incident->again = true;
		engine_case_proceed(e, incident, now);
	} else if (is_repeatable(step)) {
		try_again(e, incident, now);
	} else {
		give_up(e, incident, now);
	}
}

/* Long, and nothing that the guest needs: it goes on without. */
static bool may_be_lost(enum step step)
{
	return step == STEP_DUMP || step == STEP_REATTACH;
}

void engine_step_again(struct engine *e, struct incident *incident,
		       struct engine_time now)
{
	enum step step = incident_step(incident);

	if (is_excused(e, incident)) {
		engine_case_proceed(e, incident, now);
		return;
	}
	incident->again = true;
	if (step == STEP_REPORT || /* it had its time */
		 (may_be_lost(step) && ++incident->losses >= ENGINE_DUMPS_MAX))
		engine_step_advance(e, incident, now);
	else if (may_be_lost(step) ||
		 ++incident->losses < ENGINE_ATTEMPTS_MAX)
		engine_case_proceed(e, incident, now);
	else
		give_up(e, incident, now);
}
