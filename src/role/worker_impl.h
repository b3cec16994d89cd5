/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the worker's loop gives to the steps.
 */
#ifndef ROLE_WORKER_IMPL_H
#define ROLE_WORKER_IMPL_H

#include "base/text.h"
#include "core/console_cause.h"
#include "port/hv.h"
#include "port/toolstack.h"
#include "role/wire.h"

/* One order at work. */
struct work {
	const struct wire_msg *order;
	struct wire_msg *result;	/* new_id and blob are the steps' */
	struct hv *hv;
	struct toolstack *ts;		/* NULL: not needed */
	struct text *why;
	int lock;			/* the guest's, held */
	int64_t end_ms;			/* CLOCK_MONOTONIC */
	unsigned int percent;		/* told of the core last, ... */
	int64_t told_ms;		/* ... and when, monotonic */
	unsigned int found, missed;	/* pieces of evidence */
	uint32_t printed;		/* bytes on its console, by its count */
	struct console_cause cause;	/* what it printed of its end, ... */
	enum evidence_kind cause_in;	/* ... and where that is */
};

/* What is left of the deadline, at least 0. */
uint32_t worker_left_ms(const struct work *work);

/* Tells the keeper what is waited for now. */
void worker_tell(const struct work *work, const char *what);

/* Carries out the order.  Returns the result's rc. */
int worker_step_run(struct work *work);

/* CREATE, REPORT and REATTACH have a file of their own. */
int worker_create_run(struct work *work);
int worker_report_run(struct work *work);
int worker_reattach_run(struct work *work);

/*
 * Sends one piece of evidence, which is on record soon even if this worker is
 * killed at the next.  TEXT is escaped lines, MISSING why there are none or
 * not all; either may be NULL.
 */
void worker_found(struct work *work, enum evidence_kind kind,
		  const char *source, const char *text, const char *missing);

/* -ESTALE unless the domain of the order is there, -EBUSY unless it is shut
 * down. */
int worker_look_shut_down(struct work *work);

/* Awaits the end of the domain ID, and destroys it before when it is asked. */
int worker_step_clear(struct work *work, const struct domain_id *id,
		      bool destroy);

/* Says which devices on this host have lost an end; nothing when all is well. */
void worker_step_audit(struct work *work);

#endif
