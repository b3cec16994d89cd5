/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for a batch of pages.  Looks into none.
 */
#include <sys/mman.h>

#include "port/core_guest.h"

#define BYTES (CORE_BATCH * (size_t)CORE_PAGE_BYTES)

unsigned char *core_pages_new(void)
{
	void *pages = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

void core_pages_ready(unsigned char *pages)
{
	/* Before Linux 5.14 they come one by one. */
	if (pages)
		(void)madvise(pages, BYTES, MADV_POPULATE_WRITE);
}

void core_pages_free(unsigned char *pages)
{
	if (pages)
		munmap(pages, BYTES);
}
