/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gives free memory back.  Must not unmap text: what is needed when the host is
 * in trouble must not have to be read from its disk.
 */
#include "base/trim.h"

#include <malloc.h>

void trim_heap(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
