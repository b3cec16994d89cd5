/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks page tables level by level: each frame is taken in once, so tables
 * that lead back to themselves end.  Copies nothing but tables.
 */
#include "port/core_first.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 512u
#define PRESENT 0x1ull
#define LARGE 0x80ull
#define FRAME(entry) (((entry) & 0x000ffffffffff000ull) >> XC_PAGE_SHIFT)
#define CR4_LA57 (1ull << 12)

#define SLOTS (2 * CORE_FIRST_MOST)
#define TABLES 256u	/* read at a time */
#define IMAGE_FIRST 510u /* of the third level's entries: the last 2 GiB */

struct core_first {
	struct core_map *map;
	uint64_t end_pfn;
	unsigned int levels;
	size_t most;		/* of frames that are collected */
	bool image_only;
	size_t count;
	uint64_t frames[CORE_FIRST_MOST]; /* in the order they were found */
	uint32_t slots[SLOTS];	/* their places + 1, by a sum of the frame */
	uint64_t tables[TABLES][ENTRIES];
	bool there[TABLES];
};

/* --- a set of frames --- */

static size_t find_slot(const struct core_first *first, uint64_t frame)
{
	size_t at = (frame * 0x9e3779b97f4a7c15ull) >> 32;

	for (at %= SLOTS; first->slots[at]; at = (at + 1) % SLOTS)
		if (first->frames[first->slots[at] - 1] == frame)
			break;
	return at;
}

bool core_first_has(const struct core_first *first, uint64_t frame)
{
	return first->slots[find_slot(first, frame)] != 0;
}

/* What no memory of the guest's is stays out, and so does what is too much. */
static void add_frame(struct core_first *first, uint64_t frame)
{
	size_t slot = find_slot(first, frame);

	if (frame >= first->end_pfn || first->slots[slot] ||
	    first->count == first->most)
		return;
	first->frames[first->count++] = frame;
	first->slots[slot] = (uint32_t)first->count;
}

/* --- tables --- */

static void add_roots(struct core_first *first, const struct core_guest *guest)
{
	first->levels = 4;
	for (unsigned int id = 0; id < guest->vcpu_count; id++) {
		const uint64_t *control = guest->vcpus[id].x64.ctrlreg;

		if (!guest->vcpu_there[id])
			continue;
		add_frame(first, control[3] >> XC_PAGE_SHIFT);
		/* With tables apart for programs the kernel's is beside. */
		add_frame(first, control[3] >> XC_PAGE_SHIFT & ~1ull);
		if (control[4] & CR4_LA57)
			first->levels = 5;
	}
}

static void add_tables(struct core_first *first, const uint64_t *table,
		       unsigned int level)
{
	for (unsigned int i = 0; i < ENTRIES; i++)
		if (table[i] & PRESENT && !(level <= 3 && table[i] & LARGE))
			add_frame(first, FRAME(table[i]));
}

/* Those that were found on one level lead to those of the next. */
static int walk_level(struct core_first *first, size_t begin, size_t end,
		      unsigned int level)
{
	while (begin < end) {
		size_t count = end - begin < TABLES ? end - begin : TABLES;
		int r = core_map_copy(first->map, first->frames + begin, count,
				      (unsigned char *)first->tables,
				      first->there);

		if (r < 0)
			return r;
		for (size_t i = 0; i < count; i++)
			if (first->there[i])
				add_tables(first, first->tables[i], level);
		begin += count;
	}
	return 0;
}

static int walk_tables(struct core_first *first)
{
	size_t begin = 0, end = first->count;
	int r = 0;

	for (unsigned int level = first->levels; r == 0 && level > 1; level--) {
		r = walk_level(first, begin, end, level);
		begin = end;
		end = first->count;
	}
	return r;
}

/* --- the kernel's image --- */

/* One that is not there is empty. */
static int read_table(struct core_first *first, uint64_t frame,
		      uint64_t ret_table[ENTRIES])
{
	bool there = false;
	int r = core_map_copy(first->map, &frame, 1,
			      (unsigned char *)ret_table, &there);

	if (!there)
		memset(ret_table, 0, ENTRIES * sizeof(*ret_table));
	return r < 0 ? r : 0;
}

static int add_pages(struct core_first *first, uint64_t entry)
{
	uint64_t *table = first->tables[2];
	int r;

	if (entry & LARGE) {
		for (uint64_t i = 0; i < ENTRIES; i++)
			add_frame(first, (FRAME(entry) & ~(uint64_t)(ENTRIES - 1)) + i);
		return 0;
	}
	r = read_table(first, FRAME(entry), table);
	for (unsigned int i = 0; r == 0 && i < ENTRIES; i++)
		if (table[i] & PRESENT)
			add_frame(first, FRAME(table[i]));
	return r;
}

/* On Linux the last entry of the upper levels leads to it.  A core gets it from
 * its end, because the data are there, and the text is in the kernel's package
 * as well.  A search gets it from its begin, so that pages follow each other. */
static int walk_image(struct core_first *first, uint64_t root)
{
	uint64_t *table = first->tables[0], *lower = first->tables[1];
	uint64_t frame = root;
	int r = 0;

	for (unsigned int level = first->levels; r == 0 && level > 3; level--) {
		r = read_table(first, frame, table);
		if (r || !(table[ENTRIES - 1] & PRESENT))
			return r;
		frame = FRAME(table[ENTRIES - 1]);
	}
	r = read_table(first, frame, table);
	for (unsigned int i = IMAGE_FIRST; r == 0 && i < ENTRIES; i++) {
		if (!(table[i] & PRESENT) || table[i] & LARGE)
			continue;
		r = read_table(first, FRAME(table[i]), lower);
		for (unsigned int j = 0; r == 0 && j < ENTRIES; j++) {
			uint64_t entry = lower[first->image_only ?
					       j : ENTRIES - 1 - j];

			if (entry & PRESENT)
				r = add_pages(first, entry);
		}
	}
	return r;
}

/* --- all of it --- */

static int collect(struct core_map *map, const struct core_guest *guest,
		   bool image_only, struct core_first **ret_first)
{
	struct core_first *first = calloc(1, sizeof(*first));
	size_t roots;
	int r = 0;

	if (!first)
		return -ENOMEM;
	first->map = map;
	first->end_pfn = guest->end_pfn;
	first->image_only = image_only;
	first->most = image_only ? CORE_FIRST_IMAGE_MOST : CORE_FIRST_MOST;
	add_roots(first, guest);
	roots = first->count;
	if (!image_only)
		r = walk_tables(first);
	for (size_t i = 0; r == 0 && i < roots; i++)
		r = walk_image(first, first->frames[i]);
	if (r) {
		core_first_close(first);
		return r;
	}
	*ret_first = first;
	return 0;
}

int core_first_open(struct core_map *map, const struct core_guest *guest,
		    struct core_first **ret_first)
{
	return collect(map, guest, false, ret_first);
}

int core_first_open_image(struct core_map *map, const struct core_guest *guest,
			  struct core_first **ret_first)
{
	return collect(map, guest, true, ret_first);
}

void core_first_close(struct core_first *first)
{
	free(first);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

size_t core_first_next(const struct core_first *first, size_t *at,
		       uint64_t ret_frames[CORE_BATCH])
{
	size_t left = first->count - *at;
	size_t count = left < CORE_BATCH ? left : CORE_BATCH;

	memcpy(ret_frames, first->frames + *at, count * sizeof(*ret_frames));
	qsort(ret_frames, count, sizeof(*ret_frames), by_number);
	*at += count;
	return count;
}
