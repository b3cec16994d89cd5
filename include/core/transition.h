/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transitions for which an operator's hooks run, and the engine's notes that
 * mean them.  Pure.
 */
#ifndef CORE_TRANSITION_H
#define CORE_TRANSITION_H

#include "core/engine.h"

#define TRANSITION_LIST(X)                                                  \
	X(CRASH_SEEN, "crash-seen")	/* a guest crashed, or its watchdog */\
	X(EVIDENCE_KEPT, "evidence-kept")	/* its core is whole */     \
	X(GUEST_RESTARTED, "guest-restarted")                               \
	X(GUEST_HELD, "guest-held")	/* a person has to look */          \
	X(ACTION_FAILED, "action-failed")	/* a step, or the whole */  \
	X(HOST_HUNG, "host-hung")	/* xenstored does not answer */     \
	X(HOST_BACK, "host-back")                                           \
	X(RECORDS_TEMPORARY, "records-temporary") /* the database is bad */ \
	X(RECORDS_BACK, "records-back")

enum transition {
	TRANSITION_NONE,
#define X(name, text) TRANSITION_##name,
	TRANSITION_LIST(X)
#undef X
	TRANSITION_COUNT
};

const char *transition_name(enum transition transition); /* "none" */

/* INCIDENT may be NULL. */
enum transition transition_of(enum engine_note note,
			      const struct incident *incident);

#endif
