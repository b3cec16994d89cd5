/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file's layout: head, two bitmaps, a descriptor a page, the pages.  The
 * bitmaps are all that grows with the guest in memory.  Compresses nothing
 * itself.
 */
#include "dump/core_kdump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump/core_kdump_head.h"
#include "dump/core_kdump_sort.h"
#include "dump/core_pack.h"

/* So many pages a guest's walk puts first at most: page tables and image. */
#define IMAGE_PAGES (1u << 17)

struct kdump {
	const struct core_guest *guest;
	struct core_out *out;
	struct core_pack *pack;
	struct core_kdump_sort sort;
	struct core_kdump_head head;
	uint64_t bitmap_at, bitmap_bytes;
	struct core_kdump_info info;
	uint64_t info_pfn;	/* where the note's text goes on */
	size_t info_left;
	uint64_t pages_seen;	/* in search of it */
};

/* --- the kernel's note, as its page comes by --- */

static void take_text(struct kdump *kdump, const unsigned char *from,
		      size_t most)
{
	struct core_kdump_info *info = &kdump->info;
	size_t part = kdump->info_left < most ? kdump->info_left : most;

	memcpy(info->text + info->text_len, from, part);
	info->text_len += part;
	kdump->info_left -= part;
	kdump->info_pfn++;
}

/* Among the first pages, which hold the kernel's image, it may be anywhere in a
 * page; later only at a page's begin, for programs can write one as well. */
static size_t note_in(struct kdump *kdump, const unsigned char *page,
		      uint32_t *ret_offset)
{
	*ret_offset = 0;
	if (kdump->pages_seen++ < IMAGE_PAGES)
		return kernel_note_find(page, ret_offset);
	return page[0] == sizeof("VMCOREINFO") ? kernel_note_head(page) : 0;
}

/* A note is a few pages at most, and there is one: its other pages may be in
 * another batch, and are read by themselves. */
static void look_for_note(struct kdump *kdump, uint64_t pfn,
			  const unsigned char *page)
{
	struct core_kdump_info *info = &kdump->info;
	unsigned char more[CORE_PAGE_BYTES];
	uint32_t offset;

	if (info->text_len)
		return;
	kdump->info_left = note_in(kdump, page, &offset);
	kdump->info_pfn = pfn;
	offset += KERNEL_NOTE_HEAD_BYTES;
	if (kdump->info_left)
		take_text(kdump, page + offset, CORE_PAGE_BYTES - offset);
	while (kdump->info_left &&
	       kdump->guest->read(kdump->guest->source, kdump->info_pfn,
				  more) == 0)
		take_text(kdump, more, sizeof(more));
	if (kdump->info_left ||
	    !kernel_note_is_valid(info->text, info->text_len))
		info->text_len = 0;
}

/* --- pages --- */

static void take_figures(struct kdump *kdump, const struct core_batch *batch)
{
	struct capture_facts *facts = &kdump->out->facts;
	uint64_t bytes = 0, zeros = 0;

	core_pack_figures(kdump->pack, &bytes, &zeros);
	core_out_tell(kdump->out, batch, zeros - facts->zero_pages,
		      bytes - facts->bytes);
}

/* Batches in progress count uncompressed, unless that decides. */
static int has_room(struct kdump *kdump, const struct core_batch *batch)
{
	static const struct core_batch none;
	uint64_t more = batch->count *
			(CORE_PAGE_BYTES + sizeof(struct core_pack_desc));
	int r = core_out_room(kdump->out, more +
			      core_pack_pending(kdump->pack));

	if (r != CORE_OUT_CUT)
		return r;
	r = core_pack_wait(kdump->pack);
	if (r)
		return r;
	take_figures(kdump, &none);
	return core_out_room(kdump->out, more);
}

/* A core without the note is of no use: from a limit on it alone is wanted. */
static int take_batch(void *ctx, struct core_batch *batch)
{
	struct kdump *kdump = ctx;
	int r = kdump->out->cut ? CORE_OUT_CUT : has_room(kdump, batch);

	if (r < 0)
		return r;
	for (size_t i = 0; i < batch->count; i++)
		look_for_note(kdump, batch->pfn[i],
			      batch->pages + i * CORE_PAGE_BYTES);
	kdump->out->cut = r == CORE_OUT_CUT;
	if (kdump->out->cut)
		return kdump->info.text_len ? CORE_OUT_CUT : 0;
	r = core_kdump_sort_add(&kdump->sort, batch);
	if (r == 0)
		r = core_pack_add(kdump->pack, batch);
	if (r == 0)
		take_figures(kdump, batch);
	return r;
}

