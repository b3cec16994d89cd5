/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The use of dom0's event channels, in total and for each domain: each device of each
 * guest needs some, and a process that leaks them uses all.  Pure.
 */
#ifndef CORE_PORTS_H
#define CORE_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define PORTS_REMOTES_MAX 8
/* For one domain: no driver needs so many. */
#define PORTS_LEAK 256

struct ports_remote {
	uint32_t domid, count;
	bool gone;		/* the domain does not exist */
};

struct ports {
	uint32_t used;		/* 0: not counted yet */
	uint32_t most;		/* the limit of dom0 */
	uint32_t interdomain, unbound, virq, pirq, ipi, hidden;
	uint32_t gone;		/* for domains that do not exist */
	uint32_t remotes;
	struct ports_remote remote[PORTS_REMOTES_MAX]; /* the largest first */
};

enum ports_level { PORTS_WELL, PORTS_MANY, PORTS_LEAKED, PORTS_SCARCE };

/* Adds a domain to those that have the most. */
void ports_rank(struct ports *ports, uint32_t domid, uint32_t count,
		bool gone);

/* SCARCE is nine tenths; MANY: WARN_PERCENT of all. */
enum ports_level ports_judge(const struct ports *ports, uint32_t warn_percent);
const char *ports_level_name(enum ports_level level);

/* The use in words; nothing when they were not counted. */
void ports_explain(const struct ports *ports, struct text *text);

/* The growth since one to two hours ago. */
struct ports_growth {
	int64_t since_ms, next_ms;	/* 0: none yet */
	uint32_t used, next_used;
};

/* Returns the difference, and in *RET_MINUTES over which time. */
int32_t ports_grow(struct ports_growth *growth, uint32_t used, int64_t now_ms,
		   int64_t *ret_minutes);

#endif
