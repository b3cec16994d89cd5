/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory in the place of Xen's, for what finds a domain's frames: each test
 * says which pages there are.  Not a test by itself.
 */
#ifndef TESTS_UNIT_CORE_MAP_FAKE_H
#define TESTS_UNIT_CORE_MAP_FAKE_H

#include <string.h>

#include "port/core_guest.h"
#include "port/core_map.h"

struct core_map {
	/* The frame's page, good until the next call; NULL: it is not there. */
	const void *(*page_at)(const struct core_map *map, uint64_t frame);
	unsigned long calls;
};

int core_map_copy(struct core_map *map, const uint64_t *frames, size_t count,
		  unsigned char *ret_pages, bool *ret_there)
{
	int found = 0;

	map->calls++;
	for (size_t i = 0; i < count; i++) {
		const void *page = map->page_at(map, frames[i]);

		ret_there[i] = page != NULL;
		if (page)
			memcpy(ret_pages + i * CORE_PAGE_BYTES, page,
			       CORE_PAGE_BYTES);
		found += page != NULL;
	}
	return found;
}

int core_map_view(struct core_map *map, const uint64_t *frames, size_t count,
		  void (*view)(void *ctx, size_t at,
			       const unsigned char *page),
		  void *ctx)
{
	int found = 0;

	map->calls++;
	for (size_t i = 0; i < count; i++) {
		const void *page = map->page_at(map, frames[i]);

		if (!page)
			continue;
		view(ctx, i, page);
		found++;
	}
	return found;
}

#endif
