/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The incidents: moved by the table, waiting, held, closed.  Every change of
 * state goes through the table in machine.c.  They are opened in
 * engine_open.c, their steps are in engine_step.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"
#include "core/planted.h"

struct guest *engine_case_guest(const struct engine *e,
				const struct incident *incident)
{
	return (struct guest *)engine_guest(e, incident->id.uuid);
}

const struct guest_settings *engine_case_settings(const struct engine *e,
						  const struct incident *incident)
{
	return settings_for(e->settings, incident->name);
}

static void fire(struct engine *e, struct incident *incident,
		 enum case_event event, struct engine_time now)
{
	engine_case_event(e, incident, event, now);
}

/* WHY is kept to what has effect: one held already has its reason. */
void engine_case_hold(struct engine *e, struct incident *incident,
		      const char *why, struct engine_time now)
{
	if (machine_case(incident->state, CASE_EVENT_HOLD).effect !=
	    CASE_EFFECT_STOP)
		return;
	text_copy(incident->why, sizeof(incident->why), why);
	fire(e, incident, CASE_EVENT_HOLD, now);
}

void engine_case_postpone(struct engine *e, struct incident *incident,
			  uint32_t delay_ms, struct engine_time now)
{
	incident->due_ms = (PLANTED(CLOCK) ? now.wall_ms : now.mono_ms) +
			   delay_ms;
	incident->due_wall_ms = now.wall_ms + delay_ms;
	fire(e, incident, CASE_EVENT_POSTPONED, now);
}

void engine_case_fall_back(struct engine *e, struct incident *incident,
			   const char *why)
{
	incident_fall_back(incident, why);
	engine_tell(e, ENGINE_NOTE_FELL_BACK, NULL, incident, why);
}

/* --- closing --- */

static struct domain *domain_of(const struct engine *e,
				const struct incident *incident)
{
	struct domain *domain = engine_life_find(e, incident->id.domid);

	return domain && domain->incident == incident ? domain : NULL;
}

/* Does the domain run on after this end? */
static bool runs_on(const struct incident *incident)
{
	return incident->outcome == OUTCOME_RESUMED ||
	       (incident->outcome == OUTCOME_HANDLED &&
		incident->verdict.action == ACTION_SOFT_RESET);
}

/* It may have crashed again since then, and another process may be removing
 * it. */
static void run_on(struct engine *e, struct domain *domain,
		   const struct incident *incident, struct engine_time now)
{
	const struct domain_info *info = &domain->info;

	engine_life_event(e, domain, LIFE_EVENT_RUNS, now);
	if (!info->shutdown ||
	    info->cpu_time_ns <= incident->cpu_time_ns + ENGINE_CPU_SLACK_NS)
		return;
	if (info->dying)
		engine_scan_dying(e, domain, now);
	else
		engine_life_event(e, domain, engine_scan_event(info), now);
}

/* The next shutdown of its domain needs a new decision; so does the shutdown of
 * a successor while this incident was open. */
static void settle(struct engine *e, struct incident *incident,
		   struct guest *guest, struct engine_time now)
{
	struct domain *domain = domain_of(e, incident);

	guest->incident = NULL;
	if (domain) {
		domain->incident = NULL;
		engine_life_event(e, domain, LIFE_EVENT_SETTLED, now);
		if (runs_on(incident))
			run_on(e, domain, incident, now);
	}
	engine_life_ask_guest(e, guest, now);
	engine_guest_drop(e, guest);
}

static void close_case(struct engine *e, struct incident *incident,
		       enum outcome outcome, struct engine_time now)
{
	list_remove(&incident->queue_node);
	list_remove(&incident->node);
	incident->outcome = outcome;
	incident->closed_ms = now.wall_ms;
	e->calls->dismiss(e->calls->ctx, incident);
	engine_record(e, incident, now);
	engine_tell(e, ENGINE_NOTE_INCIDENT_CLOSED, NULL, incident, NULL);
	settle(e, incident, engine_case_guest(e, incident), now);
	engine_record_closed(e, incident, now);
}

/* --- going on --- */

/* A core that is left out is recorded as that.  Returns whether it is: without
 * memory for the note it waits for some. */
static bool skip_dump(struct incident *incident, int rc, const char *why,
		      struct engine_time now)
{
	if (incident_begin_step(incident, now.wall_ms) < 0)
		return false;
	incident_end_step(incident, now.wall_ms, rc, why);
	incident->losses = 0;
	incident->again = false;
	incident_advance(incident);
	return true;
}

void engine_case_skip_core(struct engine *e, struct incident *incident,
			   struct engine_time now)
{
	char why[96];

	snprintf(why, sizeof(why), "skipped: no worker was free within %u s",
		 engine_case_settings(e, incident)->core_wait_s);
	if (skip_dump(incident, -EBUSY, why, now))
		engine_case_proceed(e, incident, now);
}

