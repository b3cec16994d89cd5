/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a core is to be, may cost and became, as plain data.  Pure: knows no
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

/* By the kernel's own numbers; pid 0 is not known, or a CPU's idle task. */
struct kernel_task {
	uint32_t cpu, pid;
};

/* What is asked for; a bound of 0 is none. */
struct capture_order {
	enum capture_format format;	/* a PV guest's core is always elf */
	uint32_t largest_mib;	/* one core */
	uint32_t total_mib;	/* all cores; the oldest go */
	uint32_t per_guest;	/* cores of one guest; the oldest go */
	uint32_t free_percent;	/* of the file system, left free */
	bool pause;		/* a running domain is paused meanwhile */
	struct kernel_task task; /* whose doing the panic was */
};

struct capture_facts {
	enum capture_format format;
	uint64_t bytes;		/* on disk */
	uint64_t pages;		/* held by the core, zero ones included */
	uint64_t zero_pages;
	uint64_t tot_pages;	/* the guest had as many */
	uint32_t duration_ms;
	bool truncated;		/* pages are missing, but it is valid */
};

#endif
