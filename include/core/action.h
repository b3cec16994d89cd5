/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be done with a domain that shut down, and the steps of each
 * action in their order.  Pure.
 */
#ifndef CORE_ACTION_H
#define CORE_ACTION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * name, text in configuration files.  The first seven are libxl's
 * (libxl_action_on_shutdown, xl.cfg(5)); those after them are ours.
 */
#define ACTION_LIST(X)                               \
	X(DESTROY, "destroy")                        \
	X(RESTART, "restart")                        \
	X(RENAME_RESTART, "rename-restart")          \
	X(PRESERVE, "preserve")                      \
	X(COREDUMP_DESTROY, "coredump-destroy")      \
	X(COREDUMP_RESTART, "coredump-restart")      \
	X(SOFT_RESET, "soft-reset")                  \
	X(PAUSE, "pause")                            \
	X(LOG, "log")                                \
	X(RESTART_FIRST, "restart-first")

enum action {
	ACTION_NONE, /* not set */
#define X(name, text) ACTION_##name,
	ACTION_LIST(X)
#undef X
	ACTION_COUNT
};

/*
 * name, text, destructive.  A step is carried out by one worker order; a
 * destructive one rechecks the domain's identity first.  The report is in no
 * plan: it comes before any of them when it is wanted.
 */
#define STEP_LIST(X)                      \
	X(REPORT, "report", false)        \
	X(DUMP, "dump", false)            \
	X(SAVE, "save", false)            \
	X(ROOM, "room", false)            \
	X(RENAME, "rename", true)         \
	X(RELEASE, "release", true)       \
	X(DESTROY, "destroy", true)       \
	X(CREATE, "create", false)        \
	X(SOFT_RESET, "soft-reset", true) \
	X(PAUSE, "pause", false)          \
	X(EJECT, "eject", false)

enum step {
	STEP_END,
#define X(name, text, destructive) STEP_##name,
	STEP_LIST(X)
#undef X
	STEP_COUNT
};

#define ACTION_STEPS_MAX 8 /* the longest plan and its STEP_END */

const char *action_name(enum action action); /* "none" for ACTION_NONE */
int action_parse(const char *name, enum action *ret_action);

/* The steps of ACTION, ended by STEP_END.  Empty for actions that keep. */
const enum step *action_steps(enum action action);

bool action_keeps_domain(enum action action); /* still there, down, at its end */
bool action_starts_domain(enum action action); /* its plan ends in a create */

const char *step_name(enum step step);
int step_parse(const char *name, enum step *ret_step);
/* A set of steps has the bit 1 << STEP of each; as text, their names with commas
 * between.  Names that are not known here are left out. */
#define STEP_SET_BYTES 128
const char *step_set_format(uint32_t set, char ret_text[STEP_SET_BYTES]);
uint32_t step_set_parse(const char *text);

bool step_is_destructive(enum step step);
bool step_starts_guest(enum step step); /* costs the budget one start */
/* Does RC of STEP say that another hand's domain has the guest, and that none
 * was started? */
bool step_found_taken(enum step step, int rc);

#endif