static void enqueue(struct engine *e, struct incident *incident,
		    struct engine_time now)
{
	engine_record(e, incident, now);
	engine_queue_add(e, incident, now);
}

static void proceed_to_start(struct engine *e, struct incident *incident,
			     struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);
	uint32_t delay_ms = 0;

	switch (policy_decide_start(&guest->budget,
				    engine_case_settings(e, incident),
				    now.mono_ms, &delay_ms)) {
	case POLICY_START_LATER:
		/* Up to a tenth more, so that guests that crashed together do
		 * not start together. */
		delay_ms += e->calls->random(e->calls->ctx,
					     delay_ms / 10 + 1);
		engine_case_postpone(e, incident, delay_ms, now);
		break;
	default: /* a spent budget is met in engine_step_start() */
		enqueue(e, incident, now);
		break;
	}
}

/* Gone or going, and not by our plan: somebody else decided about it. */
static bool is_lost(const struct engine *e, const struct incident *incident)
{
	const struct domain *domain = domain_of(e, incident);

	return (!domain || domain->info.dying) &&
	       !incident_removes_domain(incident);
}

/* While a worker was working, this event was ignored. */
static bool is_resumed(const struct engine *e, const struct incident *incident)
{
	const struct domain *domain = domain_of(e, incident);

	return domain && engine_scan_ran_since(domain, &domain->info) &&
	       !(domain->info.dying && incident_removes_domain(incident));
}

/* Before anything is done: why it would gain nothing by starting first. */
static const char *why_not_first(const struct engine *e,
				 const struct incident *incident,
				 struct engine_time now)
{
	const struct guest_settings *set = engine_case_settings(e, incident);
	const struct budget *budget = &engine_case_guest(e, incident)->budget;
	uint32_t delay_ms;

	if (incident->verdict.action != ACTION_RESTART_FIRST ||
	    incident->unreported || incident->at ||
	    incident_is_aside(incident))
		return NULL;
	if (!incident->wants_core)
		return "restart-first: no core is to be written";
	if (policy_decide_start(budget, set, now.mono_ms, &delay_ms) !=
	    POLICY_START_NOW)
		return "restart-first: the start has to wait anyway";
	return NULL;
}

/* By the loop's length when it opened: its own start is no part of that. */
static bool wants_core(const struct engine *e, const struct incident *incident)
{
	return incident->wants_core &&
	       (!PLANTED(LOOP) ||
		policy_wants_core(&engine_case_guest(e, incident)->budget,
				  engine_case_settings(e, incident)));
}

static void go_on(struct engine *e, struct incident *incident, bool waited,
		  struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);
	const char *why = why_not_first(e, incident, now);

	if (why)
		engine_case_fall_back(e, incident, why);
	if (incident_step(incident) == STEP_DUMP && !wants_core(e, incident) &&
	    !skip_dump(incident, -EDQUOT,
		       "skipped: this crash loop has enough cores", now))
		engine_case_postpone(e, incident, ENGINE_ASK_AGAIN_MS, now);
	else if (incident_step(incident) == STEP_END &&
		 !engine_foreign_keeps(incident))
		fire(e, incident, CASE_EVENT_FINISHED, now);
	else if (is_resumed(e, incident))
		fire(e, incident, CASE_EVENT_RESUMED, now);
	else if (is_lost(e, incident))
		fire(e, incident, CASE_EVENT_FINISHED, now);
	else if (engine_foreign_keeps(incident))
		engine_foreign_await(e, incident, now);
	else if (engine_twin_keeps(e, incident, now))
		engine_twin_hold(e, incident, now);
	else if (incident_step(incident) != STEP_REPORT &&
		 engine_taken_find(e, incident, now))
		return;
	else if (guest->hold && incident_step(incident) != STEP_REPORT)
		engine_case_hold(e, incident, "held by the operator", now);
	else if (step_starts_guest(incident_step(incident)) &&
		 !incident->paid && !waited)
		proceed_to_start(e, incident, now);
	else
		enqueue(e, incident, now);
}

void engine_case_proceed(struct engine *e, struct incident *incident,
			 struct engine_time now)
{
	go_on(e, incident, false, now);
}

void engine_case_begin(struct engine *e, struct incident *incident,
		       struct engine_time now)
{
	uint32_t grace_s = engine_case_settings(e, incident)->grace_s;

	if (is_resumed(e, incident))
		fire(e, incident, CASE_EVENT_RESUMED, now);
	else if (is_lost(e, incident))
		fire(e, incident, CASE_EVENT_FINISHED, now);
	else if (grace_s && !incident->unreported && !incident->peer)
		engine_case_postpone(e, incident, grace_s * 1000, now);
	else
		engine_case_proceed(e, incident, now);
}

/*
 * The domain is gone.  If the plan had started to destroy or rename it, that
 * was intended.  Otherwise it ended by itself or another process removed it,
 * and nothing remains to be done.
 */
static void missing(struct engine *e, struct incident *incident,
		    struct engine_time now)
{
	enum step step = incident_step(incident);

