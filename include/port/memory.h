/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's memory for whoever has to make sense of it: pages as copies, and
 * where its page tables begin.
 */
#ifndef PORT_MEMORY_H
#define PORT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "core/kernel_trace.h"

struct memory;

#define MEMORY_ROOTS 8u
#define MEMORY_VCPUS 64u

struct memory_tables {
	unsigned int levels;
	unsigned int count;
	uint64_t roots[MEMORY_ROOTS]; /* frames; one may be a program's */
};

/*
 * No page is given out once END_MS (CLOCK_MONOTONIC) has come: -ETIMEDOUT
 * from then on.  Returns 0; -ENOTSUP: a 32-bit PV guest; or -errno; with the
 * reason in WHY.
 */
int memory_open(uint32_t domid, int64_t end_ms, struct memory **ret_memory,
		struct text *why);
void memory_close(struct memory *memory);

void memory_tables(const struct memory *memory,
		   struct memory_tables *ret_tables);

/* Where each vCPU is, by id; all zeros for one that has no registers.  Returns
 * how many. */
unsigned int memory_vcpus(const struct memory *memory,
			  struct kernel_trace_regs ret_vcpus[MEMORY_VCPUS]);

/*
 * Looks at all pages there are, likely ones first, and calls EACH with copies
 * of those that WANTED asks for by what is in the first: it returns how many
 * from that one on, 0 for none.  At most 1024 at a time.  A non-zero value of
 * EACH ends it, and is returned; EACH may call memory_read().
 */
int memory_scan(struct memory *memory,
		size_t (*wanted)(const unsigned char *page),
		int (*each)(void *ctx, const uint64_t *pfn,
			    const unsigned char *pages, size_t count),
		void *ctx);

/* Copies one frame, numbered as in the guest's page tables.  -ENOENT: there
 * is none, or not of this domain. */
int memory_read(struct memory *memory, uint64_t frame,
		unsigned char *ret_page);

#endif
