/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order for a core, its limits and its result, as plain data.  Pure: knows no
 * file.
 */
#ifndef CORE_CAPTURE_H
#define CORE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#define CAPTURE_FORMAT_LIST(X)                                              \
	X(KDUMP_ZSTD, "kdump-zstd")                                         \
	X(KDUMP_ZLIB, "kdump-zlib")                                         \
	X(ELF, "elf")

enum capture_format {
#define X(name, text) CAPTURE_FORMAT_##name,
	CAPTURE_FORMAT_LIST(X)
#undef X
	CAPTURE_FORMAT_COUNT
};

const char *capture_format_name(enum capture_format format);
int capture_format_parse(const char *name, enum capture_format *ret_format);

/* In the kernel's own numbers; pid 0: unknown, or a CPU's idle task. */
struct kernel_task {
	uint32_t cpu, pid;
};

/* The order; 0 means no limit. */
struct capture_order {
	enum capture_format format;	/* a PV guest's core is always elf */
	uint32_t largest_mib;	/* one core */
	uint32_t total_mib;	/* all cores; the oldest are removed */
	uint32_t per_guest;	/* of one guest; the oldest are removed */
	uint32_t free_percent;	/* of the file system, to leave free */
	bool pause;		/* pause a running domain for the dump */
	struct kernel_task task; /* the task that panicked */
};

struct capture_facts {
	enum capture_format format;
	uint64_t bytes;		/* on disk */
	uint64_t pages;		/* in the core, zero pages included */
	uint64_t zero_pages;
	uint64_t tot_pages;	/* pages that the guest had */
	uint32_t duration_ms;
	bool truncated;		/* pages are missing, but it is valid */
};

#endif
