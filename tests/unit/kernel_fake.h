/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel's memory made up: page tables, a note and a log in each of its
 * forms, for the readers of guest memory.  Not a test by itself.
 */
#ifndef TESTS_UNIT_KERNEL_FAKE_H
#define TESTS_UNIT_KERNEL_FAKE_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/guest_mem.h"

#define FAKE_PAGES 64u
#define FAKE_BASE 0xffffffff81000000ull	/* of the first data page */
#define FAKE_DATA 8u			/* its frame; the tables are below */

/* Frames 1 to 5 are tables, the root is the one of the level in use. */
struct kernel_fake {
	unsigned char bytes[FAKE_PAGES * GUEST_MEM_PAGE_BYTES];
	char note[4096];
	size_t note_len;
	unsigned int reads;
};

static inline int kernel_fake_read(void *ctx, uint64_t frame,
				   unsigned char *ret_page)
{
	struct kernel_fake *fake = ctx;

	fake->reads++;
	if (frame >= FAKE_PAGES)
		return -ENOENT;
	memcpy(ret_page, fake->bytes + frame * GUEST_MEM_PAGE_BYTES,
	       GUEST_MEM_PAGE_BYTES);
	return 0;
}

static inline unsigned char *kernel_fake_at(struct kernel_fake *fake,
					    uint64_t address)
{
	return fake->bytes + FAKE_DATA * GUEST_MEM_PAGE_BYTES +
	       (address - FAKE_BASE);
}

static inline void kernel_fake_put(struct kernel_fake *fake, uint64_t address,
				   uint64_t value, size_t width)
{
	memcpy(kernel_fake_at(fake, address), &value, width);
}

static inline void kernel_fake_bytes(struct kernel_fake *fake,
				     uint64_t address, const char *text,
				     size_t len)
{
	memcpy(kernel_fake_at(fake, address), text, len);
}

static inline void kernel_fake_entry(struct kernel_fake *fake, uint64_t frame,
				     unsigned int index, uint64_t entry)
{
	memcpy(fake->bytes + frame * GUEST_MEM_PAGE_BYTES + index * 8, &entry,
	       8);
}

__attribute__((format(printf, 2, 3)))
static inline void kernel_fake_note(struct kernel_fake *fake, const char *fmt,
				    ...)
{
	va_list args;

	va_start(args, fmt);
	fake->note_len += (size_t)vsnprintf(fake->note + fake->note_len,
			sizeof(fake->note) - fake->note_len, fmt, args);
	va_end(args);
}

/* Tables that map the data pages at FAKE_BASE; MEM reads them. */
static inline void kernel_fake_map(struct kernel_fake *fake,
				   struct guest_mem *mem, unsigned int levels)
{
	static const unsigned int shift[] = { 0, 12, 21, 30, 39, 48 };

	memset(mem, 0, sizeof(*mem));
	for (unsigned int level = 2; level <= 5; level++)
		kernel_fake_entry(fake, level,
				  FAKE_BASE >> shift[level] & 511,
				  (level - 1) << 12 | 1);
	for (unsigned int i = FAKE_DATA; i < FAKE_PAGES; i++)
		kernel_fake_entry(fake, 1, (FAKE_BASE >> 12 & 511) + i -
				  FAKE_DATA, (uint64_t)i << 12 | 1);
	mem->read = kernel_fake_read;
	mem->ctx = fake;
	mem->root = levels;
	mem->levels = levels;
	mem->reads_left = 100000;
}

static inline void kernel_fake_begin(struct kernel_fake *fake,
				     struct guest_mem *mem)
{
	memset(fake, 0, sizeof(*fake));
	kernel_fake_map(fake, mem, 4);
	kernel_fake_note(fake, "OSRELEASE=6.1.0-test\n");
}

/* --- 5.10 and later --- */

#define FAKE_PRB (FAKE_BASE + 0x100)
#define FAKE_DESCS (FAKE_BASE + 0x1000)
#define FAKE_INFOS (FAKE_BASE + 0x2000)
#define FAKE_TEXT (FAKE_BASE + 0x4ff0)	/* over the edge of a page */
#define FAKE_COUNT_BITS 4u
#define FAKE_SIZE_BITS 9u

static inline void kernel_fake_prb_note(struct kernel_fake *fake)
{
	kernel_fake_note(fake, "SYMBOL(prb)=%llx\n"
		"SIZE(printk_ringbuffer)=80\n"
		"OFFSET(printk_ringbuffer.desc_ring)=0\n"
		"OFFSET(printk_ringbuffer.text_data_ring)=40\n"
		"SIZE(prb_desc_ring)=40\n"
		"OFFSET(prb_desc_ring.count_bits)=0\n"
		"OFFSET(prb_desc_ring.descs)=8\n"
		"OFFSET(prb_desc_ring.infos)=16\n"
		"OFFSET(prb_desc_ring.head_id)=24\n"
		"OFFSET(prb_desc_ring.tail_id)=32\n"
		"SIZE(prb_desc)=24\n"
		"OFFSET(prb_desc.state_var)=0\n"
		"OFFSET(prb_desc.text_blk_lpos)=8\n"
		"SIZE(prb_data_blk_lpos)=16\n"
		"OFFSET(prb_data_blk_lpos.begin)=0\n"
		"OFFSET(prb_data_blk_lpos.next)=8\n"
		"SIZE(printk_info)=88\n"
		"OFFSET(printk_info.ts_nsec)=8\n"
		"OFFSET(printk_info.text_len)=16\n"
		"SIZE(prb_data_ring)=32\n"
		"OFFSET(prb_data_ring.size_bits)=0\n"
		"OFFSET(prb_data_ring.data)=8\n",
		(unsigned long long)FAKE_BASE);
}

