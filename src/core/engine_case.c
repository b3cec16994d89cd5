/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The incidents: from the decision through its steps to the end.  Every
 * change of state goes through the table in machine.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"

struct guest *engine_case_guest(const struct engine *e,
				const struct incident *incident)
{
	return (struct guest *)engine_guest(e, incident->id.uuid);
}

static const struct guest_settings *set_of(const struct engine *e,
					   const struct incident *incident)
{
	return settings_for(e->settings, incident->name);
}

static void say_why(struct incident *incident, const char *why)
{
	text_copy(incident->why, sizeof(incident->why), why);
	incident->dirty = true;
}

static void fire(struct engine *e, struct incident *incident,
		 enum case_event event, struct engine_time now)
{
	engine_case_event(e, incident, event, now);
}

static void hold(struct engine *e, struct incident *incident,
		 const char *why, struct engine_time now)
{
	say_why(incident, why);
	fire(e, incident, CASE_EVENT_HOLD, now);
}

static void postpone(struct engine *e, struct incident *incident,
		     uint32_t delay_ms, struct engine_time now)
{
	incident->due_ms = now.mono_ms + delay_ms;
	incident->due_wall_ms = now.wall_ms + delay_ms;
	fire(e, incident, CASE_EVENT_POSTPONED, now);
}

/* --- closing --- */

/* The domain it was about may be decided on anew; so may a successor that
 * went down while this was open. */
static void settle_domain(struct engine *e, const struct incident *incident,
			  const struct guest *guest, struct engine_time now)
{
	struct domain *domain = engine_life_find(e, incident->id.domid);

	if (domain && incident_is_about(incident, &domain->info.id))
		engine_life_event(e, domain, LIFE_EVENT_SETTLED, now);
	engine_life_ask_guest(e, guest, now);
}

static void close_case(struct engine *e, struct incident *incident,
		       enum outcome outcome, struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	list_remove(&incident->queue_node);
	list_remove(&incident->node);
	incident->outcome = outcome;
	incident->closed_ms = now.wall_ms;
	e->calls->dismiss(e->calls->ctx, incident);
	engine_record(e, incident, now);
	engine_tell(e, ENGINE_NOTE_INCIDENT_CLOSED, NULL, incident, NULL);
	guest->incident = NULL;
	settle_domain(e, incident, guest, now);
	if (incident->dirty)
		list_append(&e->closed, &incident->node);
	else
		incident_free(incident);
}

/* --- going on --- */

/* A core that the loop's limit forbids is recorded as left out. */
static void skip_dump(struct incident *incident, struct engine_time now)
{
	if (incident_begin_step(incident, now.wall_ms) == 0)
		incident_end_step(incident, now.wall_ms, -EDQUOT,
				  "left out: enough cores of this loop");
	incident->at++;
}

static void proceed_to_start(struct engine *e, struct incident *incident,
			     struct engine_time now)
{
	const struct guest_settings *set = set_of(e, incident);
	struct guest *guest = engine_case_guest(e, incident);
	uint32_t delay_ms = 0;
	char why[INCIDENT_TEXT_BYTES];

	switch (policy_decide_start(&guest->budget, set, now.wall_ms,
				    &delay_ms)) {
	case POLICY_START_NOW:
		engine_queue_add(e, incident);
		break;
	case POLICY_START_LATER:
		/* Up to a tenth more, so that guests that fell together do
		 * not rise together. */
		delay_ms += e->calls->random(e->calls->ctx,
					     delay_ms / 10 + 1);
		postpone(e, incident, delay_ms, now);
		break;
	case POLICY_START_HOLD:
		snprintf(why, sizeof(why),
			 "restart budget spent: %u starts in %u s",
			 set->restart_limit, set->restart_window_s);
		hold(e, incident, why, now);
		break;
	}
}

/* Takes the incident, QUEUED by the table, to where its next step puts it. */
static void proceed(struct engine *e, struct incident *incident,
		    struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	if (incident_step(incident) == STEP_DUMP &&
	    !policy_wants_core(&guest->budget, set_of(e, incident)))
		skip_dump(incident, now);
	if (incident_step(incident) == STEP_END)
		fire(e, incident, CASE_EVENT_FINISHED, now);
	else if (guest->hold)
		hold(e, incident, "held by the operator", now);
	else if (incident_step(incident) == STEP_CREATE && !incident->paid)
		proceed_to_start(e, incident, now);
	else
		engine_queue_add(e, incident);
}

