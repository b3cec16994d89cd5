/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What evidence changes: a reboot that was a panic or a triple fault is handled
 * as the crash it is.  Begins and ends no step.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"
#include "core/hvlog.h"
#include "core/kernel_log.h"

/* The index of the step, or that of STEP_END. */
static uint32_t rename_at(const struct policy_verdict *verdict)
{
	const enum step *steps = action_steps(verdict->action);
	uint32_t at = 0;

	while (steps[at] && steps[at] != STEP_RENAME)
		at++;
	return at;
}

static bool renames(const struct policy_verdict *verdict)
{
	return action_steps(verdict->action)[rename_at(verdict)] == STEP_RENAME;
}

/* A reboot may turn out a crash when nothing can be written any more, and one
 * of several of a uuid, or another supervisor's, is decided on again: what the
 * old domain would be called has to be on record by then, for a successor. */
static bool may_rename(const struct incident *incident,
		       const struct policy_verdict *verdict)
{
	return renames(verdict) || verdict->reason == REASON_REBOOT ||
	       incident->twin || incident->peer == PEER_XL;
}

static void decide(struct incident *incident,
		   const struct policy_verdict *verdict)
{
	incident->verdict = *verdict;
	if (!incident->peer) /* otherwise the record names the supervisor */
		incident->why[0] = '\0';
	if (verdict->refused)
		snprintf(incident->why, sizeof(incident->why),
			 "%s cannot work: %s", action_name(verdict->wanted),
			 verdict->refused);
	if (may_rename(incident, verdict))
		domain_copy_uuid(&incident->id, incident->copy_uuid);
}

/* Nothing has been done for the first verdict yet but to look. */
static bool call_it(struct engine *e, struct incident *incident,
		    uint8_t reason_code)
{
	struct policy_input input;
	struct policy_verdict verdict;

	engine_policy_input(e, engine_case_guest(e, incident), incident->name,
			    reason_code, &input);
	/* The toolstack that made its domain, not the one of the guest's newest
	 * domain. */
	input.foreign = incident->peer != PEER_NONE;
	policy_decide(&input, &verdict);
	if (!verdict.leave_alone)
		decide(incident, &verdict);
	return !verdict.leave_alone;
}

static bool call_it_crash(struct engine *e, struct incident *incident)
{
	return call_it(e, incident, REASON_CRASH);
}

/* When it was opened that may have been the record's. */
static void call_by_name(const struct engine *e, struct incident *incident)
{
	const struct domain *domain = engine_life_find(e, incident->id.domid);

	if (domain && domain->incident == incident && domain->named)
		text_copy(incident->name, sizeof(incident->name),
			  domain->name);
}

void engine_report_decide_again(struct engine *e, struct incident *incident)
{
	enum reason reason = incident->verdict.reason;

	call_by_name(e, incident);
	if (!incident->at && !incident_removes_domain(incident))
		(void)call_it(e, incident, reason < REASON_UNKNOWN ?
			      (uint8_t)reason : incident->reason_code);
}

/* The hypervisor makes a reboot of it, by default. */
static bool is_triple_fault(const struct engine *e,
			    const struct incident *incident)
{
	return incident->verdict.reason == REASON_REBOOT &&
	       engine_case_settings(e, incident)->report ==
	       SETTINGS_REPORT_REBOOT &&
	       hvlog_is_triple_fault(incident->panic);
}

void engine_report_open(struct engine *e, struct incident *incident,
			const struct policy_verdict *verdict)
{
	decide(incident, verdict);
	incident->wants_core = policy_wants_core(
		&engine_case_guest(e, incident)->budget,
		engine_case_settings(e, incident));
	incident->wants_reattach =
		engine_case_settings(e, incident)->reattach_devices;
	if (is_triple_fault(e, incident))
		(void)call_it_crash(e, incident);
	incident->unreported = policy_wants_report(
		engine_case_settings(e, incident), incident->verdict.reason,
		incident->type);
}

void engine_report_take(struct engine *e, struct incident *incident,
			const struct engine_result *result)
{
	/* An earlier line of its kernel is not the cause of the end. */
	if (result->panic && result->panic[0] &&
	    !engine_model_is_cause(incident->panic))
		text_copy(incident->panic, sizeof(incident->panic),
			  result->panic);
	if (incident->verdict.reason == REASON_REBOOT && !result->printed &&
	    kernel_log_is_panic(incident->panic) &&
	    call_it_crash(e, incident))
		engine_tell(e, ENGINE_NOTE_CRASH_FOUND, NULL, incident,
			    "it asked for a reboot, but its kernel's log has a "
			    "panic");
}

void engine_report_copy(struct engine *e, struct incident *incident)
{
	uint32_t at;

	if (incident_is_aside(incident) && !renames(&incident->verdict))
		return; /* it fell back since */
	if (!renames(&incident->verdict) && !call_it_crash(e, incident))
		return;
	at = rename_at(&incident->verdict);
	if (!renames(&incident->verdict) || incident->at > at)
		return;
	incident->dirty |= incident->at != at || incident->unreported;
	incident->unreported = false;
	incident->at = at;
}

bool engine_report_became_copy(struct engine *e, struct incident *incident)
{
	const struct domain *domain = engine_life_find(e, incident->id.domid);
	uint32_t was = incident->at;
	bool unreported = incident->unreported;

	if (!domain || domain->incident != incident ||
	    domain_id_equal(&domain->info.id, &incident->id) ||
	    !incident_is_about(incident, &domain->info.id))
		return false;
	engine_report_copy(e, incident);
	return incident->at != was || incident->unreported != unreported;
}
