/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One shutdown and its handling, from the decision to the end, as plain
 * data.  Pure; the store writes it down, the engine moves it.
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
#define INCIDENT_STEPS_MAX 96	/* attempts recorded; the middle ones go */

#define OUTCOME_LIST(X)                                                     \
	X(OPEN, "open")                                                     \
	X(HANDLED, "handled")	/* the plan was carried out */              \
	X(KEPT, "kept")		/* carried out; the domain stays */         \
	X(VANISHED, "vanished")	/* the domain went away by itself */        \
	X(RESUMED, "resumed")	/* the domain runs again */                 \
	X(TAKEN, "taken")	/* somebody else started the guest */       \
	X(FAILED, "failed")	/* given up; the domain stays */            \
	X(FOREIGN, "foreign")	/* recorded, and left to who made the guest */

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
	struct list queue_node;		/* in its queue, or among those at work */
	uint64_t number;		/* 1 and up, never used twice */
	struct domain_id id;
	uint64_t cpu_time_ns;		/* with the id: names this one shutdown */
	char name[DOMAIN_NAME_BYTES];
	enum domain_type type;
	enum peer peer;			/* whose it is, and was left to */
	uint8_t reason_code;
	struct policy_verdict verdict;	/* refused is copied to why */
	char why[INCIDENT_TEXT_BYTES];	/* held or refused, in words */

	enum case_state state;
	enum outcome outcome;
	bool unreported;		/* the report is wanted, and comes first */
	bool wants_core;		/* when it opened: a loop's limit allows it */
	uint32_t at;			/* index into the action's steps */
	uint32_t losses;		/* failed attempts at this step */
	uint32_t unbegun;		/* orders in a row that no worker began */
	/* Sets of steps, which the log of attempts may have forgotten: those
	 * that a worker may have begun, and those that one has done. */
	uint32_t begun, done;
	bool is_first_try;		/* the attempt under way, at its step */
	bool is_unheard;		/* how the last start ended */
	bool absent;			/* the domain is gone, by our hand */
	bool twin;			/* another domain of its uuid is there */
	bool paid;			/* this start is in the budget already */
	bool again;			/* the step failed: it goes last */
	bool rests;			/* as of now: who has the guest? */
	bool rebooted;			/* the host was, with the start before it */
	uint64_t order;			/* of the worker at it; 0: none */
	int64_t ordered_ms;		/* monotonic, when that was given */
	int64_t core_until_ms;		/* monotonic: then it goes without one */
	int64_t due_ms;			/* WAITING: monotonic */
	int64_t due_wall_ms;		/* the same, to show */
	int64_t seen_ms, closed_ms;	/* wall clock */

	uint8_t copy_uuid[UUID_BYTES];	/* rename: what the old one becomes */
	struct domain_id successor;	/* domid 0: none */
	char core_path[SETTINGS_PATH_BYTES + 128]; /* "" : none */
	struct capture_facts core;	/* of what is or was there */
	char panic[EVIDENCE_PANIC_BYTES]; /* escaped; "": none is known */

	uint32_t step_count;
	struct incident_step *steps;	/* step_count of them */
	bool dirty;			/* differs from its record */
};

struct incident *incident_new(void);
void incident_free(struct incident *incident);

/* The step it stands at; STEP_END after the last. */
enum step incident_step(const struct incident *incident);

/* Is the start of a successor still before it? */
bool incident_starts_later(const struct incident *incident);

/* Has it begun to set its domain aside, to end it under that other name? */
bool incident_is_aside(const struct incident *incident);

/* On to the next step, past what need not be done of it. */
void incident_advance(struct incident *incident);

/* A restart-first becomes a coredump-restart, WHY on record; both begin
 * again, and neither saves what a domain set aside has no more. */
void incident_fall_back(struct incident *incident, const char *why);

/* A successor runs: what is left is the copy's end. */
void incident_pass_start(struct incident *incident);

/* Its domain went with the host's boot, and what was to be done to that: what
 * is left is the start, or nothing. */
void incident_lose_domain(struct incident *incident);

/*
 * Which domain its present step is for: *RET_ID, and *RET_OTHER as well when
 * nobody knows whether it was renamed; else that one is all zeros.
 */
void incident_aim(const struct incident *incident, struct domain_id *ret_id,
		  struct domain_id *ret_other);

/* Has a worker begun STEP, or may it have? */
bool incident_has_begun(const struct incident *incident, enum step step);

/* Was it for our plan to take the domain away?  Then it may be missing. */
bool incident_removes_domain(const struct incident *incident);

/* Notes the begin and end of an attempt.  -ENOMEM leaves no trace of it.  Of
 * equal failures in a row the log keeps the first and the last. */
int incident_begin_step(struct incident *incident, int64_t wall_ms);
void incident_end_step(struct incident *incident, int64_t wall_ms, int rc,
		       const char *text);
/* The end of one that no worker began: nothing was done. */
void incident_unbegin_step(struct incident *incident, int64_t wall_ms, int rc,
			   const char *text);

/* Does this incident speak of the domain ID (or of its renamed copy)? */
bool incident_is_about(const struct incident *incident,
		       const struct domain_id *id);

#endif
