/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The actions for a domain that shut down, and the steps of each action in their
 * order.  Pure.
 */
#ifndef CORE_ACTION_H
#define CORE_ACTION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * name, text in configuration files.  The first seven are libxl's
 * (libxl_action_on_shutdown, xl.cfg(5)); the others are Xenvigil's.
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
 * name, text, destructive.  One order to a worker does one step.  A destructive
 * step checks the domain's identity again first.  The report is in no plan: if it
 * is wanted, it comes before the plan.  The reattach is in no plan either: it comes
 * after a plan that started a new domain.
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
	X(EJECT, "eject", false)          \
	X(REATTACH, "reattach", false)

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

/* The steps of ACTION, ended by STEP_END.  Empty for actions that keep the domain. */
const enum step *action_steps(enum action action);

bool action_keeps_domain(enum action action); /* it still exists, shut down, at the end */
bool action_starts_domain(enum action action); /* its plan ends in a create */

const char *step_name(enum step step);
int step_parse(const char *name, enum step *ret_step);
/* A set of steps has the bit 1 << STEP for each; as text, the names separated by
 * commas.  Unknown names are skipped. */
#define STEP_SET_BYTES 128
const char *step_set_format(uint32_t set, char ret_text[STEP_SET_BYTES]);
uint32_t step_set_parse(const char *text);

bool step_is_destructive(enum step step);
bool step_starts_guest(enum step step); /* costs the budget one start */
/* Does RC of STEP say that another process made the guest's domain, and that this
 * step started none? */
bool step_found_taken(enum step step, int rc);

#endif
