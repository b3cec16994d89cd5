/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps notes to transitions.  Runs no hook.
 */
#include "core/transition.h"

static const char *const names[] = {
	[TRANSITION_NONE] = "none",
#define X(name, text) [TRANSITION_##name] = text,
	TRANSITION_LIST(X)
#undef X
};

const char *transition_name(enum transition transition)
{
	return (unsigned int)transition < TRANSITION_COUNT ?
		names[transition] : names[TRANSITION_NONE];
}

static enum transition of_opening(const struct incident *incident)
{
	enum reason reason = incident->verdict.reason;

	return reason == REASON_CRASH || reason == REASON_WATCHDOG ?
		TRANSITION_CRASH_SEEN : TRANSITION_NONE;
}

/* The attempt that has just ended well. */
static enum transition of_step(const struct incident *incident)
{
	if (!incident->step_count)
		return TRANSITION_NONE;
	switch (incident->steps[incident->step_count - 1].step) {
	case STEP_DUMP:
		return TRANSITION_EVIDENCE_KEPT;
	case STEP_CREATE:
	case STEP_SOFT_RESET:
		return TRANSITION_GUEST_RESTARTED;
	default:
		return TRANSITION_NONE;
	}
}

/* A missing room for restart-first is an answer, not a failure.  The same is
 * true if another toolstack removed its domain during the report. */
static enum transition of_failure(enum engine_note note,
				  const struct incident *incident)
{
	if (incident->peer)
		return TRANSITION_NONE;
	return note == ENGINE_NOTE_STEP_FAILED && incident->step_count &&
	       incident->steps[incident->step_count - 1].step == STEP_ROOM ?
		TRANSITION_NONE : TRANSITION_ACTION_FAILED;
}

enum transition transition_of(enum engine_note note,
			      const struct incident *incident)
{
	if (!incident)
		return TRANSITION_NONE;
	switch (note) {
	case ENGINE_NOTE_INCIDENT_OPENED:
	case ENGINE_NOTE_CRASH_FOUND:
		return of_opening(incident);
	case ENGINE_NOTE_CRASH_MISSED:
		return incident->peer ? of_opening(incident) : TRANSITION_NONE;
	case ENGINE_NOTE_STEP_DONE:
		return of_step(incident);
	case ENGINE_NOTE_STEP_FAILED:
	case ENGINE_NOTE_WORKER_LOST:
		return of_failure(note, incident);
	case ENGINE_NOTE_INCIDENT_HELD:
		return TRANSITION_GUEST_HELD;
	case ENGINE_NOTE_INCIDENT_CLOSED:
		return incident->outcome == OUTCOME_FAILED ?
			TRANSITION_ACTION_FAILED : TRANSITION_NONE;
	default:
		return TRANSITION_NONE;
	}
}
