/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One piece of evidence about the end of a domain, as plain data: its text, its
 * source, or why it is missing.  Pure: finds nothing itself.
 */
#ifndef CORE_EVIDENCE_H
#define CORE_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

/* An incident has at most one of each kind.  The order is the order of display. */
#define EVIDENCE_KIND_LIST(X)                                               \
	X(PANIC, "panic")		/* the line that says why */        \
	X(KERNEL, "kernel")		/* which the guest ran */           \
	X(HV_LOG, "hv-log")		/* the hypervisor's lines of it */  \
	X(REGISTERS, "registers")	/* of every vCPU */                 \
	X(BACKTRACE, "backtrace")	/* of the vCPU that panicked */     \
	X(KERNEL_LOG, "kernel-log")	/* out of the guest's memory */     \
	X(CONSOLE, "console")		/* the end of the console's ring */ \
	X(CONSOLE_LOG, "console-log")	/* the end of the host's log of it */

enum evidence_kind {
#define X(name, text) EVIDENCE_##name,
	EVIDENCE_KIND_LIST(X)
#undef X
	EVIDENCE_KIND_COUNT
};

const char *evidence_kind_name(enum evidence_kind kind);
int evidence_kind_parse(const char *name, enum evidence_kind *ret_kind);

#define EVIDENCE_TEXT_BYTES (64u << 10) /* of one piece's text */
#define EVIDENCE_WORD_BYTES 512u	/* of its source, of what is missing */
#define EVIDENCE_PANIC_BYTES 256u	/* of the line kept with the incident */

/*
 * Texts are already escaped; none is NULL.  Either TEXT
 * or MISSING is not empty.
 */
struct evidence {
	enum evidence_kind kind;
	int64_t at_ms;		/* wall clock */
	const char *source;	/* where it comes from, for a person */
	const char *text;	/* lines */
	const char *missing;	/* why there is none */
};

/* The end of TEXT, whole lines that fit into MOST bytes; of a longer line its
 * end. */
const char *evidence_tail(const char *text, size_t most);

#endif
