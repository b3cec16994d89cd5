/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that compress batches of pages and write each at its own place, with
 * one descriptor for each page in the order of the batches.
 */
#ifndef DUMP_CORE_PACK_H
#define DUMP_CORE_PACK_H

#include "dump/core_out.h"

/* As in the file (kdump). */
struct core_pack_desc {
	uint64_t offset;
	uint32_t size, flags;
	uint64_t pfn;		/* page flags to others, who do not use them */
};

#define CORE_PACK_ZLIB 1u
#define CORE_PACK_ZSTD 0x20u

struct core_pack;

/* FLAG: how to compress.  Descriptors go to DESC_AT and on, pages to DATA_AT
 * and on. */
int core_pack_open(const struct core_out *out, uint32_t flag, uint64_t desc_at,
		   uint64_t data_at, struct core_pack **ret_pack);
void core_pack_close(struct core_pack *pack);

/*
 * Queues BATCH after waiting for room, and gives it other pages.  Returns 0, or
 * the error of an earlier batch.
 */
int core_pack_add(struct core_pack *pack, struct core_batch *batch);

/* The maximum of bytes that queued batches may still write. */
uint64_t core_pack_pending(struct core_pack *pack);

/* Waits until no batch is queued.  Returns 0, or the first error. */
int core_pack_wait(struct core_pack *pack);

/* So far: bytes written and zero pages. */
void core_pack_figures(struct core_pack *pack, uint64_t *ret_bytes,
		       uint64_t *ret_zero);

/* The end of the pages.  Only while no batch is queued. */
uint64_t core_pack_end(struct core_pack *pack);

#endif
