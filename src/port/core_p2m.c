/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks the table in pieces, in limited memory.  Nothing in it is trusted:
 * frames are mapped by a handle that only reaches this guest, and the number of
 * read entries is limited.
 */
#include "port/core_p2m.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Entries (frames, or page-table entries) in a page of a 64-bit guest. */
#define ENTRIES 512u
#define PTE_FRAME(entry) (((entry) & 0x000ffffffffff000ull) >> XC_PAGE_SHIFT)

#define HYPERVISOR_FIRST 0xffff800000000000ull
#define HYPERVISOR_LAST 0xffff87ffffffffffull

struct walk {
	const struct core_p2m *p2m;
	struct core_map *map;
	struct core_frames *frames;
	uint64_t leaf[ENTRIES];		/* the part of the table's index ... */
	uint64_t leaf_at;		/* ... that is here, or UINT64_MAX */
	uint64_t tables[ENTRIES];	/* frames of the table */
	bool there[ENTRIES];
	uint64_t *entries;		/* their content */
	uint64_t pfn[CORE_BATCH], mfn[CORE_BATCH];
	size_t count;
};

static bool is_canonical(uint64_t vaddr)
{
	return (uint64_t)((int64_t)(vaddr << 16) >> 16) == vaddr;
}

static int check_list(const struct core_p2m *p2m)
{
	uint64_t last = p2m->vaddr + p2m->end_pfn * sizeof(uint64_t) - 1;

	if (p2m->vaddr % CORE_PAGE_BYTES || last < p2m->vaddr ||
	    !is_canonical(p2m->vaddr) || !is_canonical(last) ||
	    (p2m->vaddr <= HYPERVISOR_LAST && last >= HYPERVISOR_FIRST))
		return -EBADMSG;
	return 0;
}

int core_p2m_find(const unsigned char *shared_info, uint64_t most_pfn,
		  uint64_t end_mfn, struct core_p2m *ret_p2m)
{
	shared_info_t info;
	struct core_p2m p2m = { .end_mfn = end_mfn };
	int r = 0;

	memcpy(&info, shared_info, sizeof(info));
	p2m.end_pfn = info.arch.max_pfn < most_pfn ? info.arch.max_pfn :
						     most_pfn;
	p2m.root = info.arch.p2m_cr3 >> XC_PAGE_SHIFT;
	p2m.vaddr = info.arch.p2m_vaddr;
	p2m.tree = info.arch.pfn_to_mfn_frame_list_list;
	if (!p2m.end_pfn || (!p2m.root && (!p2m.tree || ~p2m.tree == 0)))
		return -EBADMSG;
	if (p2m.root)
		r = check_list(&p2m);
	if (r == 0)
		*ret_p2m = p2m;
	return r;
}

/* One page of 512 numbers, or of none when it is not there. */
static int read_table(struct walk *walk, uint64_t frame, uint64_t *ret_table)
{
	bool there = false;
	int r = frame ? core_map_copy(walk->map, &frame, 1,
				      (unsigned char *)ret_table, &there) : 0;

	if (!there)
		memset(ret_table, 0, ENTRIES * sizeof(*ret_table));
	return r < 0 ? r : 0;
}

/* The lowest page table of the address: its entries are of 512 pages of the
 * list. */
static int read_leaf_list(struct walk *walk, uint64_t vaddr)
{
	uint64_t frame = walk->p2m->root;
	int r = 0;

	for (int shift = 39; r == 0 && shift >= 12; shift -= 9) {
		r = read_table(walk, frame, walk->leaf);
		if (shift > 12)
			frame = PTE_FRAME(walk->leaf[vaddr >> shift &
						     (ENTRIES - 1)]);
	}
	for (unsigned int i = 0; i < ENTRIES; i++)
		walk->leaf[i] = PTE_FRAME(walk->leaf[i]);
	return r;
}

static int read_leaf_tree(struct walk *walk, uint64_t index)
{
	int r = read_table(walk, walk->p2m->tree, walk->leaf);

	return r ? r : index >= ENTRIES ? -EBADMSG :
	       read_table(walk, walk->leaf[index], walk->leaf);
}

/* The frame of page NUMBER of the table; 0 when there is none. */
static int table_frame(struct walk *walk, uint64_t number, uint64_t *ret_frame)
{
	uint64_t page = walk->p2m->root ?
		(walk->p2m->vaddr >> XC_PAGE_SHIFT) + number : number;
	uint64_t leaf = page / ENTRIES;
	int r = 0;

	if (walk->leaf_at != leaf) {
		walk->leaf_at = UINT64_MAX;
		r = walk->p2m->root ?
			read_leaf_list(walk, page << XC_PAGE_SHIFT) :
			read_leaf_tree(walk, leaf);
		if (r)
			return r;
		walk->leaf_at = leaf;
	}
	*ret_frame = walk->leaf[page % ENTRIES];
	return 0;
}

static int flush(struct walk *walk)
{
	size_t count = walk->count;

	walk->count = 0;
	return count ? core_frames_take(walk->frames, walk->pfn, walk->mfn,
					count) : 0;
}

/* What is no frame of the host (not there, or marked as somebody else's) is
 * not asked for. */
static int take_entry(struct walk *walk, uint64_t pfn, uint64_t mfn)
{
	if (mfn >= walk->p2m->end_mfn)
		return 0;
	walk->pfn[walk->count] = pfn;
	walk->mfn[walk->count++] = mfn;
	return walk->count == CORE_BATCH ? flush(walk) : 0;
}

static int take_tables(struct walk *walk, uint64_t first_pfn, size_t count)
{
	uint64_t end = walk->p2m->end_pfn - first_pfn;
	int r = core_map_copy(walk->map, walk->tables, count,
			      (unsigned char *)walk->entries, walk->there);

	for (uint64_t i = 0; r >= 0 && i < count * ENTRIES && i < end; i++)
		if (walk->there[i / ENTRIES] &&
		    !core_frames_done(walk->frames)) {
			r = take_entry(walk, first_pfn + i, walk->entries[i]);
			if (r)
				return r;
		}
	return r < 0 ? r : 0;
}

static int walk_all(struct walk *walk)
{
	uint64_t pages = (walk->p2m->end_pfn + ENTRIES - 1) / ENTRIES;
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < pages &&
			      !core_frames_done(walk->frames);) {
		uint64_t first = at;

		while (r == 0 && at < pages && at - first < ENTRIES) {
			r = table_frame(walk, at, &walk->tables[at - first]);
			at += r == 0;
		}
		if (r == 0)
			r = take_tables(walk, first * ENTRIES, at - first);
	}
	return r ? r : flush(walk);
}

int core_p2m_walk(const struct core_p2m *p2m, struct core_map *map,
		  struct core_frames *frames)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	int r = -ENOMEM;

	if (walk)
		walk->entries = malloc(ENTRIES * (size_t)CORE_PAGE_BYTES);
	if (walk && walk->entries) {
		walk->p2m = p2m;
		walk->map = map;
		walk->frames = frames;
		walk->leaf_at = UINT64_MAX;
		r = walk_all(walk);
	}
	if (walk)
		free(walk->entries);
	free(walk);
	return r;
}
