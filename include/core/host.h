/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict on the host's toolstack from the evidence: does xenstored answer, and
 * if not, why, and what fixes it.  Pure.
 */
#ifndef CORE_HOST_H
#define CORE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "core/kmsg.h"
#include "core/ports.h"
#include "core/retreat.h"

#define HOST_HEALTH_LIST(X)                                               \
	X(UNKNOWN, "unknown")	/* not probed yet */                      \
	X(HEALTHY, "healthy")                                             \
	X(SLOW, "slow")		/* it answers, but late */                \
	X(HUNG, "hung")		/* it exists, but does not answer */      \
	X(DEAD, "dead")		/* it does not exist */

enum host_health {
#define X(name, text) HOST_##name,
	HOST_HEALTH_LIST(X)
#undef X
	HOST_HEALTH_COUNT
};

const char *host_health_name(enum host_health health);
int host_health_parse(const char *name, enum host_health *ret_health);

/* An answer that takes longer is slow. */
#define HOST_SLOW_MS 500

enum host_answer {
	HOST_ANSWER_CAME,
	HOST_ANSWER_NONE,	/* within the deadline */
	HOST_ANSWER_REFUSED,	/* no process listens on the socket */
	HOST_ANSWER_NO_SOCKET,
};

enum host_device {
	HOST_DEVICE_UNTRIED,
	HOST_DEVICE_WORKS,
	HOST_DEVICE_SILENT,	/* an event to ourselves did not arrive */
	HOST_DEVICE_FAILS,	/* it cannot be opened or bound */
};

struct host_evidence {
	enum host_answer answer;
	int64_t took_ms;
	bool store_domain;	/* xenstored runs in a domain of its own */
	char process_state;	/* xenstored's, '\0': there is no process */
	int process;
	char process_text[400];	/* what it waits for, in words */
	enum host_device evtchn;
	char evtchn_error[64];
	struct kmsg_finding kernel; /* the most serious one */
	struct ports ports;	/* not part of the verdict on xenstored */
	bool no_console;	/* not part either: xenconsoled does not run */
};

/* One failure of the host, from its first verdict to its end. */
#define HOST_TEXT_BYTES 1024

struct host_trouble {
	uint64_t number;	/* 0: not recorded yet */
	enum host_health worst;
	int64_t began_ms;	/* wall clock, for display */
	int64_t began_mono_ms;	/* the boot's clock; 0: unknown */
	int64_t ended_ms;	/* 0: ongoing */
	bool is_stale;		/* a later boot or failure is on record: it must be closed */
	char text[HOST_TEXT_BYTES];	/* host_explain()'s, for the worst verdict */
	char advice[HOST_TEXT_BYTES];
	enum retreat_state retreat_state; /* the progress of a retreat, ... */
	char retreat[RETREAT_TEXT_BYTES]; /* ... and in words; "": none */
};

/* A host whose xenstored answers, or need not. */
static inline bool host_is_well(enum host_health health)
{
	return health < HOST_HUNG;
}

enum host_health host_judge(const struct host_evidence *evidence);

/* What is wrong, and why; empty for a healthy host. */
void host_explain(const struct host_evidence *evidence, struct text *text);

/* The fix for an administrator; empty for a healthy host. */
void host_advise(const struct host_evidence *evidence, struct text *text);

#endif