/* The time it waited for has come: a start is not delayed once more. */
static void proceed_due(struct engine *e, struct incident *incident,
			struct engine_time now)
{
	if (incident_step(incident) == STEP_CREATE &&
	    !engine_case_guest(e, incident)->hold)
		engine_queue_add(e, incident);
	else
		proceed(e, incident, now);
}

static void advance(struct engine *e, struct incident *incident,
		    struct engine_time now)
{
	incident->at++;
	incident->losses = 0;
	incident->paid = false;
	proceed(e, incident, now);
}

/* --- steps --- */

static void pay(struct engine *e, struct incident *incident,
		struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	if (incident_step(incident) != STEP_CREATE || incident->paid)
		return;
	budget_spend(&guest->budget, now.wall_ms);
	engine_record_guest(e, guest, now);
	incident->paid = true;
}

/* Written down before it is begun: whoever comes after us knows. */
static void begin(struct engine *e, struct incident *incident,
		  struct engine_time now)
{
	int r;

	list_remove(&incident->queue_node);
	pay(e, incident, now);
	r = incident_begin_step(incident, now.wall_ms);
	if (r == 0) {
		engine_record(e, incident, now);
		incident->order = ++e->next_order;
		r = e->calls->order(e->calls->ctx, incident, incident->order);
	}
	if (r < 0) {
		incident->order = 0;
		incident_end_step(incident, now.wall_ms, r, "no worker");
		postpone(e, incident, ENGINE_ASK_AGAIN_MS, now);
		return;
	}
	e->working++;
	e->dumping += incident_step(incident) == STEP_DUMP;
	engine_tell(e, ENGINE_NOTE_STEP_BEGUN, NULL, incident, NULL);
}

/* The order is answered; its worker is free. */
static void end(struct engine *e, struct incident *incident, int rc,
		const char *text, struct engine_time now)
{
	e->working--;
	e->dumping -= incident_step(incident) == STEP_DUMP;
	incident->order = 0;
	incident_end_step(incident, now.wall_ms, rc, text);
}

static void note_rename(struct engine *e, struct incident *incident,
			const struct engine_result *result)
{
	struct domain *domain = engine_life_find(e, incident->id.domid);

	if (domain && domain_id_equal(&domain->info.id, &incident->id))
		memcpy(domain->info.id.uuid, result->new_id.uuid, UUID_BYTES);
}

static void note_start(struct engine *e, struct incident *incident,
		       const struct engine_result *result,
		       struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	incident->successor = result->new_id;
	guest->started_ms = now.wall_ms;
	engine_record_guest(e, guest, now);
}

static void note_success(struct engine *e, struct incident *incident,
			 const struct engine_result *result,
			 struct engine_time now)
{
	switch (incident_step(incident)) {
	case STEP_DUMP:
		text_copy(incident->core_path, sizeof(incident->core_path),
			  result->core_path ? result->core_path : "");
		break;
	case STEP_RENAME:
		note_rename(e, incident, result);
		break;
	case STEP_DESTROY:
		incident->absent = true;
		break;
	case STEP_CREATE:
		note_start(e, incident, result, now);
		break;
	default:
		break;
	}
}

void engine_case_result(struct engine *e, struct incident *incident,
			const struct engine_result *result,
			struct engine_time now)
{
	bool good = result->rc == 0;

	if (good)
		note_success(e, incident, result, now);
	end(e, incident, result->rc, result->text, now);
	engine_tell(e, good ? ENGINE_NOTE_STEP_DONE : ENGINE_NOTE_STEP_FAILED,
		    NULL, incident, result->text);
	fire(e, incident, good ? CASE_EVENT_DONE : CASE_EVENT_FAILED, now);
}

