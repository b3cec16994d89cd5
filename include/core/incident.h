/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One shutdown and its handling, from the decision to the end, as plain data.
 * Pure; the store records it, the engine changes it.
 */
#ifndef CORE_INCIDENT_H
#define CORE_INCIDENT_H

#include "base/list.h"
#include "core/domain.h"
#include "core/evidence.h"
#include "core/machine.h"
#include "core/peer.h"
#include "core/policy.h"

#define INCIDENT_TEXT_BYTES 512
#define INCIDENT_STEPS_MAX 96	/* attempts recorded; the middle ones are dropped */

#define OUTCOME_LIST(X)                                                     \
	X(OPEN, "open")                                                     \
	X(HANDLED, "handled")	/* the plan is done */                   \
	X(KEPT, "kept")		/* done; the domain stays */                \
	X(VANISHED, "vanished")	/* the domain went away by itself */        \
	X(RESUMED, "resumed")	/* the domain runs again */                 \
	X(TAKEN, "taken")	/* somebody else started the guest */       \
	X(FAILED, "failed")	/* given up; the domain stays */            \
	X(FOREIGN, "foreign")	/* recorded, left to its supervisor */

enum outcome {
#define X(name, text) OUTCOME_##name,
	OUTCOME_LIST(X)
#undef X
	OUTCOME_COUNT
};

const char *outcome_name(enum outcome outcome);
int outcome_parse(const char *name, enum outcome *ret_outcome);

/* One attempt at one step. */
struct incident_step {
	enum step step;
	int64_t begun_ms, ended_ms;	/* wall clock; ended 0: not ended */
	int32_t rc;			/* 0, or -errno */
	char text[INCIDENT_TEXT_BYTES];
};

struct incident {
	struct list node;		/* in the engine's list of open ones */
	struct list queue_node;		/* in its queue, or in the list of working ones */
	uint64_t number;		/* 1 and up, never used twice */
	struct domain_id id;
	uint64_t cpu_time_ns;		/* with the id: identifies this shutdown */
	char name[DOMAIN_NAME_BYTES];
	enum domain_type type;
	enum peer peer;			/* the supervisor to which it was left */
	uint8_t reason_code;
	struct policy_verdict verdict;	/* refused is copied to why */
	char why[INCIDENT_TEXT_BYTES];	/* held or refused, in words */

	enum case_state state;
	enum outcome outcome;
	bool unreported;		/* the report is due, and comes first */
	bool wants_core;		/* at its opening a core was allowed (loops) */
	bool wants_reattach;		/* at its opening the setting was "yes" */
	uint32_t at;			/* index into the action's steps */
	uint32_t losses;		/* failed attempts at this step */
	uint32_t unbegun;		/* orders in a row that no worker began */
	/* Sets of steps: those that a worker may have begun, and those that are
	 * done.  The log of attempts may have dropped them. */
	uint32_t begun, done;
	bool is_first_try;		/* the current attempt at its step */
	bool is_unheard;		/* the result of the last start is unknown */
	bool absent;			/* Xenvigil removed the domain */
	bool twin;			/* another domain with its uuid exists */
	bool paid;			/* this start is in the budget already */
	bool again;			/* the step failed: it is queued last */
	bool rests;			/* as of now: who has the guest? */
	bool rebooted;			/* the host was, before the start was done */
	uint64_t order;			/* of the working worker; 0: none */
	int64_t ordered_ms;		/* monotonic, when it was ordered */
	int64_t core_until_ms;		/* monotonic: then it continues without one */
	int64_t due_ms;			/* WAITING: monotonic */
	int64_t due_wall_ms;		/* the same, for display */
	int64_t seen_ms, closed_ms;	/* wall clock */

	uint8_t copy_uuid[UUID_BYTES];	/* rename: the new uuid of the old domain */
	struct domain_id successor;	/* domid 0: none */
	char core_path[SETTINGS_PATH_BYTES + 128]; /* "" : none */
	struct capture_facts core;	/* of the core that is or was there */
	char panic[EVIDENCE_PANIC_BYTES]; /* escaped; "": unknown */

	uint32_t step_count;
	struct incident_step *steps;	/* step_count of them */
	bool dirty;			/* differs from its record */
};

struct incident *incident_new(void);
void incident_free(struct incident *incident);

/* The current step; STEP_END after the last. */
enum step incident_step(const struct incident *incident);

/* Does its plan still contain the start of a successor? */
bool incident_starts_later(const struct incident *incident);

/* Do guests wait for the devices that they lost with its domain?  Then the
 * successor is a new domain, and the step REATTACH follows the plan. */
bool incident_reattaches(const struct incident *incident);

/* Skips the rest of the plan. */
void incident_end_plan(struct incident *incident);

/* Has it begun to set its domain aside (rename it, and remove it later)? */
bool incident_is_aside(const struct incident *incident);

/* Moves to the next step, and skips steps that are not needed. */
void incident_advance(struct incident *incident);

/* A restart-first becomes a coredump-restart, with WHY recorded.  The plan starts
 * again.  A domain set aside is not saved again: it has lost its devices. */
void incident_fall_back(struct incident *incident, const char *why);

/* A successor runs: only the removal of the copy remains. */
void incident_pass_start(struct incident *incident);

/* Its domain ended with a reboot of the host: of its plan only the start remains,
 * or nothing. */
void incident_lose_domain(struct incident *incident);

/*
 * The domain of its current step: *RET_ID.  *RET_OTHER is the domain's other
 * identity if it is unknown whether the domain was renamed, the successor if the
 * step is REATTACH, else all zeros.
 */
void incident_aim(const struct incident *incident, struct domain_id *ret_id,
		  struct domain_id *ret_other);

/* Has a worker begun STEP, or may it have? */
bool incident_has_begun(const struct incident *incident, enum step step);

/* Does the plan remove the domain?  Then the domain may be missing. */
bool incident_removes_domain(const struct incident *incident);

/* Record the start and the end of an attempt.  -ENOMEM: nothing was changed.  Of
 * equal failures in a row the log keeps the first and the last. */
int incident_begin_step(struct incident *incident, int64_t wall_ms);
void incident_end_step(struct incident *incident, int64_t wall_ms, int rc,
		       const char *text);
/* Ends an attempt that no worker began: nothing was done. */
void incident_unbegin_step(struct incident *incident, int64_t wall_ms, int rc,
			   const char *text);

/* Is this incident about the domain ID (or its renamed copy)? */
bool incident_is_about(const struct incident *incident,
		       const struct domain_id *id);

#endif
