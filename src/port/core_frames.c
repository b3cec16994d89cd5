/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds and maps the frames.  libxc maps one page a call and tries every
 * frame up to the special pages just below 4 GiB: a million calls that fail
 * for a small guest.  Here a call takes 1024, and what is found is counted.
 */
#include "port/core_frames.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>

#define BATCH 1024

/* In the hole below 4 GiB: a video card's memory, ACPI tables (for PVH from
 * 0xfc000 on), ioreq, xenstore and console pages.  All else there is empty. */
#define SPECIAL_FIRST 0xf0000ull
#define SPECIAL_END 0xff000ull

struct walk {
	xenforeignmemory_handle *fmem;
	uint32_t domid;
	uint64_t end, found, tot_pages;
	int (*each)(void *ctx, uint64_t pfn, const void *page);
	void *ctx;
	xen_pfn_t pfn[BATCH];
	int err[BATCH];
	unsigned char page[XC_PAGE_SIZE];
};

static int visit(struct walk *walk, const unsigned char *map, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (walk->err[i])
			continue; /* touching it would be a SIGBUS */
		memcpy(walk->page, map + i * XC_PAGE_SIZE, XC_PAGE_SIZE);
		walk->found++;
		r = walk->each(walk->ctx, walk->pfn[i], walk->page);
	}
	return r;
}

static int map_batch(struct walk *walk, uint64_t first, size_t count)
{
	void *map;
	int r;

	for (size_t i = 0; i < count; i++)
		walk->pfn[i] = first + i;
	map = xenforeignmemory_map(walk->fmem, walk->domid, PROT_READ, count,
				   walk->pfn, walk->err);
	if (!map) /* no frame of them is there, or real trouble */
		return errno == EINVAL || errno == ENOENT || errno == EFAULT ?
			0 : -errno;
	r = visit(walk, map, count);
	xenforeignmemory_unmap(walk->fmem, map, count);
	return r;
}

static int walk_range(struct walk *walk, uint64_t first, uint64_t end)
{
	int r = 0;

	if (end > walk->end)
		end = walk->end;
	while (r == 0 && first < end && walk->found < walk->tot_pages) {
		size_t count = end - first < BATCH ? end - first : BATCH;

		r = map_batch(walk, first, count);
		first += count;
	}
	return r;
}

/* Every frame is in one range; the likely ones come first. */
static int walk_all(struct walk *walk)
{
	uint64_t low = walk->tot_pages + BATCH;
	uint64_t four_gib = 1ull << (32 - XC_PAGE_SHIFT);
	int r;

	if (low > SPECIAL_FIRST)
		low = SPECIAL_FIRST;
	r = walk_range(walk, 0, low);
	if (r == 0)
		r = walk_range(walk, SPECIAL_FIRST, SPECIAL_END);
	if (r == 0)
		r = walk_range(walk, four_gib, UINT64_MAX);
	if (r == 0)
		r = walk_range(walk, low, SPECIAL_FIRST);
	if (r == 0)
		r = walk_range(walk, SPECIAL_END, four_gib);
	return r;
}

int core_frames_each(uint32_t domid, uint64_t last_pfn, uint64_t tot_pages,
		     int (*each)(void *ctx, uint64_t pfn, const void *page),
		     void *ctx)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	int r;

	if (!walk)
		return -ENOMEM;
	walk->domid = domid;
	walk->end = last_pfn + 1;
	walk->tot_pages = tot_pages;
	walk->each = each;
	walk->ctx = ctx;
	walk->fmem = xenforeignmemory_open(NULL, 0);
	r = walk->fmem ? walk_all(walk) : -errno;
	if (walk->fmem)
		xenforeignmemory_close(walk->fmem);
	free(walk);
	return r;
}