	if (!incident_removes_domain(incident))
		fire(e, incident, CASE_EVENT_FINISHED, now);
	else if (incident->state != CASE_STATE_HELD ||
		 (step != STEP_DESTROY && step != STEP_RENAME))
		return;
	else if (engine_takeup_asks(e, incident))
		engine_takeup_note_boot(e, incident, now);
	else
		fire(e, incident, CASE_EVENT_DUE, now);
}

/* A start that the operator asks for is free: whatever the budget is. */
static void redo(struct engine *e, struct incident *incident,
		 struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	incident->losses = 0;
	incident->again = false;
	incident->rebooted = false;
	incident->paid = step_starts_guest(incident_step(incident));
	incident->why[0] = '\0';
	budget_reset(&guest->budget);
	engine_record_guest(e, guest, now);
	engine_case_proceed(e, incident, now);
}

/* --- the table's effects --- */

static void rest(struct engine *e, struct incident *incident,
		 struct engine_time now)
{
	list_remove(&incident->queue_node);
	incident->rests = true;
	e->calls->dismiss(e->calls->ctx, incident);
	engine_record(e, incident, now);
}

static void stop(struct engine *e, struct incident *incident,
		 struct engine_time now)
{
	rest(e, incident, now);
	engine_tell(e, ENGINE_NOTE_INCIDENT_HELD, NULL, incident,
		    incident->why);
}

static void wait_for_due(struct engine *e, struct incident *incident,
			 struct engine_time now)
{
	char text[64];

	rest(e, incident, now);
	snprintf(text, sizeof(text), "%lld ms",
		 (long long)(incident->due_ms - now.mono_ms));
	engine_tell(e, ENGINE_NOTE_INCIDENT_WAITS, NULL, incident, text);
}

/* The incident ends before its plan: the domain is gone and nothing remains to
 * be done, or the domain was set aside and stays. */
static enum outcome end_outcome(const struct engine *e,
				const struct incident *incident)
{
	if (incident->peer)
		return OUTCOME_FOREIGN;
	if (incident_step(incident) != STEP_END)
		return incident_is_aside(incident) && domain_of(e, incident) ?
			OUTCOME_FAILED : OUTCOME_VANISHED;
	if (!action_keeps_domain(incident->verdict.action))
		return OUTCOME_HANDLED;
	return is_lost(e, incident) ? OUTCOME_VANISHED : OUTCOME_KEPT;
}

static void carry_out(struct engine *e, struct incident *incident,
		      enum case_effect effect, struct engine_time now)
{
	switch (effect) {
	case CASE_EFFECT_QUEUE:
		go_on(e, incident, true, now);
		break;
	case CASE_EFFECT_BEGIN:
		engine_step_begin(e, incident, now);
		break;
	case CASE_EFFECT_ADVANCE:
		engine_step_advance(e, incident, now);
		break;
	case CASE_EFFECT_COPE:
		engine_step_cope(e, incident, now);
		break;
	case CASE_EFFECT_AGAIN:
		engine_step_again(e, incident, now);
		break;
	case CASE_EFFECT_MISSING:
		missing(e, incident, now);
		break;
	case CASE_EFFECT_STOP:
		stop(e, incident, now);
		break;
	case CASE_EFFECT_REDO:
		redo(e, incident, now);
		break;
	case CASE_EFFECT_WAIT:
		wait_for_due(e, incident, now);
		break;
	default:
		break;
	}
}

/* A started domain counts as Xenvigil's if the worker's result was lost with an
 * earlier keeper, but not if the start is known to have failed. */
static enum outcome taken_outcome(const struct incident *incident)
{
	bool is_ours = uuid_equal(incident->successor.uuid, incident->id.uuid);

	return is_ours && engine_step_is_unheard(incident) ? OUTCOME_HANDLED :
							     OUTCOME_TAKEN;
}

void engine_case_event(struct engine *e, struct incident *incident,
		       enum case_event event, struct engine_time now)
{
	struct case_move move = machine_case(incident->state, event);

	incident->state = move.next;
	switch (move.effect) {
	case CASE_EFFECT_CLOSE_RESUMED:
		close_case(e, incident, OUTCOME_RESUMED, now);
		break;
	case CASE_EFFECT_CLOSE_TAKEN:
		close_case(e, incident, taken_outcome(incident), now);
		break;
	case CASE_EFFECT_CLOSE_DONE:
		close_case(e, incident, end_outcome(e, incident), now);
		break;
	default:
		carry_out(e, incident, move.effect, now);
		break;
	}
}

void engine_case_run_due(struct engine *e, struct engine_time now)
{
	struct incident *incident;

	LIST_EACH(incident, &e->incidents, struct incident, node)
		if (incident->state == CASE_STATE_WAITING &&
		    incident->due_ms <= now.mono_ms)
			fire(e, incident, CASE_EVENT_DUE, now);
}
