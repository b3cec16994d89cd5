/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worker's only access to a guest's memory: a handle bound to one domain.
 * Does not interpret the pages.
 */
#include "port/core_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>

#include "base/clock.h"

struct core_map {
	xenforeignmemory_handle *fmem;
	uint32_t domid;
	int64_t end_ms;
	xen_pfn_t frames[CORE_MAP_FRAMES];
	int err[CORE_MAP_FRAMES];
};

int core_map_open(uint32_t domid, struct core_map **ret_map)
{
	struct core_map *map = calloc(1, sizeof(*map));
	int r = 0;

	if (!map)
		return -ENOMEM;
	map->domid = domid;
	map->end_ms = INT64_MAX;
	map->fmem = xenforeignmemory_open(NULL, 0);
	if (!map->fmem || xenforeignmemory_restrict(map->fmem, domid))
		r = errno ? -errno : -EIO;
	if (r) {
		core_map_close(map);
		return r;
	}
	*ret_map = map;
	return 0;
}

void core_map_close(struct core_map *map)
{
	if (!map)
		return;
	if (map->fmem)
		xenforeignmemory_close(map->fmem);
	free(map);
}

void core_map_limit(struct core_map *map, int64_t end_ms)
{
	map->end_ms = end_ms;
}

static bool is_over(const struct core_map *map)
{
	return clock_ms() >= map->end_ms;
}

/* Neighbours are copied at once.  A frame that is not there must not be
 * touched: that is a SIGBUS. */
static int copy_out(const struct core_map *map, const unsigned char *from,
		    size_t count, unsigned char *to, bool *ret_there)
{
	int found = 0;

	for (size_t i = 0, end; i < count; i = end) {
		bool there = map->err[i] == 0;

		for (end = i; end < count && (map->err[end] == 0) == there;
		     end++)
			ret_there[end] = there;
		if (!there)
			continue;
		memcpy(to + i * XC_PAGE_SIZE, from + i * XC_PAGE_SIZE,
		       (end - i) * XC_PAGE_SIZE);
		found += (int)(end - i);
	}
	return found;
}

/* Returns 0 with *RET_AT NULL when no frame of them is there. */
static int map_frames(struct core_map *map, const uint64_t *frames,
		      size_t count, unsigned char **ret_at)
{
	*ret_at = NULL;
	if (is_over(map))
		return -ETIMEDOUT;
	for (size_t i = 0; i < count; i++)
		map->frames[i] = frames[i];
	*ret_at = xenforeignmemory_map(map->fmem, map->domid, PROT_READ, count,
				       map->frames, map->err);
	if (*ret_at || errno == EINVAL || errno == ENOENT || errno == EFAULT)
		return 0;
	return -errno;
}

int core_map_copy(struct core_map *map, const uint64_t *frames, size_t count,
		  unsigned char *ret_pages, bool *ret_there)
{
	unsigned char *from;
	int r = map_frames(map, frames, count, &from);

	if (r)
		return r;
	if (!from) {
		memset(ret_there, 0, count * sizeof(*ret_there));
		return 0;
	}
	r = copy_out(map, from, count, ret_pages, ret_there);
	xenforeignmemory_unmap(map->fmem, from, count);
	return r;
}

int core_map_view(struct core_map *map, const uint64_t *frames, size_t count,
		  void (*view)(void *ctx, size_t at,
			       const unsigned char *page),
		  void *ctx)
{
	unsigned char *from;
	int r = map_frames(map, frames, count, &from);

	if (r || !from)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (map->err[i])
			continue;
		view(ctx, i, from + i * XC_PAGE_SIZE);
		r++;
	}
	xenforeignmemory_unmap(map->fmem, from, count);
	return r;
}
