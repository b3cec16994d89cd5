/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a Linux kernel's processor was, and by which calls it came there: out
 * of its registers and its stack.  The bytes are a guest's: nothing in them is
 * believed, and every loop and length has a limit of ours.
 */
#ifndef CORE_KERNEL_TRACE_H
#define CORE_KERNEL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel_syms.h"

#define KERNEL_TRACE_FRAMES 64u		/* that are told */
#define KERNEL_TRACE_STACK_BYTES 16384u	/* as Linux has them, and aligned */
#define KERNEL_TRACE_STACKS 3u		/* an interrupt's lead to another */
#define KERNEL_TRACE_TEXT_BYTES 32768u

struct kernel_trace_regs {
	uint64_t rip, rsp, rbp;
};

struct kernel_trace_frame {
	uint64_t address;
	bool sure;		/* by registers, or a frame pointer */
	bool known;		/* SYM is its symbol */
	struct kernel_sym sym;
};

/* All that it needs, of the caller for its size. */
struct kernel_trace {
	struct guest_mem *mem;
	uint64_t text_begin, text_end;
	uint64_t frame_at;	/* where a frame pointer points */
	bool has_syms;
	struct kernel_syms syms;
	size_t count;
	struct kernel_trace_frame frames[KERNEL_TRACE_FRAMES * 2];
	unsigned char stack[KERNEL_TRACE_STACK_BYTES];
};

/*
 * Writes the backtrace of a processor with REGS to RET_TEXT (of SIZE bytes,
 * at least 128), a line each, innermost first, as the kernel writes its own:
 * what only may be a call begins with "? ".  NOTE is the kernel's note.
 * Returns 0; -ENOENT: there are no names, for the note lacks RET_MISSING;
 * -ENXIO: the processor was not in the kernel; or -errno.  What there is
 * comes out in any case.
 */
int kernel_trace_read(struct kernel_trace *trace, struct guest_mem *mem,
		      const char *note, size_t note_len,
		      const struct kernel_trace_regs *regs, char *ret_text,
		      size_t size, const char **ret_missing);

#endif
