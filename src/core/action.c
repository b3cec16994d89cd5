/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of actions and steps, and each action's plan.  Pure.
 */
#include "core/action.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const action_names[ACTION_COUNT] = {
	[ACTION_NONE] = "none",
#define X(name, text) [ACTION_##name] = text,
	ACTION_LIST(X)
#undef X
};

static const char *const step_names[STEP_COUNT] = {
	[STEP_END] = "end",
#define X(name, text, destructive) [STEP_##name] = text,
	STEP_LIST(X)
#undef X
};

static const bool step_destructive[STEP_COUNT] = {
#define X(name, text, destructive) [STEP_##name] = destructive,
	STEP_LIST(X)
#undef X
};

/*
 * What a successor is made of is saved while its predecessor still has its
 * records: destroying a domain erases them.  Evidence comes first, for it can
 * be taken while xenstored is away.  What is not named is STEP_END.
 */
static const enum step plans[ACTION_COUNT][ACTION_STEPS_MAX] = {
	[ACTION_DESTROY] = { STEP_DESTROY },
	[ACTION_RESTART] = { STEP_SAVE, STEP_DESTROY, STEP_CREATE },
	[ACTION_RENAME_RESTART] = { STEP_SAVE, STEP_RENAME, STEP_CREATE },
	[ACTION_COREDUMP_DESTROY] = { STEP_DUMP, STEP_DESTROY },
	[ACTION_COREDUMP_RESTART] = { STEP_DUMP, STEP_SAVE, STEP_DESTROY,
				      STEP_CREATE },
	[ACTION_SOFT_RESET] = { STEP_SAVE, STEP_SOFT_RESET },
	[ACTION_PAUSE] = { STEP_PAUSE },
	/* What follows the create is about the copy.  When anything before it
	 * fails the guest goes on as for a coredump-restart. */
	[ACTION_RESTART_FIRST] = { STEP_SAVE, STEP_ROOM, STEP_RENAME,
				   STEP_RELEASE, STEP_CREATE, STEP_DUMP,
				   STEP_DESTROY },
};

const char *action_name(enum action action)
{
	return action_names[action < ACTION_COUNT ? action : ACTION_NONE];
}

int action_parse(const char *name, enum action *ret_action)
{
	return text_find(action_names, ACTION_COUNT, name, ret_action);
}

const enum step *action_steps(enum action action)
{
	return plans[action < ACTION_COUNT ? action : ACTION_NONE];
}

static bool has_step(enum action action, enum step wanted)
{
	for (const enum step *step = action_steps(action); *step; step++)
		if (*step == wanted)
			return true;
	return false;
}

bool action_keeps_domain(enum action action)
{
	return !has_step(action, STEP_DESTROY) &&
	       !has_step(action, STEP_SOFT_RESET);
}

bool action_starts_domain(enum action action)
{
	return has_step(action, STEP_CREATE);
}

const char *step_name(enum step step)
{
	return step_names[step < STEP_COUNT ? step : STEP_END];
}

int step_parse(const char *name, enum step *ret_step)
{
	return text_find(step_names, STEP_COUNT, name, ret_step);
}

const char *step_set_format(uint32_t set, char ret_text[STEP_SET_BYTES])
{
	size_t len = 0;

	ret_text[0] = '\0';
	for (unsigned int i = STEP_END + 1; i < STEP_COUNT; i++)
		if (set & 1u << i)
			len += (size_t)snprintf(ret_text + len,
						STEP_SET_BYTES - len, "%s%s",
						len ? "," : "",
						step_names[i]);
	return ret_text;
}

uint32_t step_set_parse(const char *text)
{
	uint32_t set = 0;

	while (*text) {
		size_t len = strcspn(text, ",");

		for (unsigned int i = STEP_END + 1; i < STEP_COUNT; i++)
			if (strlen(step_names[i]) == len &&
			    strncmp(step_names[i], text, len) == 0)
				set |= 1u << i;
		text += len + (text[len] == ',');
	}
	return set;
}

bool step_is_destructive(enum step step)
{
	return step < STEP_COUNT && step_destructive[step];
}

bool step_starts_guest(enum step step)
{
	return step == STEP_CREATE || step == STEP_SOFT_RESET;
}

bool step_found_taken(enum step step, int rc)
{
	return step == STEP_CREATE && rc == -EALREADY;
}
