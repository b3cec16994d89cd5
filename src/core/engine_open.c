/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Incidents at their begin: made from a domain that is down, and the ones
 * that are over before anybody could act.  What follows is engine_case.c's.
 */
#include "base/text.h"
#include "core/engine_impl.h"

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
	incident->cpu_time_ns = domain->down_cpu_ns;
	incident->type = domain->guest->config.type;
	incident->reason_code = reason_code;
	incident->seen_ms = now.wall_ms;
	engine_foreign_open(e, domain, incident);
	text_copy(incident->name, sizeof(incident->name),
		  domain->name[0] ? domain->name : domain->guest->name);
	if (engine_model_is_known(&domain->model_end))
		engine_model_cause(&domain->model_end, incident->panic);
	else if (e->calls->cause)
		e->calls->cause(e->calls->ctx, incident, incident->panic);
	return incident;
}

void engine_open_case(struct engine *e, struct domain *domain,
		      const struct policy_verdict *verdict,
		      struct engine_time now)
{
	struct incident *incident = make(e, domain, domain->info.reason_code,
					 now);

	if (!incident)
		return;
	incident->twin = domain->guest->twins;
	engine_report_open(e, incident, verdict);
	incident->state = CASE_STATE_QUEUED;
	domain->guest->incident = incident;
	domain->incident = incident;
	list_append(&e->incidents, &incident->node);
	engine_life_event(e, domain, LIFE_EVENT_OPENED, now);
	engine_tell(e, ENGINE_NOTE_INCIDENT_OPENED, domain, incident, NULL);
	engine_case_begin(e, incident, now);
}

static const char *missed_text(const struct incident *incident)
{
	if (incident->outcome == OUTCOME_RESUMED)
		return "the domain ran again before it could be handled";
	if (incident->outcome == OUTCOME_FOREIGN)
		return "its supervisor removed it before the evidence was read";
	return "the domain was gone before it could be handled";
}

/* Nothing is done for it.  TEXT may be NULL. */
static void close_at_once(struct engine *e, const struct domain *domain,
			  struct incident *incident, enum outcome outcome,
			  const char *text, struct engine_time now)
{
	incident->state = CASE_STATE_CLOSED;
	incident->outcome = outcome;
	if (incident->peer && outcome == OUTCOME_VANISHED)
		incident->outcome = OUTCOME_FOREIGN;
	if (incident->peer)
		incident->verdict.source = POLICY_SOURCE_FOREIGN;
	incident->verdict.reason = reason_from_code(incident->reason_code);
	incident->verdict.action = ACTION_LOG;
	incident->closed_ms = now.wall_ms;
	engine_tell(e, ENGINE_NOTE_CRASH_MISSED, domain, incident,
		    text ?: missed_text(incident));
	engine_record(e, incident, now);
	engine_record_closed(e, incident, now);
}

void engine_open_missed(struct engine *e, struct domain *domain,
			uint8_t reason_code, enum outcome outcome,
			struct engine_time now)
{
	struct incident *incident;

	if (engine_foreign_stance(e, domain) == PEER_IGNORE ||
	    domain->guest->disowned)
		return;
	if (!engine_owner(e, domain))
		(void)engine_foreign_claim(e, domain);
	incident = make(e, domain, reason_code, now);
	if (incident)
		close_at_once(e, domain, incident, outcome, NULL, now);
}

/* It is no shutdown: that one, when it comes, is another. */
void engine_open_model(struct engine *e, struct domain *domain,
		       const char *why, struct engine_time now)
{
	struct incident *incident = make(e, domain, REASON_CRASH, now);

	if (!incident)
		return;
	incident->cpu_time_ns = 0;
	text_copy(incident->why, sizeof(incident->why), why);
	close_at_once(e, domain, incident, OUTCOME_RESUMED, why, now);
}
