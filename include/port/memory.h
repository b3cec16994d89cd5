/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's memory for a program that interprets it: copies of pages, and the
 * roots of its page tables.
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
	uint64_t roots[MEMORY_ROOTS]; /* frames; one may belong to a program */
};

/*
 * From END_MS (CLOCK_MONOTONIC) on no page is returned, but -ETIMEDOUT.
 * Returns 0; -ENOTSUP: a 32-bit PV guest; or -errno; with the reason in WHY.
 */
int memory_open(uint32_t domid, int64_t end_ms, struct memory **ret_memory,
		struct text *why);
void memory_close(struct memory *memory);

void memory_tables(const struct memory *memory,
		   struct memory_tables *ret_tables);

/* The state of each vCPU, by id; all zeros for a vCPU without registers.
 * Returns the number of vCPUs. */
unsigned int memory_vcpus(const struct memory *memory,
			  struct kernel_trace_regs ret_vcpus[MEMORY_VCPUS]);

/*
 * Reads all pages, likely ones first.  WANTED gets a page and returns how many
 * pages from that one on it wants (at most 1024, 0 for none); EACH gets copies
 * of these.  IN_IMAGE takes its place for the pages of the kernel's image, which
 * come first; for a PV guest, for all pages.  A non-zero value of EACH ends the
 * scan and is returned.  EACH may call memory_read().
 */
int memory_scan(struct memory *memory,
		size_t (*wanted)(const unsigned char *page),
		size_t (*in_image)(const unsigned char *page),
		int (*each)(void *ctx, const uint64_t *pfn,
			    const unsigned char *pages, size_t count),
		void *ctx);

/* Copies one frame, numbered as in the guest's page tables.  -ENOENT: no such
 * frame, or not this domain's. */
int memory_read(struct memory *memory, uint64_t frame,
		unsigned char *ret_page);

#endif
