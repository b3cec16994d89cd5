/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables.  No effect is carried out here.
 */
#include "core/machine.h"

#include <errno.h>
#include <string.h>

#define L(event, next, effect) \
	[LIFE_EVENT_##event] = { LIFE_STATE_##next, LIFE_EFFECT_##effect }
#define C(event, next, effect) \
	[CASE_EVENT_##event] = { CASE_STATE_##next, CASE_EFFECT_##effect }

static const struct life_move life_table[LIFE_STATE_COUNT][LIFE_EVENT_COUNT] = {
	[LIFE_STATE_NEW] = {
		L(RUNS, NEW, NONE),
		L(SHUT, DOWN, ASK),
		L(SUSPENDED, ASIDE, NONE),
		L(CONFIG, WATCHED, CHECK),
		L(READY, NEW, NONE),
		L(CLAIMED, NEW, NONE),
		L(FREED, NEW, NONE),
		L(OPENED, HANDLED, NONE),
		L(SETTLED, NEW, NONE),
		L(VANISHED, GONE, FORGET),
	},
	[LIFE_STATE_WATCHED] = {
		L(RUNS, WATCHED, NONE),
		L(SHUT, DOWN, ASK),
		L(SUSPENDED, ASIDE, NONE),
		L(CONFIG, WATCHED, CHECK),
		L(READY, WATCHED, NONE),
		L(CLAIMED, WATCHED, NONE),
		L(FREED, WATCHED, NONE),
		L(OPENED, HANDLED, NONE),
		L(SETTLED, WATCHED, NONE),
		L(VANISHED, GONE, FORGET),
	},
	[LIFE_STATE_FOREIGN] = {
		L(RUNS, WATCHED, NONE),
		L(SHUT, FOREIGN, NONE),
		L(SUSPENDED, ASIDE, NONE),
		L(CONFIG, FOREIGN, NONE),
		L(READY, FOREIGN, NONE),
		L(CLAIMED, FOREIGN, NONE),
		L(FREED, DOWN, ASK),
		L(OPENED, HANDLED, NONE),
		L(SETTLED, FOREIGN, NONE),
		L(VANISHED, GONE, FORGET),
	},
	[LIFE_STATE_ASIDE] = {
		L(RUNS, WATCHED, CHECK),
		L(SHUT, DOWN, ASK),
		L(SUSPENDED, ASIDE, NONE),
		L(CONFIG, ASIDE, NONE),
		L(READY, ASIDE, NONE),
		L(CLAIMED, ASIDE, NONE),
		L(FREED, ASIDE, NONE),
		L(OPENED, HANDLED, NONE),
		L(SETTLED, ASIDE, NONE),
		L(VANISHED, GONE, FORGET),
	},
	[LIFE_STATE_DOWN] = {
		L(RUNS, WATCHED, REVIVED),
		L(SHUT, DOWN, ASK),
		L(SUSPENDED, ASIDE, NONE),
		L(CONFIG, DOWN, ASK),
		L(READY, DOWN, DECIDE),
		L(CLAIMED, FOREIGN, NONE),
		L(FREED, DOWN, ASK),
		L(OPENED, HANDLED, NONE),
		L(SETTLED, DOWN, NONE),
		L(VANISHED, GONE, FORGET),
	},
	[LIFE_STATE_HANDLED] = {
		L(RUNS, HANDLED, RESUMED),
		L(SHUT, HANDLED, NONE),
		L(SUSPENDED, HANDLED, NONE),
		L(CONFIG, HANDLED, NONE),
		L(READY, HANDLED, NONE),
		L(CLAIMED, HANDLED, NONE),
		L(FREED, HANDLED, NONE),
		L(OPENED, HANDLED, NONE),
		L(SETTLED, KEPT, NONE),
		L(VANISHED, GONE, LOST),
	},
	[LIFE_STATE_KEPT] = {
		L(RUNS, WATCHED, CHECK),
		L(SHUT, KEPT, NONE),
		L(SUSPENDED, KEPT, NONE),
		L(CONFIG, KEPT, NONE),
		L(READY, KEPT, NONE),
		L(CLAIMED, KEPT, NONE),
		L(FREED, KEPT, NONE),
		L(OPENED, HANDLED, NONE),
		L(SETTLED, KEPT, NONE),
		L(VANISHED, GONE, FORGET),
	},
	[LIFE_STATE_GONE] = {
		L(RUNS, GONE, NONE),
		L(SHUT, GONE, NONE),
		L(SUSPENDED, GONE, NONE),
		L(CONFIG, GONE, NONE),
		L(READY, GONE, NONE),
		L(CLAIMED, GONE, NONE),
		L(FREED, GONE, NONE),
		L(OPENED, GONE, NONE),
		L(SETTLED, GONE, NONE),
		L(VANISHED, GONE, NONE),
	},
};

static const struct case_move case_table[CASE_STATE_COUNT][CASE_EVENT_COUNT] = {
	[CASE_STATE_WAITING] = {
		C(DUE, QUEUED, QUEUE),
		C(STARTED, WAITING, NONE),
		C(DONE, WAITING, NONE),
		C(FAILED, WAITING, NONE),
		C(LOST, WAITING, NONE),
		C(RESUMED, CLOSED, CLOSE_RESUMED),
		C(VANISHED, WAITING, MISSING),
		C(TAKEN, CLOSED, CLOSE_TAKEN),
		C(PASSED, QUEUED, QUEUE),
		C(HOLD, HELD, STOP),
		C(RETRY, QUEUED, REDO),
		C(POSTPONED, WAITING, WAIT),
		C(FINISHED, CLOSED, CLOSE_DONE),
		C(RESTORED, WAITING, NONE),
	},
	[CASE_STATE_QUEUED] = {
		C(DUE, QUEUED, NONE),
		C(STARTED, WORKING, BEGIN),
		C(DONE, QUEUED, NONE),
		C(FAILED, QUEUED, NONE),
		C(LOST, QUEUED, NONE),
		C(RESUMED, CLOSED, CLOSE_RESUMED),
		C(VANISHED, QUEUED, MISSING),
		C(TAKEN, CLOSED, CLOSE_TAKEN),
		C(PASSED, QUEUED, QUEUE),
		C(HOLD, HELD, STOP),
		C(RETRY, QUEUED, NONE),
		C(POSTPONED, WAITING, WAIT),
		C(FINISHED, CLOSED, CLOSE_DONE),
		C(RESTORED, QUEUED, NONE),
	},
	/* While a worker runs, only its result counts: changes in the list are
	 * the worker's. */
	[CASE_STATE_WORKING] = {
		C(DUE, WORKING, NONE),
		C(STARTED, WORKING, NONE),
		C(DONE, QUEUED, ADVANCE),
		C(FAILED, QUEUED, COPE),
		C(LOST, QUEUED, AGAIN),
		C(RESUMED, WORKING, NONE),
		C(VANISHED, WORKING, NONE),
		C(TAKEN, WORKING, NONE),
		C(PASSED, WORKING, NONE),
		C(HOLD, WORKING, NONE),
		C(RETRY, WORKING, NONE),
		C(POSTPONED, WAITING, WAIT),
		C(FINISHED, WORKING, NONE),
		C(RESTORED, QUEUED, NONE),
	},
	[CASE_STATE_HELD] = {
		C(DUE, QUEUED, QUEUE),
		C(STARTED, HELD, NONE),
		C(DONE, HELD, NONE),
		C(FAILED, HELD, NONE),
		C(LOST, HELD, NONE),
		C(RESUMED, CLOSED, CLOSE_RESUMED),
		C(VANISHED, HELD, MISSING),
		C(TAKEN, CLOSED, CLOSE_TAKEN),
		C(PASSED, QUEUED, QUEUE),
		C(HOLD, HELD, NONE),
		C(RETRY, QUEUED, REDO),
		C(POSTPONED, HELD, NONE),
		C(FINISHED, CLOSED, CLOSE_DONE),
		C(RESTORED, HELD, NONE),
	},
	[CASE_STATE_CLOSED] = {
		C(DUE, CLOSED, NONE),
		C(STARTED, CLOSED, NONE),
		C(DONE, CLOSED, NONE),
		C(FAILED, CLOSED, NONE),
		C(LOST, CLOSED, NONE),
		C(RESUMED, CLOSED, NONE),
		C(VANISHED, CLOSED, NONE),
		C(TAKEN, CLOSED, NONE),
		C(PASSED, CLOSED, NONE),
		C(HOLD, CLOSED, NONE),
		C(RETRY, CLOSED, NONE),
		C(POSTPONED, CLOSED, NONE),
		C(FINISHED, CLOSED, NONE),
		C(RESTORED, CLOSED, NONE),
	},
};

static const char *const life_names[] = {
#define X(name, text) [LIFE_STATE_##name] = text,
	LIFE_STATE_LIST(X)
#undef X
};

static const char *const case_names[] = {
#define X(name, text) [CASE_STATE_##name] = text,
	CASE_STATE_LIST(X)
#undef X
};

struct life_move machine_life(enum life_state state, enum life_event event)
{
	return life_table[state][event];
}

struct case_move machine_case(enum case_state state, enum case_event event)
{
	return case_table[state][event];
}

const char *machine_life_name(enum life_state state)
{
	return state < LIFE_STATE_COUNT ? life_names[state] : "unknown";
}

const char *machine_case_name(enum case_state state)
{
	return state < CASE_STATE_COUNT ? case_names[state] : "unknown";
}

int machine_case_parse(const char *name, enum case_state *ret_state)
{
	for (unsigned int i = 0; i < CASE_STATE_COUNT; i++) {
		if (strcmp(name, case_names[i]) == 0) {
			*ret_state = i;
			return 0;
		}
	}
	return -EINVAL;
}
