/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file a core goes into: writing at offsets, its limits, its progress.
 */
#ifndef DUMP_CORE_OUT_H
#define DUMP_CORE_OUT_H

#include <stddef.h>

#include "core/capture.h"
#include "port/core_guest.h"

/* What a writer returns to end the walk at a limit: no error. */
#define CORE_OUT_CUT 1

struct core_out {
	int fd;			/* an empty file */
	/* The largest core, and the space to leave free; 0: no limit. */
	uint64_t most_bytes, free_bytes;
	/* Called after each batch; may be NULL. */
	void (*progress)(void *ctx, const struct capture_facts *facts);
	void *ctx;

	struct capture_facts facts;	/* filled while writing */
	bool cut, guest_going;	/* why it is truncated; neither: frames that the
				 * hypervisor counts were not found */
	uint64_t unchecked_bytes;	/* since the last check of free space */
};

/* Writes all of it.  Returns 0, or -errno. */
int core_out_write(const struct core_out *out, const void *from, size_t len,
		   uint64_t at);

/* May BYTES more be written?  0, CORE_OUT_CUT, or -errno. */
int core_out_room(struct core_out *out, uint64_t bytes);

/* Does a file of BYTES stay within the limits?  0, CORE_OUT_CUT, or -errno. */
int core_out_holds(struct core_out *out, uint64_t bytes);

/* Counts a batch as written and reports it. */
void core_out_tell(struct core_out *out, const struct core_batch *batch,
		   uint64_t zero_pages, uint64_t bytes);

/* Says at the end of a walk, which returned WALKED, whether all is there. */
void core_out_judge(struct core_out *out, int walked);

bool core_out_is_zero(const unsigned char *page);

#endif