void engine_case_lost(struct engine *e, struct incident *incident,
		      const char *how, struct engine_time now)
{
	end(e, incident, -ECHILD, how, now);
	engine_tell(e, ENGINE_NOTE_WORKER_LOST, NULL, incident, how);
	fire(e, incident, CASE_EVENT_LOST, now);
}

/* --- trouble --- */

static int last_rc(const struct incident *incident)
{
	return incident->step_count ?
		incident->steps[incident->step_count - 1].rc : 0;
}

static void hold_failed(struct engine *e, struct incident *incident,
			struct engine_time now)
{
	const struct incident_step *last =
		&incident->steps[incident->step_count - 1];
	char why[INCIDENT_TEXT_BYTES];

	snprintf(why, sizeof(why), "%s failed: %.400s", step_name(last->step),
		 last->text[0] ? last->text : strerror(-last->rc));
	hold(e, incident, why, now);
}

/* What a failed step means.  QUEUED by the table, like everything here. */
static void cope(struct engine *e, struct incident *incident,
		 struct engine_time now)
{
	enum step step = incident_step(incident);
	int rc = last_rc(incident);

	incident->paid = false;
	if (step == STEP_DUMP)
		advance(e, incident, now); /* no core must not mean no guest */
	else if (rc == -ESTALE)
		fire(e, incident, CASE_EVENT_FINISHED, now);
	else if (rc == -EBUSY && step_is_destructive(step))
		fire(e, incident, CASE_EVENT_RESUMED, now);
	else if (step == STEP_CREATE)
		proceed(e, incident, now); /* again, within the budget */
	else
		hold_failed(e, incident, now);
}

static void again(struct engine *e, struct incident *incident,
		  struct engine_time now)
{
	incident->losses++;
	if (incident_step(incident) == STEP_DUMP)
		advance(e, incident, now);
	else if (incident->losses >= ENGINE_LOSSES_MAX)
		hold_failed(e, incident, now);
	else
		proceed(e, incident, now);
}

/*
 * The domain is not there any more.  When our plan had got as far as to
 * destroy or rename it, that was to be; else it went away by itself, or by
 * another hand, and there is nothing left to do.
 */
static void missing(struct engine *e, struct incident *incident,
		    struct engine_time now)
{
	bool ours = incident->absent ||
		    incident_has_begun(incident, STEP_DESTROY) ||
		    incident_has_begun(incident, STEP_RENAME);

	if (!ours)
		fire(e, incident, CASE_EVENT_FINISHED, now);
	else if (incident->state == CASE_STATE_HELD &&
		 incident_step(incident) == STEP_DESTROY)
		fire(e, incident, CASE_EVENT_DUE, now);
}

static void redo(struct engine *e, struct incident *incident,
		 struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	incident->losses = 0;
	incident->paid = false;
	say_why(incident, "");
	budget_reset(&guest->budget);
	engine_record_guest(e, guest, now);
	engine_record(e, incident, now);
	proceed(e, incident, now);
}

/* --- the table's effects --- */

static void stop(struct engine *e, struct incident *incident,
		 struct engine_time now)
{
	list_remove(&incident->queue_node);
	e->calls->dismiss(e->calls->ctx, incident);
	engine_record(e, incident, now);
	engine_tell(e, ENGINE_NOTE_INCIDENT_HELD, NULL, incident,
		    incident->why);
}

static void wait_for_due(struct engine *e, struct incident *incident,
			 struct engine_time now)
{
	char text[64];

	list_remove(&incident->queue_node);
	e->calls->dismiss(e->calls->ctx, incident);
	engine_record(e, incident, now);
	snprintf(text, sizeof(text), "%lld ms",
		 (long long)(incident->due_ms - now.mono_ms));
	engine_tell(e, ENGINE_NOTE_INCIDENT_WAITS, NULL, incident, text);
}

/* Finished before its plan was: the domain is gone, there is no more to do. */
static enum outcome end_outcome(const struct incident *incident)
{
	if (incident_step(incident) != STEP_END)
		return OUTCOME_VANISHED;
	return action_keeps_domain(incident->verdict.action) ?
		OUTCOME_KEPT : OUTCOME_HANDLED;
}

void engine_case_event(struct engine *e, struct incident *incident,
		       enum case_event event, struct engine_time now)
{
	struct case_move move = machine_case(incident->state, event);

