/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compressing single pages, fast rather than well.
 */
#ifndef DUMP_CORE_SQUEEZE_H
#define DUMP_CORE_SQUEEZE_H

#include <stdbool.h>
#include <stddef.h>

struct core_squeeze;

/* For one thread; zstd, or zlib.  NULL: no memory. */
struct core_squeeze *core_squeeze_open(bool zstd);
void core_squeeze_close(struct core_squeeze *squeeze);

/*
 * Writes the page, smaller if that can be done, into RET_BYTES, which has
 * room for a whole one.  Returns its size then: a whole page's is the page.
 */
size_t core_squeeze_page(struct core_squeeze *squeeze,
			 const unsigned char *page, unsigned char *ret_bytes);

#endif
