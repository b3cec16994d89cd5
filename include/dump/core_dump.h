/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a domain's core into a file.
 */
#ifndef DUMP_CORE_DUMP_H
#define DUMP_CORE_DUMP_H

#include <stdint.h>

#include "base/text.h"
#include "core/capture.h"
#include "port/toolstack.h"

struct core_dump_order {
	uint32_t domid;
	int dir;		/* of the core, open */
	const char *name;	/* its name there */
	struct capture_order capture;
	/* Called from time to time; may be NULL. */
	void (*progress)(void *ctx, const struct capture_facts *facts);
	void *ctx;
};

/* -ENOTSUP: only libxc can read this domain, core_dump_write() needs TS. */
int core_dump_check(uint32_t domid);

/*
 * Writes the domain's core to NAME.part, synced, and gives it its name, which
 * must not exist.  TS may be NULL if core_dump_check() returned 0.  Returns 0,
 * or -errno with the reason in WHY and no file left.
 */
int core_dump_write(const struct core_dump_order *order, struct toolstack *ts,
		    struct capture_facts *ret_facts, struct text *why);

#endif
