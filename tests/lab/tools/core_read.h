/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A reader of core files for tests, written apart from the writers: Xen's ELF
 * (ours and xl's) and kdump.  Judges nothing.
 */
#ifndef TESTS_LAB_CORE_READ_H
#define TESTS_LAB_CORE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORE_READ_PAGE 4096u

struct core_read_frame {
	uint64_t pfn, gmfn;	/* gmfn: .xen_p2m only, else 0 */
	uint64_t at;		/* of the page, or of its descriptor, in the file */
};

struct core_read {
	const unsigned char *bytes;
	size_t size;
	bool is_kdump, is_incomplete;
	struct core_read_frame *frames;	/* by rising pfn */
	size_t count;
	const unsigned char *registers;	/* ELF: .xen_prstatus; kdump: notes */
	size_t registers_size, register_set;
	const char *vmcoreinfo;		/* kdump; not NUL-terminated */
	size_t vmcoreinfo_size;
	const char *wrong;		/* what is wrong with the file */
};

/* Returns 0, or -1 with CORE->wrong set. */
int core_read_open(const char *path, struct core_read *core);
void core_read_close(struct core_read *core);

/* The frame's index, or -1. */
long core_read_find(const struct core_read *core, uint64_t pfn);

/* Copies page INDEX.  Returns 0, or -1. */
int core_read_page(const struct core_read *core, size_t index,
		   unsigned char *ret_page);

#endif