static inline void kernel_fake_prb(struct kernel_fake *fake, uint64_t tail,
				   uint64_t head)
{
	kernel_fake_prb_note(fake);
	kernel_fake_put(fake, FAKE_BASE, FAKE_PRB, 8);
	kernel_fake_put(fake, FAKE_PRB, FAKE_COUNT_BITS, 4);
	kernel_fake_put(fake, FAKE_PRB + 8, FAKE_DESCS, 8);
	kernel_fake_put(fake, FAKE_PRB + 16, FAKE_INFOS, 8);
	kernel_fake_put(fake, FAKE_PRB + 24, head, 8);
	kernel_fake_put(fake, FAKE_PRB + 32, tail, 8);
	kernel_fake_put(fake, FAKE_PRB + 40, FAKE_SIZE_BITS, 4);
	kernel_fake_put(fake, FAKE_PRB + 48, FAKE_TEXT, 8);
}

/* Record ID in STATE, its block from BEGIN to NEXT. */
static inline void kernel_fake_desc(struct kernel_fake *fake, uint64_t id,
				    uint64_t state, uint64_t begin,
				    uint64_t next)
{
	uint64_t at = id & ((1u << FAKE_COUNT_BITS) - 1);
	uint64_t desc = FAKE_DESCS + at * 24;

	kernel_fake_put(fake, desc, state << 62 | (id & ~(3ull << 62)), 8);
	kernel_fake_put(fake, desc + 8, begin, 8);
	kernel_fake_put(fake, desc + 16, next, 8);
}

static inline void kernel_fake_info(struct kernel_fake *fake, uint64_t id,
				    uint64_t ts_nsec, uint16_t text_len)
{
	uint64_t at = id & ((1u << FAKE_COUNT_BITS) - 1);

	kernel_fake_put(fake, FAKE_INFOS + at * 88 + 8, ts_nsec, 8);
	kernel_fake_put(fake, FAKE_INFOS + at * 88 + 16, text_len, 2);
}

/* A whole record whose text lies at BEGIN of the ring; returns its end. */
static inline uint64_t kernel_fake_say(struct kernel_fake *fake, uint64_t id,
				       uint64_t begin, const char *text)
{
	uint64_t len = strlen(text), next = (begin + 8 + len + 7) & ~7ull;

	kernel_fake_desc(fake, id, 2, begin, next);
	kernel_fake_info(fake, id, id * 1000000000ull + 5000, (uint16_t)len);
	kernel_fake_bytes(fake, FAKE_TEXT + 8 +
			  (begin & ((1u << FAKE_SIZE_BITS) - 1)), text, len);
	return next;
}

/* --- before --- */

#define FAKE_LOG (FAKE_BASE + 0x1000)
#define FAKE_LOG_BYTES 256u

static inline void kernel_fake_buffer(struct kernel_fake *fake)
{
	kernel_fake_note(fake, "SYMBOL(log_buf)=%llx\nSYMBOL(log_buf_len)=%llx\n",
			 (unsigned long long)FAKE_BASE,
			 (unsigned long long)FAKE_BASE + 8);
	kernel_fake_put(fake, FAKE_BASE, FAKE_LOG, 8);
	kernel_fake_put(fake, FAKE_BASE + 8, FAKE_LOG_BYTES, 4);
}

static inline void kernel_fake_records_of(struct kernel_fake *fake,
					  const char *name, uint32_t first,
					  uint32_t next)
{
	kernel_fake_buffer(fake);
	kernel_fake_note(fake, "SYMBOL(log_first_idx)=%llx\n"
		"SYMBOL(log_next_idx)=%llx\nSIZE(%s)=16\n"
		"OFFSET(%s.ts_nsec)=0\nOFFSET(%s.len)=8\n"
		"OFFSET(%s.text_len)=10\n",
		(unsigned long long)FAKE_BASE + 16,
		(unsigned long long)FAKE_BASE + 20, name, name, name, name);
	kernel_fake_put(fake, FAKE_BASE + 16, first, 4);
	kernel_fake_put(fake, FAKE_BASE + 20, next, 4);
}

static inline void kernel_fake_records(struct kernel_fake *fake,
				       uint32_t first, uint32_t next)
{
	kernel_fake_records_of(fake, "printk_log", first, next);
}

static inline uint32_t kernel_fake_record(struct kernel_fake *fake,
					  uint32_t at, const char *text)
{
	uint64_t len = strlen(text), all = (16 + len + 7) & ~7ull;

	kernel_fake_put(fake, FAKE_LOG + at, 7000000000ull, 8);
	kernel_fake_put(fake, FAKE_LOG + at + 8, all, 2);
	kernel_fake_put(fake, FAKE_LOG + at + 10, len, 2);
	kernel_fake_bytes(fake, FAKE_LOG + at + 16, text, len);
	return at + (uint32_t)all;
}

static inline void kernel_fake_flat(struct kernel_fake *fake, uint32_t end,
				    uint32_t chars)
{
	kernel_fake_buffer(fake);
	kernel_fake_note(fake, "SYMBOL(log_end)=%llx\nSYMBOL(logged_chars)=%llx\n",
			 (unsigned long long)FAKE_BASE + 16,
			 (unsigned long long)FAKE_BASE + 20);
	kernel_fake_put(fake, FAKE_BASE + 16, end, 4);
	kernel_fake_put(fake, FAKE_BASE + 20, chars, 4);
}

#endif
