/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a guest's console output, from the ring that it shares with the host
 * or from the host's file.  The guest controls the bytes.  Pure.
 */
#ifndef CORE_CONSOLE_TAIL_H
#define CORE_CONSOLE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define CONSOLE_TAIL_PAGE_BYTES 4096u

/*
 * Appends the bytes still in the ring of PAGE, whether the host has read them or
 * not, as escaped lines.  Returns 0, -ENOENT when it is empty, or -ENOMEM.
 */
int console_tail_ring(const unsigned char *page, struct text *text);

/* The number of bytes that the guest has written to the ring of PAGE since its
 * domain started, by the guest's own count. */
uint32_t console_tail_written(const unsigned char *page);

/*
 * Appends BYTES as escaped lines.  CUT: they start in the middle of a line, and that
 * line is dropped.  Returns as above.
 */
int console_tail_lines(const char *bytes, size_t len, bool cut,
		       struct text *text);

#endif
