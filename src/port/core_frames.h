/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying a translated guest's pages out, many frames a map.
 */
#ifndef PORT_CORE_FRAMES_H
#define PORT_CORE_FRAMES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Calls EACH for every populated frame of DOMID, those where memory usually
 * is first, until TOT_PAGES were found or all frames were tried.  PAGE is a
 * copy: what a guest's page holds cannot change under EACH.  A non-zero
 * value of EACH ends the walk with it.  Returns 0, or -errno.
 */
int core_frames_each(uint32_t domid, uint64_t last_pfn, uint64_t tot_pages,
		     int (*each)(void *ctx, uint64_t pfn, const void *page),
		     void *ctx);

#endif
