/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's memory by its virtual addresses, through its own page tables.
 * The guest controls the tables: nothing in them is trusted, and the number
 * of reads is limited.
 */
#ifndef CORE_GUEST_MEM_H
#define CORE_GUEST_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_MEM_PAGE_BYTES 4096u
#define GUEST_MEM_SLOTS 32u

/* Starts as zeroes with read, ctx, root, levels and reads_left filled in. */
struct guest_mem {
	/* Copies a frame: the guest's own number of it for HVM and PVH, the
	 * machine's for PV.  Returns 0, or -errno. */
	int (*read)(void *ctx, uint64_t frame, unsigned char *ret_page);
	void *ctx;
	uint64_t root;		/* frame of the highest table */
	unsigned int levels;	/* of tables: 4 or 5 */
	uint32_t reads_left;	/* then -EDQUOT */
	uint32_t uses;
	struct guest_mem_slot {
		bool there;
		uint32_t used;	/* higher: used later */
		uint64_t frame;
		unsigned char page[GUEST_MEM_PAGE_BYTES];
	} slot[GUEST_MEM_SLOTS]; /* frames read before */
};

/* Finds the frame with the byte at ADDRESS.  Returns 0, -EFAULT: none; or -errno. */
int guest_mem_translate(struct guest_mem *mem, uint64_t address,
			uint64_t *ret_frame);

/* Copies LEN bytes from ADDRESS on.  Returns 0, or -errno with RET_BYTES
 * partly filled. */
int guest_mem_read(struct guest_mem *mem, uint64_t address, void *ret_bytes,
		   size_t len);

/* The same for an unknown length: *RET_LEN is the length before the page with the
 * error. */
int guest_mem_read_part(struct guest_mem *mem, uint64_t address,
			void *ret_bytes, size_t len, size_t *ret_len);

#endif
