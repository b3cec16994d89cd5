/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk of a PV guest's table of frames, over a memory of the test's own:
 * right ones in both forms, and tables that lie.
 */
#include <errno.h>
#include <string.h>

#include "core_map_fake.h"
#include "port/core_p2m.h"
#include "tap.h"

#define HOST_FRAMES 8192u
#define ENTRIES 512u

static uint64_t pages[HOST_FRAMES][ENTRIES];
static bool there[HOST_FRAMES];

static const void *page_at(const struct core_map *map, uint64_t frame)
{
	(void)map;
	return frame < HOST_FRAMES && there[frame] ? pages[frame] : NULL;
}

static struct core_map memory = { .page_at = page_at };

static void forget_all(void)
{
	memset(pages, 0, sizeof(pages));
	memset(there, 0, sizeof(there));
	memory.calls = 0;
}

#define VADDR 0xffffc90000200000ull
#define PTE(frame) ((frame) << 12 | 0x8000000000000067ull)

/* The guest has PFN 0 to 2999 in frames 1000 and up, but for every tenth. */
#define PFNS 3000u
#define FIRST_MFN 1000u

static uint64_t mfn_of(uint64_t pfn)
{
	return pfn % 10 == 9 ? UINT64_MAX : FIRST_MFN + pfn;
}

static void put_entries(unsigned int first_frame)
{
	for (unsigned int i = 0; i < ENTRIES * 6; i++) {
		pages[first_frame + i / ENTRIES][i % ENTRIES] =
			i < PFNS ? mfn_of(i) : UINT64_MAX;
		there[first_frame + i / ENTRIES] = true;
	}
	for (unsigned int pfn = 0; pfn < PFNS; pfn++)
		if (mfn_of(pfn) != UINT64_MAX) {
			there[mfn_of(pfn)] = true;
			pages[mfn_of(pfn)][0] = pfn;
		}
}

/* Frames 1 to 4 are the page tables, 10 to 15 the list. */
static shared_info_t by_list(void)
{
	shared_info_t info = {0};

	forget_all();
	for (unsigned int level = 1; level < 4; level++) {
		unsigned int shift = 12 + 9 * (4 - level);

		pages[level][VADDR >> shift & 511] = PTE(level + 1ull);
		there[level] = true;
	}
	there[4] = true;
	for (unsigned int i = 0; i < 6; i++)
		pages[4][(VADDR >> 12 & 511) + i] = PTE(10ull + i);
	put_entries(10);
	info.arch.max_pfn = PFNS;
	info.arch.p2m_cr3 = 1 << 12;
	info.arch.p2m_vaddr = VADDR;
	return info;
}

/* Frame 1 names frame 2, which names frames 10 to 15. */
static shared_info_t by_tree(void)
{
	shared_info_t info = {0};

	forget_all();
	there[1] = there[2] = true;
	pages[1][0] = 2;
	for (unsigned int i = 0; i < 6; i++)
		pages[2][i] = 10 + i;
	put_entries(10);
	info.arch.max_pfn = PFNS;
	info.arch.pfn_to_mfn_frame_list_list = 1;
	return info;
}

struct seen {
	uint64_t count, wrong, last, batches;
};

static int see(void *ctx, struct core_batch *batch)
{
	struct seen *seen = ctx;

	seen->batches++;
	for (size_t i = 0; i < batch->count; i++) {
		uint64_t held;

		memcpy(&held, batch->pages + i * CORE_PAGE_BYTES,
		       sizeof(held));
		seen->wrong += held != batch->pfn[i] ||
			       batch->gmfn[i] != mfn_of(batch->pfn[i]) ||
			       (seen->count && batch->pfn[i] <= seen->last);
		seen->last = batch->pfn[i];
		seen->count++;
	}
	return 0;
}

/* What is picked; NULL: everything. */
static size_t (*wanted)(const unsigned char *page);

static int walk(const shared_info_t *info, uint64_t tot_pages,
		struct seen *ret_seen)
{
	unsigned char page[CORE_PAGE_BYTES] = {0};
	struct core_frames *frames;
	struct core_p2m p2m;
	int r;

	memset(ret_seen, 0, sizeof(*ret_seen));
	memcpy(page, info, sizeof(*info));
	r = core_p2m_find(page, 1 << 21, HOST_FRAMES, &p2m);
	if (r)
		return r;
	if (core_frames_open(&memory, tot_pages, see, ret_seen, &frames))
		return -ENOMEM;
	core_frames_pick(frames, wanted);
	r = core_p2m_walk(&p2m, &memory, frames);
	if (r == 0)
		r = core_frames_flush(frames);
	core_frames_close(frames);
	return r;
}

static void test_right(void)
{
	struct seen seen;
	shared_info_t info = by_list();

	ok(walk(&info, PFNS, &seen) == 0 && seen.count == PFNS / 10 * 9 &&
	   seen.wrong == 0, "a list by page tables gives each page once");
	info = by_tree();
	ok(walk(&info, PFNS, &seen) == 0 && seen.count == PFNS / 10 * 9 &&
	   seen.wrong == 0, "a tree of frames gives the same");
	ok(walk(&info, 100, &seen) == 0 && seen.count == 100,
	   "it ends when all that the hypervisor counts was found");
}

