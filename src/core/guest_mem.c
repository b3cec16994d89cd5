/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The walk through the tables.  As many steps as there are levels, whatever
 * the entries point to: a table that names itself is just walked.
 */
#include "core/guest_mem.h"

#include <errno.h>
#include <string.h>

#define PAGE_SHIFT 12
#define INDEX_BITS 9
#define PRESENT 0x1ull
#define LARGE 0x80ull
#define FRAME_BITS 0x000ffffffffff000ull

/* The one that has FRAME, or the one that was not used for longest: a read
 * costs a system call of another process, and the tables are needed again for
 * each record. */
static struct guest_mem_slot *find_slot(struct guest_mem *mem, uint64_t frame)
{
	struct guest_mem_slot *oldest = mem->slot;

	for (unsigned int i = 0; i < GUEST_MEM_SLOTS; i++) {
		struct guest_mem_slot *slot = &mem->slot[i];

		if (slot->there && slot->frame == frame)
			return slot;
		if (!slot->there || (oldest->there &&
				     slot->used < oldest->used))
			oldest = slot;
	}
	return oldest;
}

/* The copy is good until the next call. */
static int get_page(struct guest_mem *mem, uint64_t frame,
		    const unsigned char **ret_page)
{
	struct guest_mem_slot *slot = find_slot(mem, frame);
	int r;

	if (!slot->there || slot->frame != frame) {
		if (!mem->reads_left)
			return -EDQUOT;
		mem->reads_left--;
		slot->there = false;
		r = mem->read(mem->ctx, frame, slot->page);
		if (r)
			return r;
		slot->there = true;
		slot->frame = frame;
	}
	slot->used = ++mem->uses;
	*ret_page = slot->page;
	return 0;
}

static bool is_canonical(const struct guest_mem *mem, uint64_t address)
{
	unsigned int bits = PAGE_SHIFT + INDEX_BITS * mem->levels - 1;
	uint64_t high = address >> bits;

	return high == 0 || high == UINT64_MAX >> bits;
}

static int get_entry(struct guest_mem *mem, uint64_t table, unsigned int shift,
		     uint64_t address, uint64_t *ret_entry)
{
	unsigned int index = (address >> shift) & ((1u << INDEX_BITS) - 1);
	const unsigned char *page;
	int r = get_page(mem, table, &page);

	if (r)
		return r;
	memcpy(ret_entry, page + index * sizeof(*ret_entry),
	       sizeof(*ret_entry));
	return *ret_entry & PRESENT ? 0 : -EFAULT;
}

int guest_mem_translate(struct guest_mem *mem, uint64_t address,
			uint64_t *ret_frame)
{
	uint64_t frame = mem->root, entry = 0;

	if ((mem->levels != 4 && mem->levels != 5) ||
	    !is_canonical(mem, address))
		return -EFAULT;
	for (unsigned int level = mem->levels; level > 0; level--) {
		unsigned int shift = PAGE_SHIFT + INDEX_BITS * (level - 1);
		int r = get_entry(mem, frame, shift, address, &entry);

		if (r)
			return r;
		frame = (entry & FRAME_BITS) >> PAGE_SHIFT;
		if (level == 1 || level > 3 || !(entry & LARGE))
			continue;
		/* A page of 2 MiB or 1 GiB: low bits are attributes. */
		shift -= PAGE_SHIFT;
		frame = (frame >> shift << shift) |
			((address >> PAGE_SHIFT) & ((1ull << shift) - 1));
		break;
	}
	*ret_frame = frame;
	return 0;
}

int guest_mem_read_part(struct guest_mem *mem, uint64_t address,
			void *ret_bytes, size_t len, size_t *ret_len)
{
	unsigned char *to = ret_bytes;

	*ret_len = 0;
	while (*ret_len < len) {
		size_t in_page = (address + *ret_len) % GUEST_MEM_PAGE_BYTES;
		size_t part = GUEST_MEM_PAGE_BYTES - in_page;
		const unsigned char *page;
		uint64_t frame;
		int r = guest_mem_translate(mem, address + *ret_len, &frame);

		if (r == 0)
			r = get_page(mem, frame, &page);
		if (r)
			return r;
		if (part > len - *ret_len)
			part = len - *ret_len;
		memcpy(to + *ret_len, page + in_page, part);
		*ret_len += part;
	}
	return 0;
}

int guest_mem_read(struct guest_mem *mem, uint64_t address, void *ret_bytes,
		   size_t len)
{
	size_t part;

	return guest_mem_read_part(mem, address, ret_bytes, len, &part);
}
