/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of what a guest wrote to its console, out of the ring it shares
 * with the host or out of the host's file.  The bytes are the guest's.  Pure.
 */
#ifndef CORE_CONSOLE_TAIL_H
#define CORE_CONSOLE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define CONSOLE_TAIL_PAGE_BYTES 4096u

/*
 * Appends what is still in the ring of PAGE, read by the host or not, as
 * escaped lines.  Returns 0, -ENOENT when it is empty, or -ENOMEM.
 */
int console_tail_ring(const unsigned char *page, struct text *text);

/* How many bytes the guest wrote to the ring of PAGE since its domain began,
 * by the guest's own count. */
uint32_t console_tail_written(const unsigned char *page);

/*
 * Appends BYTES as escaped lines.  CUT: they begin anywhere, and the rest of
 * their first line goes.  Returns as above.
 */
int console_tail_lines(const char *bytes, size_t len, bool cut,
		       struct text *text);

#endif
