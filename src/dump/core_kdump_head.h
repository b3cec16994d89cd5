/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The head of a compressed kdump, as it is in the file.
 */
#ifndef DUMP_CORE_KDUMP_HEAD_H
#define DUMP_CORE_KDUMP_HEAD_H

#include "core/kernel_note.h"
#include "dump/core_out.h"

#define CORE_KDUMP_INCOMPLETE 8u

/* Facts of the guest's kernel; unknown ones are 0 or "". */
struct core_kdump_info {
	char text[KERNEL_NOTE_MOST_BYTES];	/* VMCOREINFO */
	size_t text_len;
};

struct core_kdump_head {
	uint32_t status;	/* how it is compressed, and is it cut? */
	uint64_t end_pfn;
	uint64_t bitmap_blocks;	/* of both */
	uint64_t pages;
};

/* How many blocks the head takes before the bitmaps, with room for all. */
uint64_t core_kdump_head_blocks(const struct core_guest *guest);

int core_kdump_head_write(const struct core_guest *guest,
			  const struct core_kdump_head *head,
			  const struct core_kdump_info *info,
			  const struct core_out *out);

#endif