static void test_holes(void)
{
	struct seen seen;
	shared_info_t info = by_list();

	there[12] = false;
	ok(walk(&info, PFNS, &seen) == 0 && seen.wrong == 0 &&
	   seen.count > PFNS / 10 * 9 - ENTRIES && seen.count < PFNS / 10 * 9,
	   "a page of the list that is not there costs its own frames only");
	info = by_list();
	pages[3][VADDR >> 21 & 511] = 0;
	ok(walk(&info, PFNS, &seen) == 0 && seen.count == 0,
	   "page tables that end early give nothing");
	info = by_tree();
	pages[1][0] = UINT64_MAX;
	ok(walk(&info, PFNS, &seen) == 0 && seen.count == 0,
	   "nor does a tree that leads nowhere");
}

static void test_no_table(void)
{
	struct seen seen;
	shared_info_t info = by_list();

	info.arch.p2m_vaddr = 0xffff800000000000ull;
	ok(walk(&info, PFNS, &seen) == -EBADMSG,
	   "a list where the hypervisor is, is refused");
	info.arch.p2m_vaddr = 0xfffffffffffff000ull;
	ok(walk(&info, PFNS, &seen) == -EBADMSG, "as is one that wraps");
	info.arch.p2m_vaddr = 0x1000000000000000ull;
	ok(walk(&info, PFNS, &seen) == -EBADMSG, "or is not canonical");
	info.arch.p2m_vaddr = VADDR + 8;
	ok(walk(&info, PFNS, &seen) == -EBADMSG, "or begins within a page");
	info = by_tree();
	info.arch.pfn_to_mfn_frame_list_list = 0;
	ok(walk(&info, PFNS, &seen) == -EBADMSG, "a guest may have no table");
	info = by_tree();
	info.arch.max_pfn = 0;
	ok(walk(&info, PFNS, &seen) == -EBADMSG, "or one of no entries");
}

/* Two pages from each of those on. */
static size_t each_hundredth(const unsigned char *page)
{
	uint64_t pfn;

	memcpy(&pfn, page, sizeof(pfn));
	return pfn % 100 == 0 ? 2 : 0;
}

static size_t before_a_hole(const unsigned char *page)
{
	uint64_t pfn;

	memcpy(&pfn, page, sizeof(pfn));
	return pfn % 100 == 8 ? 5 : 0;
}

/* The 1024th page that there is has the number 1136. */
static size_t over_the_edge(const unsigned char *page)
{
	uint64_t pfn;

	memcpy(&pfn, page, sizeof(pfn));
	return pfn == 1131 ? 8 : 0;
}

static size_t at_the_end(const unsigned char *page)
{
	uint64_t pfn;

	memcpy(&pfn, page, sizeof(pfn));
	return pfn == PFNS - 3 ? 9 : 0;
}

static void test_pick(void)
{
	struct seen seen;
	shared_info_t info = by_list();

	wanted = each_hundredth;
	ok(walk(&info, PFNS, &seen) == 0 && seen.wrong == 0 &&
	   seen.count == 2 * PFNS / 100, "what is picked is given, and what "
	   "belongs to it");
	ok(walk(&info, 150, &seen) == 0 && seen.count == 4,
	   "what is not picked counts as found all the same");
	wanted = before_a_hole;
	ok(walk(&info, PFNS, &seen) == 0 && seen.wrong == 0 &&
	   seen.count == PFNS / 100, "not what only comes after a hole");
	wanted = over_the_edge;
	ok(walk(&info, PFNS, &seen) == 0 && seen.wrong == 0 &&
	   seen.count == 8 && seen.batches == 1,
	   "what goes on in the next batch is given at once");
	wanted = at_the_end;
	ok(walk(&info, PFNS, &seen) == 0 && seen.count == 2,
	   "what would go on after the end is given too");
	wanted = NULL;
}

/* All entries name one and the same page, and there are as many as may be. */
static void test_endless(void)
{
	struct seen seen;
	shared_info_t info = by_list();

	info.arch.max_pfn = UINT64_MAX;
	for (unsigned int i = 0; i < ENTRIES; i++) {
		pages[2][i] = PTE(3ull);
		pages[3][i] = PTE(4ull);
		pages[4][i] = PTE(10ull);
		pages[10][i] = FIRST_MFN;
	}
	ok(walk(&info, 5000, &seen) == 0 && seen.count == 5000,
	   "a table of a single page gives no more than the guest has");
	for (unsigned int i = 0; i < ENTRIES; i++)
		pages[10][i] = HOST_FRAMES - 1;
	memory.calls = 0;
	ok(walk(&info, 5000, &seen) == 0 && seen.count == 0 &&
	   memory.calls < 1 << 16, "frames that are not the guest's are not "
	   "asked for without end");
}

int main(void)
{
	test_right();
	test_holes();
	test_no_table();
	test_endless();
	test_pick();
	return done_testing();
}
