/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two state machines as tables: the state of a domain, and the progress of an
 * incident.  Each has a pure step function.  The engine implements the effects.
 */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

/* --- a domain in the hypervisor's list --- */

#define LIFE_STATE_LIST(X)                                                  \
	X(NEW, "new")		/* runs, its configuration is unknown */    \
	X(WATCHED, "watched")	/* runs, Xenvigil supervises it */          \
	X(FOREIGN, "foreign")	/* another supervisor has it */             \
	X(ASIDE, "aside")	/* suspended or migrating: left alone */    \
	X(DOWN, "down")		/* shut down, not decided yet */            \
	X(HANDLED, "handled")	/* an incident is open for it */            \
	X(KEPT, "kept")		/* its incident ended, it stays as it is */ \
	X(GONE, "gone")		/* left the list */

#define LIFE_EVENT_LIST(X)                                                 \
	X(RUNS, "runs")		/* listed, not shut down */                \
	X(SHUT, "shut")		/* listed, shut down for a reason to act on */ \
	X(SUSPENDED, "suspended")/* listed, shut down to be moved */       \
	X(CONFIG, "config")	/* its configuration is known now */       \
	X(READY, "ready")	/* all that a decision needs is there */   \
	X(CLAIMED, "claimed")	/* another supervisor lives */             \
	X(FREED, "freed")	/* that supervisor has ended */            \
	X(OPENED, "opened")	/* an incident was opened */               \
	X(SETTLED, "settled")	/* its incident was closed */              \
	X(VANISHED, "vanished")	/* no longer listed */

#define LIFE_EFFECT_LIST(X)                                               \
	X(NONE)                                                           \
	X(CHECK)	/* say which actions cannot work */               \
	X(ASK)		/* collect what a decision needs */               \
	X(DECIDE)	/* decide, open an incident */                    \
	X(REVIVED)	/* record that it ended by itself */              \
	X(RESUMED)	/* notify the incident: it runs again */          \
	X(LOST)		/* notify the incident: it vanished */            \
	X(FORGET)	/* drop it */

/* --- an incident --- */

#define CASE_STATE_LIST(X)                                                  \
	X(WAITING, "waiting")	/* for its time: grace, backoff, retry */   \
	X(QUEUED, "queued")	/* the next step wants a worker */          \
	X(WORKING, "working")	/* a worker does the step */                \
	X(HELD, "held")		/* until an operator acts, or it resolves */\
	X(CLOSED, "closed")

#define CASE_EVENT_LIST(X)                                                 \
	X(DUE, "due")		/* the waiting time is over */             \
	X(STARTED, "started")	/* a worker took the step */               \
	X(DONE, "done")		/* the step succeeded */                   \
	X(FAILED, "failed")	/* the step failed */                      \
	X(LOST, "lost")		/* the worker died or overran */           \
	X(RESUMED, "resumed")	/* the domain runs again */                \
	X(VANISHED, "vanished")	/* the domain left the list */             \
	X(TAKEN, "taken")	/* somebody else started the guest */      \
	X(PASSED, "passed")	/* the same; the copy is still to be removed */\
	X(HOLD, "hold")		/* the operator holds the guest */         \
	X(RETRY, "retry")	/* the operator wants it to continue */    \
	X(POSTPONED, "postponed")/* the next step has to wait */           \
	X(FINISHED, "finished")	/* there is no next step */                \
	X(RESTORED, "restored")	/* loaded; an earlier daemon has its worker */

#define CASE_EFFECT_LIST(X)                                             \
	X(NONE)                                                         \
	X(QUEUE)	/* put it into the queue */                     \
	X(BEGIN)	/* record the start of the step */              \
	X(ADVANCE)	/* move to the next step */                     \
	X(COPE)		/* decide what the failure means */             \
	X(AGAIN)	/* the same step again, within limits */        \
	X(CLOSE_RESUMED)                                                \
	X(CLOSE_TAKEN)                                                  \
	X(MISSING)	/* close, or continue if Xenvigil destroyed it */ \
	X(STOP)		/* leave the queue, report that it is held */   \
	X(REDO)		/* a fresh budget, the same step */             \
	X(WAIT)		/* leave the queue until it is due */           \
	X(CLOSE_DONE)

#define MACHINE_ENUMS(lower, UPPER)                                \
	enum lower##_state { UPPER##_STATE_LIST(MACHINE_S_##UPPER) \
			     UPPER##_STATE_COUNT };                \
	enum lower##_event { UPPER##_EVENT_LIST(MACHINE_E_##UPPER) \
			     UPPER##_EVENT_COUNT };                \
	enum lower##_effect { UPPER##_EFFECT_LIST(MACHINE_F_##UPPER) \
			      UPPER##_EFFECT_COUNT }

#define MACHINE_S_LIFE(n, t) LIFE_STATE_##n,
#define MACHINE_E_LIFE(n, t) LIFE_EVENT_##n,
#define MACHINE_F_LIFE(n) LIFE_EFFECT_##n,
#define MACHINE_S_CASE(n, t) CASE_STATE_##n,
#define MACHINE_E_CASE(n, t) CASE_EVENT_##n,
#define MACHINE_F_CASE(n) CASE_EFFECT_##n,

MACHINE_ENUMS(life, LIFE);
MACHINE_ENUMS(case, CASE);

/* One table entry.  A pair that cannot happen keeps the state: events are
 * hints, and a hint out of order must never break the machine. */
struct life_move {
	enum life_state next;
	enum life_effect effect;
};

struct case_move {
	enum case_state next;
	enum case_effect effect;
};

struct life_move machine_life(enum life_state state, enum life_event event);
struct case_move machine_case(enum case_state state, enum case_event event);

const char *machine_life_name(enum life_state state);
const char *machine_case_name(enum case_state state);
int machine_case_parse(const char *name, enum case_state *ret_state);

#endif
