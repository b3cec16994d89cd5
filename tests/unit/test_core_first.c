/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a core has first: page tables and the kernel's image, over a memory of
 * the test's own; each frame once, and no more of what tables that lie name.
 */
#include <stdlib.h>
#include <string.h>

#include "core_map_fake.h"
#include "port/core_first.h"
#include "port/core_frames.h"
#include "tap.h"

#define FRAMES 4096u
#define ENTRIES 512u

static uint64_t pages[FRAMES][ENTRIES];

static const void *page_at(const struct core_map *map, uint64_t frame)
{
	(void)map;
	return frame < FRAMES ? pages[frame] : NULL;
}

static struct core_map memory = { .page_at = page_at };

/* --- a guest --- */

enum { ROOT = 9, LOW3, LOW2, LOW1, HIGH3, IMAGE2, MODULES2, MODULES1 };

#define DATA 3000u	/* of a program: no table, and not the kernel's */
#define IMAGE 1024u	/* 512 frames */
#define MODULE 77u

static vcpu_guest_context_any_t vcpu;
static bool there = true;

static struct core_guest make(uint64_t root)
{
	memset(pages, 0, sizeof(pages));
	memory.calls = 0;
	pages[ROOT][0] = LOW3 << 12 | 7;
	pages[LOW3][1] = LOW2 << 12 | 7;
	pages[LOW2][2] = LOW1 << 12 | 7;
	pages[LOW1][3] = (uint64_t)DATA << 12 | 7;
	pages[ROOT][511] = HIGH3 << 12 | 7;
	pages[HIGH3][510] = IMAGE2 << 12 | 7;
	pages[IMAGE2][8] = (uint64_t)IMAGE << 12 | 0x83;
	pages[HIGH3][511] = MODULES2 << 12 | 7;
	pages[MODULES2][0] = MODULES1 << 12 | 7;
	pages[MODULES1][0] = (uint64_t)MODULE << 12 | 7;
	vcpu.x64.ctrlreg[3] = root << 12;
	return (struct core_guest){ .translated = true, .tot_pages = FRAMES,
				    .most_pages = FRAMES,
				    .end_pfn = FRAMES, .vcpu_count = 1,
				    .vcpu_there = &there, .vcpus = &vcpu };
}

static size_t count_of(const struct core_first *first)
{
	uint64_t frames[CORE_BATCH];
	size_t at = 0, count = 0, part;

	while ((part = core_first_next(first, &at, frames)))
		count += part;
	return count;
}

static struct core_first *collect(const struct core_guest *guest)
{
	struct core_first *first = NULL;

	ok(core_first_open(&memory, guest, &first) == 0, "they are collected");
	return first;
}

static void test_good(void)
{
	struct core_guest guest = make(ROOT);
	struct core_first *first = collect(&guest);
	bool tables = true;

	for (uint64_t at = ROOT; at <= MODULES1; at++)
		tables &= core_first_has(first, at);
	ok(tables, "every table");
	ok(core_first_has(first, IMAGE) && core_first_has(first, IMAGE + 511) &&
	   core_first_has(first, MODULE), "the image and the modules");
	ok(!core_first_has(first, DATA) && !core_first_has(first, 0) &&
	   !core_first_has(first, IMAGE + 512), "and nothing else");
	/* The root's neighbour may be the kernel's own. */
	ok(count_of(first) == 8 + 1 + 512 + 1, "each once");
	core_first_close(first);
}

/* Of an image of 8 MiB. */
static void test_order(void)
{
	struct core_guest guest = make(ROOT);
	uint64_t frames[CORE_BATCH];
	bool data = false, text = false;
	struct core_first *first;
	size_t at = 0, count;

	for (uint64_t i = 0; i < 4; i++)
		pages[IMAGE2][8 + i] = (IMAGE + i * ENTRIES) << 12 | 0x83;
	first = collect(&guest);
	count = core_first_next(first, &at, frames);
	for (size_t i = 0; i < count; i++) {
		data |= frames[i] == IMAGE + 4 * ENTRIES - 1;
		text |= frames[i] == IMAGE;
	}
	ok(data && !text, "the image's end is before its begin");
	core_first_close(first);
}

static void test_five_levels(void)
{
	struct core_guest guest = make(20);
	struct core_first *first;

	pages[20][511] = ROOT << 12 | 7;
	pages[20][0] = ROOT << 12 | 7;
	vcpu.x64.ctrlreg[4] = 1 << 12;
	first = collect(&guest);
	vcpu.x64.ctrlreg[4] = 0;
	ok(core_first_has(first, LOW1) && core_first_has(first, MODULE),
	   "with five levels of tables");
	core_first_close(first);
}

