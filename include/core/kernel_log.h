/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a Linux kernel's log from its memory, in the three forms that exist: records
 * in a ring without locks (5.10 and later), records in a buffer (3.5 and later),
 * plain text.  The guest controls the bytes: nothing in them is trusted, and every
 * loop and length has a limit.
 */
#ifndef CORE_KERNEL_LOG_H
#define CORE_KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/capture.h"
#include "core/guest_mem.h"

/* The buffer of the lines, unescaped: escape them before display.  When it is full,
 * the oldest half is dropped. */
struct kernel_log {
	char *at;	/* the caller's */
	size_t size;	/* at least 4096 */
	size_t len;
	bool cut;	/* older lines are missing */
};

/*
 * Appends the log to LOG, one line a record, as dmesg writes them.  NOTE is the
 * kernel's note (core/kernel_note.h).  Returns 0; -ENOENT: the note names no
 * log; -EINVAL: the named data is no log; or another -errno, with the lines so far
 * in LOG.
 */
int kernel_log_read(struct guest_mem *mem, const char *note, size_t note_len,
		    struct kernel_log *log);

/* Adds one line; for the readers of each form. */
void kernel_log_add(struct kernel_log *log, uint64_t ts_nsec, const char *text,
		    size_t len);

/*
 * The line of the kernel's panic or fault, without its time, unescaped and truncated
 * to SIZE.  Returns 0, or -ENOENT: there is none.
 */
int kernel_log_panic(const struct kernel_log *log, char *ret_line, size_t size);

/* Does LINE, from kernel_log_panic(), mean that the kernel stopped?  After other
 * faults the kernel may have run for a long time. */
bool kernel_log_is_panic(const char *line);

/*
 * The CPU and the task that panicked, from LOG, which may be escaped.  Returns 0, or
 * -ENOENT: LOG does not have it, or there was no panic.
 */
int kernel_log_task(const char *log, struct kernel_task *ret_task);

#endif
