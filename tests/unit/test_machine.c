/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/machine: every (state, event) pair of both tables against rules that
 * are written down here, not read from the tables.
 */
#include <string.h>

#include "core/machine.h"

#include "tap.h"

/* --- the domain's machine --- */

/* What the pair has to lead to; LIFE_STATE_COUNT: the state stays. */
static enum life_state expected_life(enum life_state state,
				     enum life_event event)
{
	if (state == LIFE_STATE_GONE)
		return LIFE_STATE_GONE;
	if (event == LIFE_EVENT_VANISHED)
		return LIFE_STATE_GONE;
	if (event == LIFE_EVENT_OPENED)
		return LIFE_STATE_HANDLED;
	if (state == LIFE_STATE_HANDLED) /* until its incident says so */
		return event == LIFE_EVENT_SETTLED ? LIFE_STATE_KEPT : state;
	switch (event) {
	case LIFE_EVENT_RUNS:
		return state == LIFE_STATE_NEW ? state : LIFE_STATE_WATCHED;
	case LIFE_EVENT_SHUT: /* one that was dealt with, or is another's */
		return state == LIFE_STATE_KEPT ||
		       state == LIFE_STATE_FOREIGN ? state : LIFE_STATE_DOWN;
	case LIFE_EVENT_SUSPENDED:
		return state == LIFE_STATE_KEPT ? state : LIFE_STATE_ASIDE;
	case LIFE_EVENT_CONFIG:
		return state == LIFE_STATE_NEW ? LIFE_STATE_WATCHED : state;
	case LIFE_EVENT_CLAIMED:
		return state == LIFE_STATE_DOWN ? LIFE_STATE_FOREIGN : state;
	case LIFE_EVENT_FREED:
		return state == LIFE_STATE_FOREIGN ? LIFE_STATE_DOWN : state;
	default:
		return state;
	}
}

static void test_life_pairs(void)
{
	for (unsigned int s = 0; s < LIFE_STATE_COUNT; s++) {
		unsigned int wrong = 0;

		for (unsigned int e = 0; e < LIFE_EVENT_COUNT; e++) {
			enum life_state next = machine_life(s, e).next;

			if (next == expected_life(s, e))
				continue;
			wrong++;
			printf("# event %u leads to %s, not to %s\n", e,
			       machine_life_name(next),
			       machine_life_name(expected_life(s, e)));
		}
		ok(wrong == 0, "a domain that is %s: each of %u events",
		   machine_life_name(s), LIFE_EVENT_COUNT);
	}
}

/* An effect belongs to a change or to a fact, never to the wrong state. */
static bool life_effect_fits(enum life_state s, enum life_event e,
			     struct life_move move)
{
	switch (move.effect) {
	case LIFE_EFFECT_NONE:
		return !(e == LIFE_EVENT_VANISHED && s != LIFE_STATE_GONE);
	case LIFE_EFFECT_CHECK:
		return move.next == LIFE_STATE_WATCHED;
	case LIFE_EFFECT_ASK:
		return move.next == LIFE_STATE_DOWN;
	case LIFE_EFFECT_DECIDE:
		return s == LIFE_STATE_DOWN && e == LIFE_EVENT_READY;
	case LIFE_EFFECT_REVIVED:
		return s == LIFE_STATE_DOWN && e == LIFE_EVENT_RUNS;
	case LIFE_EFFECT_RESUMED:
		return s == LIFE_STATE_HANDLED && e == LIFE_EVENT_RUNS;
	case LIFE_EFFECT_LOST:
		return s == LIFE_STATE_HANDLED && e == LIFE_EVENT_VANISHED;
	case LIFE_EFFECT_FORGET:
		return s != LIFE_STATE_HANDLED && s != LIFE_STATE_GONE &&
		       e == LIFE_EVENT_VANISHED;
	default:
		return false;
	}
}