	incident->state = move.next;
	switch (move.effect) {
	case CASE_EFFECT_QUEUE:
		proceed_due(e, incident, now);
		break;
	case CASE_EFFECT_BEGIN:
		begin(e, incident, now);
		break;
	case CASE_EFFECT_ADVANCE:
		advance(e, incident, now);
		break;
	case CASE_EFFECT_COPE:
		cope(e, incident, now);
		break;
	case CASE_EFFECT_AGAIN:
		again(e, incident, now);
		break;
	case CASE_EFFECT_CLOSE_RESUMED:
		close_case(e, incident, OUTCOME_RESUMED, now);
		break;
	case CASE_EFFECT_CLOSE_TAKEN:
		close_case(e, incident, OUTCOME_TAKEN, now);
		break;
	case CASE_EFFECT_CLOSE_DONE:
		close_case(e, incident, end_outcome(incident), now);
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

/* --- opening --- */

static struct incident *make(struct engine *e, const struct domain *domain,
			     uint8_t reason_code, struct engine_time now)
{
	struct incident *incident = incident_new();

	if (!incident) {
		engine_tell(e, ENGINE_NOTE_NO_MEMORY, domain, NULL,
			    "an incident is opened later");
		return NULL;
	}
	incident->number = e->next_number++;
	incident->id = domain->info.id;
	incident->cpu_time_ns = domain->info.cpu_time_ns;
	incident->type = domain->guest->config.type;
	incident->reason_code = reason_code;
	incident->seen_ms = now.wall_ms;
	text_copy(incident->name, sizeof(incident->name),
		  domain->name[0] ? domain->name : domain->guest->name);
	return incident;
}

static bool has_step(enum action action, enum step step)
{
	for (const enum step *at = action_steps(action); *at; at++)
		if (*at == step)
			return true;
	return false;
}

void engine_case_open(struct engine *e, struct domain *domain,
		      const struct policy_verdict *verdict,
		      struct engine_time now)
{
	struct incident *incident = make(e, domain, domain->info.reason_code,
					 now);
	uint32_t grace_s;

	if (!incident)
		return;
	incident->verdict = *verdict;
	if (verdict->refused)
		snprintf(incident->why, sizeof(incident->why),
			 "%s cannot work: %s", action_name(verdict->wanted),
			 verdict->refused);
	if (has_step(verdict->action, STEP_RENAME))
		e->calls->new_uuid(e->calls->ctx, incident->copy_uuid);
	incident->state = CASE_STATE_QUEUED;
	domain->guest->incident = incident;
	list_append(&e->incidents, &incident->node);
	engine_record(e, incident, now);
	engine_life_event(e, domain, LIFE_EVENT_OPENED, now);
	engine_tell(e, ENGINE_NOTE_INCIDENT_OPENED, domain, incident, NULL);
	grace_s = set_of(e, incident)->grace_s;
	if (grace_s)
		postpone(e, incident, grace_s * 1000, now);
	else
		proceed(e, incident, now);
}

void engine_case_open_missed(struct engine *e, struct domain *domain,
			     uint8_t reason_code, struct engine_time now)
{
	struct incident *incident = make(e, domain, reason_code, now);

	if (!incident)
		return;
	incident->state = CASE_STATE_CLOSED;
	incident->outcome = OUTCOME_VANISHED;
	incident->verdict.reason = reason_from_code(reason_code);
	incident->verdict.action = ACTION_LOG;
	incident->closed_ms = now.wall_ms;
	engine_tell(e, ENGINE_NOTE_CRASH_MISSED, domain, incident,
		    "the domain was gone before it could be handled");
	engine_record(e, incident, now);
	if (incident->dirty)
		list_append(&e->closed, &incident->node);
	else
		incident_free(incident);
}

void engine_case_run_due(struct engine *e, struct engine_time now)
{
	struct incident *incident;

	LIST_EACH(incident, &e->incidents, struct incident, node)
		if (incident->state == CASE_STATE_WAITING &&
		    incident->due_ms <= now.mono_ms)
			fire(e, incident, CASE_EVENT_DUE, now);
}