/* --- the whole --- */

/* Where a guest has no pages the bitmap stays a hole of the file: a page at a
 * high number costs no disk. */
static int write_bitmap(struct kdump *kdump, uint64_t at)
{
	const unsigned char *bits = kdump->sort.bits;
	uint64_t left = kdump->sort.bits_bytes;
	int r = 0;

	for (uint64_t done = 0; r == 0 && left;) {
		size_t part = left < CORE_PAGE_BYTES ? left : CORE_PAGE_BYTES;

		if (part < CORE_PAGE_BYTES || !core_out_is_zero(bits + done))
			r = core_out_write(kdump->out, bits + done, part,
					   at + done);
		done += part;
		left -= part;
	}
	return r;
}

static int write_bitmaps(struct kdump *kdump)
{
	int r = write_bitmap(kdump, kdump->bitmap_at);

	return r ? r : write_bitmap(kdump, kdump->bitmap_at +
					   kdump->bitmap_bytes);
}

/* Where descriptors begin is the bitmaps' end. */
static int prepare(struct kdump *kdump, bool zstd)
{
	const struct core_guest *guest = kdump->guest;
	uint64_t bits_per_block = CORE_PAGE_BYTES * 8ull;
	uint64_t blocks = (guest->end_pfn + bits_per_block - 1) /
			  bits_per_block;
	uint64_t desc_at, data_at;
	int r;

	kdump->bitmap_at = core_kdump_head_blocks(guest) * CORE_PAGE_BYTES;
	kdump->bitmap_bytes = blocks * CORE_PAGE_BYTES;
	desc_at = kdump->bitmap_at + 2 * kdump->bitmap_bytes;
	data_at = desc_at + guest->most_pages * sizeof(struct core_pack_desc);
	kdump->head.status = zstd ? CORE_PACK_ZSTD : CORE_PACK_ZLIB;
	kdump->head.end_pfn = guest->end_pfn;
	kdump->head.bitmap_blocks = 2 * blocks;
	r = core_kdump_sort_open(guest->end_pfn, desc_at, &kdump->sort);
	if (r)
		return r;
	return core_pack_open(kdump->out, kdump->head.status, desc_at,
			      (data_at + CORE_PAGE_BYTES - 1) /
			      CORE_PAGE_BYTES * CORE_PAGE_BYTES, &kdump->pack);
}

static int finish(struct kdump *kdump)
{
	static const struct core_batch none;
	int r = core_pack_wait(kdump->pack);
	uint64_t end = core_pack_end(kdump->pack);

	if (r)
		return r;
	take_figures(kdump, &none);
	kdump->head.pages = kdump->out->facts.pages;
	if (kdump->out->facts.truncated)
		kdump->head.status |= CORE_KDUMP_INCOMPLETE;
	r = core_kdump_sort_finish(&kdump->sort, kdump->out, end);
	if (r == 0)
		r = write_bitmaps(kdump);
	if (r == 0)
		r = core_kdump_head_write(kdump->guest, &kdump->head,
					  &kdump->info, kdump->out);
	if (r == 0 && ftruncate(kdump->out->fd, (off_t)end))
		r = -errno;
	return r;
}

int core_kdump_write(const struct core_guest *guest, bool zstd,
		     struct core_out *out)
{
	struct kdump *kdump = calloc(1, sizeof(*kdump));
	int r;

	if (!kdump)
		return -ENOMEM;
	kdump->guest = guest;
	kdump->out = out;
	out->facts = (struct capture_facts){ .tot_pages = guest->tot_pages };
	r = prepare(kdump, zstd);
	if (r == 0)
		r = guest->walk(guest->source, take_batch, kdump);
	core_out_judge(out, r);
	if (r >= 0)
		r = finish(kdump);
	core_pack_close(kdump->pack);
	core_kdump_sort_close(&kdump->sort);
	free(kdump);
	return r;
}
