/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backtrace of a Linux kernel's processor, from its registers and its stack.  The
 * guest controls the bytes: nothing in them is trusted, and every loop and length
 * has a limit.
 */
#ifndef CORE_KERNEL_TRACE_H
#define CORE_KERNEL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel_syms.h"

#define KERNEL_TRACE_FRAMES 64u		/* that are printed */
#define KERNEL_TRACE_STACK_BYTES 16384u	/* as Linux has them, and aligned */
#define KERNEL_TRACE_STACKS 3u		/* an interrupt's stack leads to another */
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

/* Working memory; the caller's, because of its size. */
struct kernel_trace {
	struct guest_mem *mem;
	uint64_t text_begin, text_end;
	uint64_t frame_at;	/* where the frame pointer points */
	bool has_syms;
	struct kernel_syms syms;
	size_t count;
	struct kernel_trace_frame frames[KERNEL_TRACE_FRAMES * 2];
	unsigned char stack[KERNEL_TRACE_STACK_BYTES];
};

/*
 * Writes the backtrace of a processor with REGS to RET_TEXT (of SIZE bytes,
 * at least 128), one line for each call, innermost first, in the kernel's own form: an
 * uncertain call starts with "? ".  NOTE is the kernel's note.  Returns 0; -ENOENT:
 * no names, because the note lacks RET_MISSING; -ENXIO: the processor was not in the
 * kernel; or -errno.  Everything that was found is written in any case.
 */
int kernel_trace_read(struct kernel_trace *trace, struct guest_mem *mem,
		      const char *note, size_t note_len,
		      const struct kernel_trace_regs *regs, char *ret_text,
		      size_t size, const char **ret_missing);

#endif
