/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser of guest memory: a child with only a socket and shared memory.  It
 * requests copies of pages and reports what it read.  The worker trusts it no
 * more than the guest.
 */
#ifndef ROLE_PARSER_H
#define ROLE_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "core/guest_mem.h"
#include "core/kernel_trace.h"

/* --- for the worker --- */

/* Where it asks the service manager for parsers: before the first one; without
 * that, or when the variable is not set (role/unit.h), they are its children.
 * Returns 0, or -EINVAL. */
int parser_client_setup(void);

#define PARSER_BATCH 1024u	/* pages at a time */
#define PARSER_ROOTS 8u
#define PARSER_VCPUS 64u
#define PARSER_LINE_BYTES 256u
#define PARSER_LOG_BYTES (512u << 10)

/* Where the pages come from. */
struct parser_source {
	/* Calls EACH with at most PARSER_BATCH pages at a time, likely ones
	 * first.  A non-zero value of EACH ends it, and is returned. */
	int (*scan)(void *ctx,
		    int (*each)(void *each_ctx, const uint64_t *pfn,
				const unsigned char *pages, size_t count),
		    void *each_ctx);
	/* Copies one frame, numbered as in page tables. */
	int (*read)(void *ctx, uint64_t frame, unsigned char *ret_page);
	void *ctx;
	unsigned int levels;	/* of page tables */
	unsigned int root_count;
	uint64_t roots[PARSER_ROOTS]; /* frames, tried in this order */
	unsigned int vcpu_count;
	struct kernel_trace_regs vcpus[PARSER_VCPUS]; /* by id; zero: none */
};

/* Everything in it is escaped. */
struct parser_result {
	struct text log;	/* line by line; a quote stays one */
	bool cut;		/* older lines are missing */
	char panic[PARSER_LINE_BYTES * 4]; /* "": there is none */
	char release[PARSER_LINE_BYTES * 4];
	char build_id[PARSER_LINE_BYTES * 4]; /* of the kernel; "": unknown */
	struct text trace;	/* the calls that led to where a vCPU is */
	struct text trace_why;	/* what is missing of it, and why */
	unsigned int vcpu;	/* the vCPU of the trace */
};

/*
 * Starts a parser, serves it until it is done or DEADLINE_MS are over, and
 * ends it.  Returns 0, or -errno with the reason in WHY; RET_RESULT, which
 * the caller clears, has what came out until then.
 */
int parser_client_run(const struct parser_source *source, uint32_t deadline_ms,
		      struct parser_result *ret_result, struct text *why);
void parser_client_clear(struct parser_result *result);

/* --- between the two --- */

/* The child's descriptors.  A child in its own unit gets the memory with the
 * first packet, a byte without meaning. */
enum { PARSER_SOCKET = 3, PARSER_MEMORY = 4 };

enum parser_kind {
	PARSER_SCAN = 1,	/* begin with the first pages */
	PARSER_MORE, PARSER_STOP, /* after pages that were scanned */
	PARSER_READ,		/* one frame, to the first page */
	PARSER_DONE,		/* with the log, and what the note says */
	PARSER_TRACED,		/* with the trace, after a note was found */
};

struct parser_start {
	uint32_t levels, root_count;
	uint64_t roots[PARSER_ROOTS];
	uint32_t vcpu_count;
	struct kernel_trace_regs vcpus[PARSER_VCPUS];
};

struct parser_ask {
	uint32_t kind;
	int32_t rc;		/* DONE, TRACED: how reading that ended */
	uint64_t frame;		/* READ */
	uint32_t log_len;	/* DONE: of the log in shared memory */
	uint32_t cut;
	char panic[PARSER_LINE_BYTES], release[PARSER_LINE_BYTES];
	char build_id[PARSER_LINE_BYTES];
	uint32_t trace_len, vcpu; /* TRACED: of the trace in shared memory */
	char missing[PARSER_LINE_BYTES]; /* TRACED: what the note lacks */
};

struct parser_answer {
	int32_t rc;
	uint32_t count;		/* number of pages, 0: the end */
};

struct parser_shared {
	uint64_t pfn[PARSER_BATCH];
	unsigned char pages[PARSER_BATCH * GUEST_MEM_PAGE_BYTES];
	char log[PARSER_LOG_BYTES];
	char trace[KERNEL_TRACE_TEXT_BYTES];
};

/* Drops permanently all rights that this process does not need.  Returns 0, or
 * -errno: then it must read nothing. */
int parser_jail_enter(void);

#endif
