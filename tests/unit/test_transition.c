/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every note, of every reason, step and outcome: which are transitions.
 */
#include <string.h>

#include "core/transition.h"
#include "tap.h"

static enum transition of_reason(enum engine_note note, enum reason reason)
{
	struct incident incident = { .verdict.reason = reason };

	return transition_of(note, &incident);
}

static enum transition of_step(enum engine_note note, enum step step)
{
	struct incident_step steps[2] = { { .step = STEP_DUMP },
					  { .step = step } };
	struct incident incident = { .step_count = 2, .steps = steps };

	return transition_of(note, &incident);
}

static enum transition of_outcome(enum outcome outcome)
{
	struct incident incident = { .outcome = outcome };

	return transition_of(ENGINE_NOTE_INCIDENT_CLOSED, &incident);
}

static void test_reasons(void)
{
	for (int i = 0; i < REASON_COUNT; i++)
		ok(of_reason(ENGINE_NOTE_INCIDENT_OPENED, i) ==
		   (i == REASON_CRASH || i == REASON_WATCHDOG ?
		    TRANSITION_CRASH_SEEN : TRANSITION_NONE),
		   "opened for %s", reason_name(i));
	ok(of_reason(ENGINE_NOTE_CRASH_MISSED, REASON_CRASH) ==
	   TRANSITION_NONE, "one that was missed");
	ok(of_reason(ENGINE_NOTE_CRASH_FOUND, REASON_CRASH) ==
	   TRANSITION_CRASH_SEEN, "a reboot that was a crash");
}

static void test_steps(void)
{
	for (int i = 0; i < STEP_COUNT; i++) {
		enum transition wanted = i == STEP_DUMP ?
			TRANSITION_EVIDENCE_KEPT :
			i == STEP_CREATE || i == STEP_SOFT_RESET ?
			TRANSITION_GUEST_RESTARTED : TRANSITION_NONE;

		ok(of_step(ENGINE_NOTE_STEP_DONE, i) == wanted, "%s done",
		   step_name(i));
		ok(of_step(ENGINE_NOTE_STEP_FAILED, i) ==
		   (i == STEP_ROOM ? TRANSITION_NONE :
				     TRANSITION_ACTION_FAILED),
		   "%s failed", step_name(i));
		ok(of_step(ENGINE_NOTE_WORKER_LOST, i) ==
		   TRANSITION_ACTION_FAILED, "the worker at %s lost",
		   step_name(i));
	}
}

/* Its toolstack acts upon it meanwhile: that a look fails is no failure. */
static void test_foreign(void)
{
	struct incident_step step = { .step = STEP_REPORT };
	struct incident theirs = { .peer = PEER_LIBVIRT, .step_count = 1,
				   .verdict.reason = REASON_CRASH,
				   .steps = &step };

	ok(transition_of(ENGINE_NOTE_CRASH_MISSED, &theirs) ==
	   TRANSITION_CRASH_SEEN, "a crash of another's guest is told, "
	   "however soon it is gone");
	ok(transition_of(ENGINE_NOTE_STEP_FAILED, &theirs) ==
	   TRANSITION_NONE &&
	   transition_of(ENGINE_NOTE_WORKER_LOST, &theirs) == TRANSITION_NONE,
	   "and a look at it that came too late is not");
}

static void test_rest(void)
{
	struct incident none = { 0 };

	for (int i = 0; i < OUTCOME_COUNT; i++)
		ok(of_outcome(i) == (i == OUTCOME_FAILED ?
				     TRANSITION_ACTION_FAILED :
				     TRANSITION_NONE),
		   "closed, %s", outcome_name(i));
	ok(transition_of(ENGINE_NOTE_INCIDENT_HELD, &none) ==
	   TRANSITION_GUEST_HELD, "held");
	ok(transition_of(ENGINE_NOTE_STEP_DONE, &none) == TRANSITION_NONE,
	   "a step done of which there is no record");
	for (int i = 0; i < ENGINE_NOTE_COUNT; i++)
		ok(transition_of(i, NULL) == TRANSITION_NONE,
		   "%s of no incident", engine_note_name(i));
	is_text(transition_name(TRANSITION_HOST_BACK), "host-back", "a name");
	is_text(transition_name(TRANSITION_COUNT), "none", "none");
}

int main(void)
{
	test_reasons();
	test_steps();
	test_foreign();
	test_rest();
	return done_testing();
}
