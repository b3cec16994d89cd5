/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The readers of the log's three forms, and what they share: the note's
 * numbers within their limits.
 */
#ifndef CORE_KERNEL_RING_H
#define CORE_KERNEL_RING_H

#include "core/kernel_log.h"

#define KERNEL_RING_STRUCT_MOST 4096u	/* bytes of any struct */
#define KERNEL_RING_COUNT_BITS_MOST 20u	/* of descriptors */
#define KERNEL_RING_SIZE_BITS_MOST 26u	/* of text */

struct kernel_ring {
	struct guest_mem *mem;
	const char *note;
	size_t note_len;
	struct kernel_log *log;
};

/* SYMBOL(NAME) of the note.  Returns 0, -ENOENT, or -EINVAL. */
int kernel_ring_symbol(const struct kernel_ring *ring, const char *name,
		       uint64_t *ret_address);

/* SIZE(NAME), at least 1 and at most KERNEL_RING_STRUCT_MOST. */
int kernel_ring_size(const struct kernel_ring *ring, const char *name,
		     uint32_t *ret_size);

/* OFFSET(NAME.MEMBER) of WIDTH bytes, which lie within SIZE(NAME). */
int kernel_ring_offset(const struct kernel_ring *ring, const char *name,
		       const char *member, uint32_t width,
		       uint32_t *ret_offset);

/* What the variable NAME holds, WIDTH bytes wide. */
int kernel_ring_variable(const struct kernel_ring *ring, const char *name,
			 size_t width, uint64_t *ret_value);

int kernel_ring_read_prb(const struct kernel_ring *ring);
int kernel_ring_read_records(const struct kernel_ring *ring);
int kernel_ring_read_flat(const struct kernel_ring *ring);

#endif
