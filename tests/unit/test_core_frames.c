/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding a translated guest's frames, over a memory of the test's own: a core
 * has all of them, a search looks where a kernel can be, and neither asks for
 * more than it has to.
 */
#include <string.h>

#include "core_map_fake.h"
#include "port/core_frames.h"
#include "tap.h"

/* RAM in up to two parts, and the pages just below 4 GiB. */
struct memory {
	struct core_map map;
	struct { uint64_t first, count; } ram[2];
	uint64_t video, special;
	uint64_t shared;	/* frames before SHARED_END, which do not count */
	uint64_t zero_end;	/* those before it get a page of zeros */
	uint64_t zeros_most;	/* so many count */
	uint64_t tot_pages;	/* 0: as many as there are */
};

#define VIDEO_FIRST 0xf0000ull
#define SPECIAL_FIRST 0xfeff8ull
#define FOUR_GIB 0x100000ull
#define SHARED_END 0x10000ull

static bool is_there(const struct memory *memory, uint64_t frame)
{
	for (int i = 0; i < 2; i++)
		if (frame >= memory->ram[i].first &&
		    frame < memory->ram[i].first + memory->ram[i].count)
			return true;
	if (frame < SHARED_END && frame >= SHARED_END - memory->shared)
		return true;
	return (frame >= VIDEO_FIRST && frame < VIDEO_FIRST + memory->video) ||
	       (frame >= SPECIAL_FIRST &&
		frame < SPECIAL_FIRST + memory->special);
}

/* Each begins with its number. */
static const void *page_at(const struct core_map *map, uint64_t frame)
{
	static uint64_t page[CORE_PAGE_BYTES / sizeof(uint64_t)];

	page[0] = frame < ((const struct memory *)map)->zero_end ? 0 : frame;
	return is_there((const struct memory *)map, frame) ? page : NULL;
}

struct seen {
	uint64_t count, last;
};

static int see(void *ctx, struct core_batch *batch)
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

static struct seen walk(struct memory *memory,
			size_t (*wanted)(const unsigned char *page))
{
	uint64_t tot_pages = memory->ram[0].count + memory->ram[1].count +
			     memory->video + memory->special;
	struct seen seen = { 0 };
	struct core_frames *frames;

	if (memory->tot_pages)
		tot_pages = memory->tot_pages;
	memory->map.calls = 0;
	if (core_frames_open(&memory->map, tot_pages, see, &seen, &frames))
		return seen;
	core_frames_pick(frames, wanted);
	if (memory->zero_end)
		core_frames_limit_zeros(frames, memory->zeros_most);
	if (core_frames_walk(frames, 1ull << 22) || core_frames_flush(frames))
		seen.count = UINT64_MAX;
	core_frames_close(frames);
	return seen;
}

static void test_core(void)
{
	struct memory memory = { .map.page_at = page_at,
				 .ram = { { 0, 2048 } }, .special = 8 };

	ok(walk(&memory, NULL).count == 2056 && memory.map.calls <= 65,
	   "a core of a small guest has its special pages too");
	memory.shared = 3;
	ok(walk(&memory, NULL).count == 2059 && memory.map.calls <= 65,
	   "and its grant table, which does not count");
	memory.shared = 0;
	memory.ram[1].first = FOUR_GIB;
	memory.ram[1].count = 5000;
	ok(walk(&memory, NULL).count == 7056, "and what is above 4 GiB");
}

static bool is_found(struct memory *memory, uint64_t frame)
{
	struct seen seen;

	goal = frame;
	seen = walk(memory, is_goal);
	return seen.count == 1 && seen.last == frame;
}

static void test_search(void)
{
	struct memory memory = { .map.page_at = page_at,
				 .ram = { { 0, 2048 } }, .special = 8 };

	ok(is_found(&memory, 2047) && memory.map.calls <= 4,
	   "a search of it is over with its memory");
	ok(!is_found(&memory, SPECIAL_FIRST), "the special pages are none");
	memory.video = 4096;
	memory.ram[0].count = 50000;
	ok(is_found(&memory, 49999) && memory.map.calls <= 60,
	   "nor is a video card's memory");
	memory.ram[1].first = FOUR_GIB;
	memory.ram[1].count = 100000;
	ok(is_found(&memory, FOUR_GIB + 99999), "what is above 4 GiB is searched");
	/* Its other pages were given back, wherever they were. */
	memory.ram[1].first = 700000;
	ok(is_found(&memory, 700000 + 99999), "and what lies apart");
}

/* Of 16384 pages the guest has written the last 8192; the first 20000 frames get
 * one of 8192 when they are looked at, for as long as somebody looks. */
static void test_on_demand(void)
{
	struct memory memory = { .map.page_at = page_at,
				 .ram = { { 0, 20000 }, { 700000, 8192 } },
				 .zero_end = 20000, .zeros_most = 8192,
				 .tot_pages = 16384 };
	struct seen seen = walk(&memory, NULL);

	ok(seen.count == 16384 && seen.last == 700000 + 8191,
	   "pages of zeros on demand do not count for those that were written");
	ok(is_found(&memory, 700000 + 8191), "nor does a search end by them");
}

/* As if it were torn down after so many calls. */
static bool is_gone_by(void *source)
{
	struct memory *memory = source;

	return memory->map.calls > 3;
}

static int walk_watched(struct memory *memory, uint64_t tot_pages,
			struct seen *ret_seen)
{
	struct core_frames *frames;
	int r;

	memory->map.calls = 0;
	*ret_seen = (struct seen){ 0 };
	if (core_frames_open(&memory->map, tot_pages, see, ret_seen, &frames))
		return -1;
	core_frames_watch(frames, is_gone_by, memory);
	r = core_frames_walk(frames, 1ull << 22);
	core_frames_close(frames);
	return r;
}

static void test_going(void)
{
	struct memory memory = { .map.page_at = page_at,
				 .ram = { { 0, 2048 } } };
	struct seen seen;

	ok(walk_watched(&memory, 4096, &seen) == CORE_GUEST_GOING &&
	   seen.count == 2048 && memory.map.calls < 100,
	   "a domain that goes away is not searched to its end");
	memory.ram[0].count = 5000;
	ok(walk_watched(&memory, 5000, &seen) == 0 && seen.count == 5000,
	   "one whose pages are all found is not asked about");
}

int main(void)
{
	test_core();
	test_going();
	test_search();
	test_on_demand();
	return done_testing();
}
