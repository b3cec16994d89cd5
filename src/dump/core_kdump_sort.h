/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages a kdump has, and the order of their descriptors: written as the
 * pages are found, wanted by rising number.
 */
#ifndef DUMP_CORE_KDUMP_SORT_H
#define DUMP_CORE_KDUMP_SORT_H

#include "dump/core_out.h"

struct core_kdump_sort {
	uint64_t end_pfn, desc_at;
	uint64_t count, next_pfn;	/* next: more than any before */
	bool disordered;
	unsigned char *bits;	/* a bit a page */
	uint64_t bits_bytes;
};

int core_kdump_sort_open(uint64_t end_pfn, uint64_t desc_at,
			 struct core_kdump_sort *ret_sort);
void core_kdump_sort_close(struct core_kdump_sort *sort);

/* Notes the batch's pages.  -EBADMSG: one is there already or too high. */
int core_kdump_sort_add(struct core_kdump_sort *sort,
			const struct core_batch *batch);

/* Puts the file's descriptors in order; what is from END on may be used. */
int core_kdump_sort_finish(struct core_kdump_sort *sort,
			   const struct core_out *out, uint64_t end);

#endif
