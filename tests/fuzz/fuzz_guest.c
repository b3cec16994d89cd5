/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a worker itself reads of a guest before a parser has it: the frames, a
 * PV guest's own table of them, the page tables that lead to a kernel, and the
 * pages that may begin a kernel's note.  The input is a form, a size, and what
 * is changed in a good memory of a few frames.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/core_map_fake.h"
#include "change.h"
#include "core/kernel_note.h"
#include "port/core_first.h"
#include "port/core_frames.h"
#include "port/core_p2m.h"

#define FRAMES 16u
#define ENTRIES 512u
#define END_PFN (1ull << 14)
#define END_LARGE (1ull << 20)
#define CALLS_MOST (1ul << 15)

/* Of the form. */
#define TRANSLATED 1u
#define BY_TREE 2u
#define WANTED 4u
#define FIVE_LEVELS 8u
#define ON_DEMAND 16u
#define SHORT 32u	/* a PV guest that says it has four frames */
#define LARGE 64u	/* a kernel of more large pages than are taken */

/* Frame 1 is the shared info or the top page table, 2 to 5 lead on, 6 and 7 are
 * a PV guest's table. */
#define TOP 1u
#define TABLE 6u
#define VADDR 0xffffc90000000000ull

static uint64_t memory[FRAMES][ENTRIES];

struct seen {
	uint64_t pages, most, end;
	bool once, frames[FRAMES];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const void *page_at(const struct core_map *map, uint64_t frame)
{
	if (map->calls > CALLS_MOST)
		abort(); /* the guest would have us at it for ever */
	return frame < FRAMES ? memory[frame] : NULL;
}

static unsigned char *place(uint16_t at, size_t width)
{
	size_t most = sizeof(memory) - width;

	return (unsigned char *)memory + (at < most ? at : most);
}

/* Each level's entry for the list, or for a kernel, leads to the next. */
static void lead(unsigned int levels, uint64_t last)
{
	for (unsigned int level = 0; level < levels; level++) {
		uint64_t next = level + 1 < levels ? level + 3ull : last;

		for (unsigned int i = 0; i < ENTRIES; i++)
			memory[level + 2][i] = 0;
		memory[level + 2][0] = next << 12 | 0x67;
		memory[level + 2][ENTRIES - 1] = next << 12 | 0x67;
		memory[level + 2][VADDR >> 39 & (ENTRIES - 1)] =
			next << 12 | 0x67;
	}
}

static void make_memory(unsigned int form)
{
	shared_info_t info = { .arch.max_pfn = form & SHORT ? 4 : 1024 };

	memset(memory, 0, sizeof(memory));
	lead(4, TABLE);
	for (unsigned int i = 0; i < 2 * ENTRIES; i++)
		memory[TABLE + i / ENTRIES][i % ENTRIES] =
			i < FRAMES ? i : UINT64_MAX;
	if (form & BY_TREE)
		info.arch.pfn_to_mfn_frame_list_list = 2;
	else
		info.arch.p2m_cr3 = 2 << 12;
	info.arch.p2m_vaddr = VADDR;
	if (form & BY_TREE) {
		memory[2][0] = 3;
		memory[3][0] = TABLE;
		memory[3][1] = TABLE + 1;
	}
	for (uint64_t i = 0; form & LARGE && i < ENTRIES; i++)
		memory[4][i] = i << 21 | 0xe7;
	if (!(form & TRANSLATED))
		memcpy(memory[TOP], &info, sizeof(memory[TOP]) < sizeof(info) ?
		       sizeof(memory[TOP]) : sizeof(info));
}

static size_t note_pages_anywhere(const unsigned char *page)
{
	uint32_t offset = 0;
	size_t len = kernel_note_find(page, &offset);

	if (offset + KERNEL_NOTE_HEAD_BYTES > CORE_PAGE_BYTES)
		abort();
	return len ? (offset + len) / CORE_PAGE_BYTES + 1 : 0;
}

static size_t note_pages(const unsigned char *page)
{
	size_t len = kernel_note_head(page);

	return len ? len / CORE_PAGE_BYTES + 1 : 0;
}

static int see(void *ctx, struct core_batch *batch)
{
	struct seen *seen = ctx;

	seen->pages += batch->count;
	if (!batch->count || batch->count > CORE_BATCH ||
	    seen->pages > seen->most)
		abort();
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->pfn[i] >= seen->end || batch->gmfn[i] >= FRAMES ||
		    memcmp(batch->pages + i * CORE_PAGE_BYTES,
			   memory[batch->gmfn[i]], CORE_PAGE_BYTES))
			abort();
		if (seen->once && seen->frames[batch->gmfn[i]])
			abort();
		seen->frames[batch->gmfn[i]] = true;
	}
	return 0;
}

static void walk_table(struct core_map *map, struct core_frames *frames,
		       struct seen *seen)
{
	struct core_p2m p2m;

	if (core_p2m_find((const unsigned char *)memory[TOP], END_PFN, FRAMES,
			  &p2m))
		return;
	seen->end = p2m.end_pfn;
	(void)core_p2m_walk(&p2m, map, frames);
}

static void walk_tables(struct core_map *map, struct core_frames *frames,
			unsigned int form)
{
	static vcpu_guest_context_any_t vcpu;
	bool there = true;
	struct core_guest guest = { .translated = true,
				    .end_pfn = form & LARGE ? END_LARGE :
							      END_PFN,
				    .vcpu_count = 1, .vcpu_there = &there,
				    .vcpus = &vcpu };
	struct core_first *first = NULL;

	vcpu.x64.ctrlreg[3] = 2 << 12;
	vcpu.x64.ctrlreg[4] = form & FIVE_LEVELS ? 1 << 12 : 0;
	if ((form & WANTED ? core_first_open_image :
			     core_first_open)(map, &guest, &first) == 0)
		(void)core_frames_put_first(frames, first);
	(void)core_frames_walk(frames, END_PFN);
	core_first_close(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct core_map map = { .page_at = page_at };
	unsigned int form = size ? data[0] : 0;
	uint64_t tot_pages = size > 1 ? data[1] : FRAMES;
	struct seen seen = { .end = END_PFN, .most = tot_pages };
	struct core_frames *frames;

	make_memory(form);
	if (size > 2)
		change(data + 2, size - 2, place);
	seen.once = form & TRANSLATED;
	if (form & TRANSLATED)
		seen.most += CORE_GUEST_SHARED;
	if (core_frames_open(&map, tot_pages, see, &seen, &frames))
		return 0;
	core_frames_pick(frames, form & WANTED ? note_pages : NULL);
	core_frames_pick_first(frames, form & WANTED ? note_pages_anywhere :
						       NULL);
	if (form & ON_DEMAND)
		core_frames_limit_zeros(frames, tot_pages / 2);
	if (form & TRANSLATED)
		walk_tables(&map, frames, form);
	else
		walk_table(&map, frames, &seen);
	(void)core_frames_flush(frames);
	core_frames_close(frames);
	return 0;
}