static void test_hostile(void)
{
	struct core_guest guest = make(ROOT);
	struct core_first *first;

	for (unsigned int i = 0; i < ENTRIES; i++)
		pages[ROOT][i] = ROOT << 12 | 7;
	first = collect(&guest);
	ok(count_of(first) == 2, "a table that names itself alone");
	core_first_close(first);

	guest = make(ROOT);
	pages[HIGH3][510] = UINT64_MAX;
	pages[IMAGE2][8] = UINT64_MAX;
	pages[LOW1][3] = UINT64_MAX;
	pages[MODULES2][0] = UINT64_MAX & ~0x80ull;
	first = collect(&guest);
	ok(!core_first_has(first, FRAMES) && count_of(first) < 16,
	   "frames that no guest has stay out");
	core_first_close(first);

	guest = make(ROOT);
	guest.end_pfn = 1ull << 40;
	for (uint64_t i = 0; i < ENTRIES; i++) /* all of 2 GiB, spread */
		pages[IMAGE2][i] = (i * 1024 + 8192) << 12 | 0x83;
	first = collect(&guest);
	ok(count_of(first) == CORE_FIRST_MOST, "too much is cut");
	ok(core_first_has(first, MODULES1), "but has the tables");
	core_first_close(first);

	guest = make(FRAMES + 7);
	first = collect(&guest);
	ok(count_of(first) == 0, "a root that is not there");
	core_first_close(first);
}

/* --- in a walk --- */

static struct {
	unsigned int times[FRAMES];
	uint64_t order[FRAMES], count;
	bool rising;
} seen;

static int see(void *ctx, struct core_batch *batch)
{
	(void)ctx;
	for (size_t i = 0; i < batch->count && seen.count < FRAMES; i++) {
		seen.rising &= !i || batch->pfn[i] > batch->pfn[i - 1];
		seen.times[batch->pfn[i]]++;
		seen.order[seen.count++] = batch->pfn[i];
	}
	return 0;
}

static void test_walk(void)
{
	struct core_guest guest = make(ROOT);
	struct core_first *first = collect(&guest);
	struct core_frames *frames;
	bool once = true, before = true;
	size_t count = count_of(first);

	memset(&seen, 0, sizeof(seen));
	seen.rising = true;
	ok(core_frames_open(&memory, FRAMES, see, NULL, &frames) == 0 &&
	   core_frames_put_first(frames, first) == 0 && seen.count == count &&
	   core_frames_walk(frames, FRAMES) == 0, "a walk of all memory");
	for (uint64_t i = 0; i < FRAMES; i++)
		once &= seen.times[i] == 1;
	for (size_t i = 0; i < count; i++)
		before &= core_first_has(first, seen.order[i]);
	ok(once, "hands on each page once");
	ok(before && !core_first_has(first, seen.order[count]),
	   "those before all others");
	ok(seen.rising, "each batch by rising number");
	core_frames_close(frames);
	core_first_close(first);
}

/* A mark in the middle of a page of the image, and of a program's. */
static size_t is_marked(const unsigned char *page)
{
	return page[100] == 0x77;
}

static size_t is_nothing(const unsigned char *page)
{
	return page == NULL;
}

static void test_search(void)
{
	struct core_guest guest = make(ROOT);
	struct core_first *first = NULL;
	struct core_frames *frames;

	for (uint64_t i = 0; i < 8; i++)
		pages[IMAGE2][8 + i] = (IMAGE + i / 2 * ENTRIES) << 12 | 0x83;
	((unsigned char *)pages[IMAGE + 3])[100] = 0x77;
	((unsigned char *)pages[IMAGE + 3 * ENTRIES])[100] = 0x77;
	((unsigned char *)pages[3500])[100] = 0x77;
	memset(&seen, 0, sizeof(seen));
	ok(core_first_open_image(&memory, &guest, &first) == 0 &&
	   core_first_has(first, IMAGE + 3) && core_first_has(first, MODULE) &&
	   !core_first_has(first, LOW1), "for a search the image alone is "
	   "collected");
	ok(core_frames_open(&memory, FRAMES, see, NULL, &frames) == 0,
	   "and searched");
	core_frames_pick(frames, is_nothing);
	core_frames_pick_first(frames, is_marked);
	ok(core_frames_put_first(frames, first) == 0 &&
	   core_frames_walk(frames, FRAMES) == 0 &&
	   core_frames_flush(frames) == 0 && seen.count == 2 &&
	   seen.order[0] == IMAGE + 3 && seen.order[1] == IMAGE + 3 * ENTRIES,
	   "from its begin to its end, and by its own question");
	core_frames_close(frames);
	core_first_close(first);
}

int main(void)
{
	test_search();
	test_good();
	test_order();
	test_five_levels();
	test_hostile();
	test_walk();
	return done_testing();
}
