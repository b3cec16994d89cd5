/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Linux kernel's own log out of its memory, in the three forms that there
 * were: records in a ring without locks (5.10 and later), records in a
 * buffer (3.5 and later), plain text.  The bytes are a guest's: nothing in
 * them is believed, and every loop and length has a limit of ours.
 */
#ifndef CORE_KERNEL_LOG_H
#define CORE_KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/capture.h"
#include "core/guest_mem.h"

/* Where the lines go, raw: whoever shows them escapes them.  When it is full
 * the oldest half is let go. */
struct kernel_log {
	char *at;	/* of the caller */
	size_t size;	/* at least 4096 */
	size_t len;
	bool cut;	/* older lines are missing */
};

/*
 * Appends the log to LOG, one line a record, as dmesg writes them.  NOTE is the
 * kernel's note (core/kernel_note.h).  Returns 0; -ENOENT: the note names no
 * log; -EINVAL: what it names is none; or another -errno, with the lines so
 * far in LOG.
 */
int kernel_log_read(struct guest_mem *mem, const char *note, size_t note_len,
		    struct kernel_log *log);

/* Adds one line; for the readers of each form. */
void kernel_log_add(struct kernel_log *log, uint64_t ts_nsec, const char *text,
		    size_t len);

/*
 * The line that says why the kernel gave up, without its time, raw and cut to
 * SIZE.  Returns 0, or -ENOENT: it did not.
 */
int kernel_log_panic(const struct kernel_log *log, char *ret_line, size_t size);

/* Is LINE, as kernel_log_panic() gave it, of a kernel that went no further?
 * After other faults it may have run on for long. */
bool kernel_log_is_panic(const char *line);

/*
 * Which CPU's task panicked, by LOG, which may be escaped.  Returns 0, or
 * -ENOENT: it does not say, or there was no panic.
 */
int kernel_log_task(const char *log, struct kernel_task *ret_task);

#endif
