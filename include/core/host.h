/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One verdict on the host's toolstack from what was found: does xenstored
 * answer, and if not, why, and what mends it.  Pure.
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
	X(UNKNOWN, "unknown")	/* nobody has looked yet */               \
	X(HEALTHY, "healthy")                                             \
	X(SLOW, "slow")		/* it answers, but after a while */       \
	X(HUNG, "hung")		/* it is there, and does not answer */    \
	X(DEAD, "dead")		/* it is not there */

enum host_health {
#define X(name, text) HOST_##name,
	HOST_HEALTH_LIST(X)
#undef X
	HOST_HEALTH_COUNT
};

const char *host_health_name(enum host_health health);
int host_health_parse(const char *name, enum host_health *ret_health);

/* An answer that took longer is a slow one. */
#define HOST_SLOW_MS 500

enum host_answer {
	HOST_ANSWER_CAME,
	HOST_ANSWER_NONE,	/* within the deadline */
	HOST_ANSWER_REFUSED,	/* nobody listens on the socket */
	HOST_ANSWER_NO_SOCKET,
};

enum host_device {
	HOST_DEVICE_UNTRIED,
	HOST_DEVICE_WORKS,
	HOST_DEVICE_SILENT,	/* an event sent to ourselves did not come */
	HOST_DEVICE_FAILS,	/* it cannot be opened or bound */
};

struct host_evidence {
	enum host_answer answer;
	int64_t took_ms;
	bool store_domain;	/* xenstored runs in a domain of its own */
	char process_state;	/* xenstored's, '\0': there is no process */
	int process;
	char process_text[400];	/* where it is, in words */
	enum host_device evtchn;
	char evtchn_error[64];
	struct kmsg_finding kernel; /* the gravest one */
	struct ports ports;	/* no part of the verdict on xenstored */
	bool no_console;	/* nor this: xenconsoled does not run */
};

/* One time of trouble, from the first verdict of it to its end. */
#define HOST_TEXT_BYTES 1024

struct host_trouble {
	uint64_t number;	/* 0: not on record yet */
	enum host_health worst;
	int64_t began_ms;	/* wall clock, to show */
	int64_t began_mono_ms;	/* the boot's clock; 0: not known */
	int64_t ended_ms;	/* 0: it lasts */
	char text[HOST_TEXT_BYTES];	/* host_explain()'s, at the worst */
	char advice[HOST_TEXT_BYTES];
	enum retreat_state retreat_state; /* how far one came, ... */
	char retreat[RETREAT_TEXT_BYTES]; /* ... and in words; "": none */
};

/* A host whose xenstored answers, or need not. */
static inline bool host_is_well(enum host_health health)
{
	return health < HOST_HUNG;
}

enum host_health host_judge(const struct host_evidence *evidence);

/* What is wrong, and why; nothing for a healthy host. */
void host_explain(const struct host_evidence *evidence, struct text *text);

/* What a person is to do; nothing for a healthy host. */
void host_advise(const struct host_evidence *evidence, struct text *text);

#endif
