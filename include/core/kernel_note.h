/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The note in which a Linux kernel describes itself to readers of its memory
 * (VMCOREINFO).  The guest controls the bytes: nothing in them is trusted.
 */
#ifndef CORE_KERNEL_NOTE_H
#define CORE_KERNEL_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_NOTE_HEAD_BYTES 24	/* before the text */
#define KERNEL_NOTE_MOST_BYTES 65536	/* of text */

/*
 * If PAGE (4 KiB) starts with the head of such a note: the length of the text that
 * follows, which may continue in the next pages; else 0.
 */
size_t kernel_note_head(const unsigned char *page);

/*
 * The same of a note anywhere in PAGE, on a boundary of 4 bytes: Linux before
 * 4.13 has it among its data (vmcoreinfo_note in kernel/kexec.c).  RET_OFFSET
 * is where the head begins; the text begins KERNEL_NOTE_HEAD_BYTES behind it,
 * at the latest at the page's end.
 */
size_t kernel_note_find(const unsigned char *page, uint32_t *ret_offset);

/* Is TEXT what a kernel writes: lines of printable KEY=VALUE? */
bool kernel_note_is_valid(const char *text, size_t len);

/*
 * The value of KEY ("OSRELEASE", "NUMBER(phys_base)"), cut to fit.  Returns
 * 0, or -ENOENT.
 */
int kernel_note_text(const char *text, size_t len, const char *key,
		     char *ret_value, size_t size);

/* The same as a signed decimal number.  -EINVAL: it is none. */
int kernel_note_number(const char *text, size_t len, const char *key,
		       int64_t *ret_number);

#endif