static void test_life_effects(void)
{
	unsigned int seen[LIFE_EFFECT_COUNT] = { 0 }, wrong = 0, unused = 0;

	for (unsigned int s = 0; s < LIFE_STATE_COUNT; s++)
		for (unsigned int e = 0; e < LIFE_EVENT_COUNT; e++) {
			struct life_move move = machine_life(s, e);

			seen[move.effect]++;
			wrong += !life_effect_fits(s, e, move);
		}
	ok(wrong == 0, "each effect on a domain belongs where it is");
	for (unsigned int i = 0; i < LIFE_EFFECT_COUNT; i++)
		unused += !seen[i];
	ok(unused == 0, "no effect on a domain is without use");
	ok(machine_life(LIFE_STATE_NEW, LIFE_EVENT_SHUT).effect ==
	   LIFE_EFFECT_ASK &&
	   machine_life(LIFE_STATE_WATCHED, LIFE_EVENT_SHUT).effect ==
	   LIFE_EFFECT_ASK, "a shutdown is asked about");
	ok(machine_life(LIFE_STATE_DOWN, LIFE_EVENT_READY).effect ==
	   LIFE_EFFECT_DECIDE, "and decided");
}

/* --- the incident's machine --- */

static enum case_state expected_case(enum case_state state,
				     enum case_event event)
{
	if (state == CASE_STATE_CLOSED)
		return CASE_STATE_CLOSED;
	if (state == CASE_STATE_WORKING)
		switch (event) {
		case CASE_EVENT_DONE:
		case CASE_EVENT_FAILED:
		case CASE_EVENT_LOST:
		case CASE_EVENT_RESTORED:
			return CASE_STATE_QUEUED;
		case CASE_EVENT_POSTPONED:
			return CASE_STATE_WAITING;
		default:
			return state; /* only the worker's word counts */
		}
	switch (event) {
	case CASE_EVENT_RESUMED:
	case CASE_EVENT_TAKEN:
	case CASE_EVENT_FINISHED:
		return CASE_STATE_CLOSED;
	case CASE_EVENT_HOLD:
		return CASE_STATE_HELD;
	case CASE_EVENT_DUE:
	case CASE_EVENT_PASSED:
		return CASE_STATE_QUEUED;
	case CASE_EVENT_RETRY:
		return CASE_STATE_QUEUED;
	case CASE_EVENT_STARTED:
		return state == CASE_STATE_QUEUED ? CASE_STATE_WORKING : state;
	case CASE_EVENT_POSTPONED:
		return state == CASE_STATE_HELD ? state : CASE_STATE_WAITING;
	default:
		return state;
	}
}

static void test_case_pairs(void)
{
	for (unsigned int s = 0; s < CASE_STATE_COUNT; s++) {
		unsigned int wrong = 0;

		for (unsigned int e = 0; e < CASE_EVENT_COUNT; e++) {
			enum case_state next = machine_case(s, e).next;

			if (next == expected_case(s, e))
				continue;
			wrong++;
			printf("# event %u leads to %s, not to %s\n", e,
			       machine_case_name(next),
			       machine_case_name(expected_case(s, e)));
		}
		ok(wrong == 0, "an incident that is %s: each of %u events",
		   machine_case_name(s), CASE_EVENT_COUNT);
	}
}

static bool case_effect_fits(enum case_state s, enum case_event e,
			     struct case_move move)
{
	switch (move.effect) {
	case CASE_EFFECT_NONE: /* a change of state is never silent */
		return move.next == s || e == CASE_EVENT_RESTORED;
	case CASE_EFFECT_QUEUE:
		return (e == CASE_EVENT_DUE || e == CASE_EVENT_PASSED) &&
		       s != CASE_STATE_WORKING;
	case CASE_EFFECT_BEGIN:
		return move.next == CASE_STATE_WORKING;
	case CASE_EFFECT_ADVANCE:
		return s == CASE_STATE_WORKING && e == CASE_EVENT_DONE;
	case CASE_EFFECT_COPE:
		return s == CASE_STATE_WORKING && e == CASE_EVENT_FAILED;
	case CASE_EFFECT_AGAIN:
		return s == CASE_STATE_WORKING && e == CASE_EVENT_LOST;
	case CASE_EFFECT_CLOSE_RESUMED:
		return move.next == CASE_STATE_CLOSED &&
		       e == CASE_EVENT_RESUMED;
	case CASE_EFFECT_CLOSE_TAKEN:
		return move.next == CASE_STATE_CLOSED &&
		       e == CASE_EVENT_TAKEN;
	case CASE_EFFECT_CLOSE_DONE:
		return move.next == CASE_STATE_CLOSED &&
		       e == CASE_EVENT_FINISHED;
	case CASE_EFFECT_MISSING:
		return move.next == s && e == CASE_EVENT_VANISHED;
	case CASE_EFFECT_STOP:
		return move.next == CASE_STATE_HELD && s != CASE_STATE_HELD;
	case CASE_EFFECT_REDO:
		return e == CASE_EVENT_RETRY;
	case CASE_EFFECT_WAIT:
		return move.next == CASE_STATE_WAITING;
	default:
		return false;
	}
}

