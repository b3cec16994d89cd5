/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding a translated guest's frames, over a memory of the test's own: a core
 * has all of them, a search looks where a kernel can be, and neither asks for
 * more than it has to.
 */
#include <string.h>

#include "port/core_frames.h"
#include "tap.h"

/* Instead of the real one, which needs Xen: RAM in up to two parts, and the
 * pages just below 4 GiB. */
struct core_map {
	struct { uint64_t first, count; } ram[2];
	uint64_t video, special;
	unsigned int calls;
};

#define VIDEO_FIRST 0xf0000ull
#define SPECIAL_FIRST 0xfeff8ull
#define FOUR_GIB 0x100000ull

static bool is_there(const struct core_map *map, uint64_t frame)
{
	for (int i = 0; i < 2; i++)
		if (frame >= map->ram[i].first &&
		    frame < map->ram[i].first + map->ram[i].count)
			return true;
	return (frame >= VIDEO_FIRST && frame < VIDEO_FIRST + map->video) ||
	       (frame >= SPECIAL_FIRST && frame < SPECIAL_FIRST + map->special);
}

int core_map_copy(struct core_map *map, const uint64_t *frames, size_t count,
		  unsigned char *ret_pages, bool *ret_there)
{
	int found = 0;

	map->calls++;
	for (size_t i = 0; i < count; i++) {
		ret_there[i] = is_there(map, frames[i]);
		if (ret_there[i])
			memcpy(ret_pages + i * CORE_PAGE_BYTES, &frames[i],
			       sizeof(*frames));
		found += ret_there[i];
	}
	return found;
}

int core_map_view(struct core_map *map, const uint64_t *frames, size_t count,
		  void (*view)(void *ctx, size_t at,
			       const unsigned char *page),
		  void *ctx)
{
	static unsigned char page[CORE_PAGE_BYTES];
	int found = 0;

	map->calls++;
	for (size_t i = 0; i < count; i++)
		if (is_there(map, frames[i])) {
			memcpy(page, &frames[i], sizeof(*frames));
			view(ctx, i, page);
			found++;
		}
	return found;
}

struct seen {
	uint64_t count, last;
};

static int see(void *ctx, const struct core_batch *batch)
{
	struct seen *seen = ctx;

	seen->count += batch->count;
	seen->last = batch->pfn[batch->count - 1];
	return 0;
}

/* The frame that the test looks for. */
static uint64_t goal;

static size_t is_goal(const unsigned char *page)
{
	uint64_t frame;

	memcpy(&frame, page, sizeof(frame));
	return frame == goal;
}

static struct seen walk(struct core_map *map,
			size_t (*wanted)(const unsigned char *page))
{
	uint64_t tot_pages = map->ram[0].count + map->ram[1].count +
			     map->video + map->special;
	struct seen seen = { 0 };
	struct core_frames *frames;

	map->calls = 0;
	if (core_frames_open(map, tot_pages, see, &seen, &frames))
		return seen;
	core_frames_pick(frames, wanted);
	if (core_frames_walk(frames, 1ull << 22) || core_frames_flush(frames))
		seen.count = UINT64_MAX;
	core_frames_close(frames);
	return seen;
}

static void test_core(void)
{
	struct core_map map = { .ram = { { 0, 2048 } }, .special = 8 };

	ok(walk(&map, NULL).count == 2056 && map.calls <= 64,
	   "a core of a small guest has its special pages too");
	map.ram[1].first = FOUR_GIB;
	map.ram[1].count = 5000;
	ok(walk(&map, NULL).count == 7056, "and what is above 4 GiB");
}

static bool is_found(struct core_map *map, uint64_t frame)
{
	struct seen seen;

	goal = frame;
	seen = walk(map, is_goal);
	return seen.count == 1 && seen.last == frame;
}

static void test_search(void)
{
	struct core_map map = { .ram = { { 0, 2048 } }, .special = 8 };

	ok(is_found(&map, 2047) && map.calls <= 4,
	   "a search of it is over with its memory");
	ok(!is_found(&map, SPECIAL_FIRST), "the special pages are none");
	map.video = 4096;
	map.ram[0].count = 50000;
	ok(is_found(&map, 49999) && map.calls <= 60,
	   "nor is a video card's memory");
	map.ram[1].first = FOUR_GIB;
	map.ram[1].count = 100000;
	ok(is_found(&map, FOUR_GIB + 99999), "what is above 4 GiB is searched");
	/* Its other pages were given back, wherever they were. */
	map.ram[1].first = 700000;
	ok(is_found(&map, 700000 + 99999), "and what lies apart");
}

int main(void)
{
	test_core();
	test_search();
	return done_testing();
}