static void test_case_effects(void)
{
	unsigned int seen[CASE_EFFECT_COUNT] = { 0 }, wrong = 0, unused = 0;

	for (unsigned int s = 0; s < CASE_STATE_COUNT; s++)
		for (unsigned int e = 0; e < CASE_EVENT_COUNT; e++) {
			struct case_move move = machine_case(s, e);

			seen[move.effect]++;
			if (case_effect_fits(s, e, move))
				continue;
			wrong++;
			printf("# %s, event %u: effect %u\n",
			       machine_case_name(s), e, move.effect);
		}
	ok(wrong == 0, "each effect on an incident belongs where it is");
	for (unsigned int i = 0; i < CASE_EFFECT_COUNT; i++)
		unused += !seen[i];
	ok(unused == 0, "no effect on an incident is without use");
}

/* --- reachability --- */

static void test_reachable(void)
{
	bool life[LIFE_STATE_COUNT] = { [LIFE_STATE_NEW] = true };
	bool cases[CASE_STATE_COUNT] = { [CASE_STATE_QUEUED] = true };
	unsigned int missing = 0;

	for (int round = 0; round < LIFE_STATE_COUNT; round++)
		for (unsigned int s = 0; s < LIFE_STATE_COUNT; s++)
			for (unsigned int e = 0; life[s] && e < LIFE_EVENT_COUNT; e++)
				life[machine_life(s, e).next] = true;
	for (int round = 0; round < CASE_STATE_COUNT; round++)
		for (unsigned int s = 0; s < CASE_STATE_COUNT; s++)
			for (unsigned int e = 0; cases[s] && e < CASE_EVENT_COUNT; e++)
				cases[machine_case(s, e).next] = true;
	for (unsigned int s = 0; s < LIFE_STATE_COUNT; s++)
		missing += !life[s];
	for (unsigned int s = 0; s < CASE_STATE_COUNT; s++)
		missing += !cases[s];
	ok(missing == 0, "every state can be reached");
}

/* From each state of an incident its end can be reached. */
static void test_way_out(void)
{
	bool ends[CASE_STATE_COUNT] = { [CASE_STATE_CLOSED] = true };
	unsigned int stuck = 0;

	for (int round = 0; round < CASE_STATE_COUNT; round++)
		for (unsigned int s = 0; s < CASE_STATE_COUNT; s++)
			for (unsigned int e = 0; e < CASE_EVENT_COUNT; e++)
				ends[s] |= ends[machine_case(s, e).next];
	for (unsigned int s = 0; s < CASE_STATE_COUNT; s++)
		stuck += !ends[s];
	ok(stuck == 0, "every incident has a way to its end");
}

static void test_names(void)
{
	unsigned int wrong = 0;
	enum case_state state;

	for (unsigned int s = 0; s < CASE_STATE_COUNT; s++)
		wrong += machine_case_parse(machine_case_name(s), &state) ||
			 state != s;
	ok(wrong == 0, "each incident's state is read back from its name");
	state = CASE_STATE_HELD;
	ok(machine_case_parse("none such", &state) < 0 &&
	   state == CASE_STATE_HELD, "another name is refused");
	is_text(machine_case_name(CASE_STATE_COUNT), "unknown",
		"a number without a state has a name too");
	is_text(machine_life_name(LIFE_STATE_COUNT), "unknown",
		"so has one of a domain");
}

int main(void)
{
	test_life_pairs();
	test_life_effects();
	test_case_pairs();
	test_case_effects();
	test_reachable();
	test_way_out();
	test_names();
	return done_testing();
}
