/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring of 5.10 and later: descriptors by number, their facts beside them,
 * their text in a second ring.  One that was half written is left out.
 */
#include <errno.h>
#include <string.h>

#include "kernel_ring.h"

/* The two highest bits of a descriptor's state. */
#define STATE_SHIFT 62
#define ID_BITS ((1ull << STATE_SHIFT) - 1)
enum { STATE_RESERVED, STATE_COMMITTED, STATE_FINALIZED, STATE_REUSABLE };

/* A block that has no text has odd positions. */
#define NO_TEXT 1ull
#define BLOCK_ID_BYTES 8u

struct prb {
	uint32_t desc_size, desc_state, desc_begin, desc_next;
	uint32_t info_size, info_ts, info_len;
	uint64_t descs, infos, head, tail, count;
	uint64_t data, data_size;
};

struct member {
	const char *name, *member;
	uint32_t width, offset;
};

static int find_members(const struct kernel_ring *ring, struct member *members,
			size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = kernel_ring_offset(ring, members[i].name,
				       members[i].member, members[i].width,
				       &members[i].offset);
	return r;
}

static int read_layout(const struct kernel_ring *ring, struct prb *prb)
{
	struct member m[] = {
		{ "prb_desc", "state_var", 8, 0 },
		{ "prb_desc", "text_blk_lpos", 16, 0 },
		{ "prb_data_blk_lpos", "begin", 8, 0 },
		{ "prb_data_blk_lpos", "next", 8, 0 },
		{ "printk_info", "ts_nsec", 8, 0 },
		{ "printk_info", "text_len", 2, 0 },
	};
	int r = find_members(ring, m, sizeof(m) / sizeof(*m));

	if (r == 0)
		r = kernel_ring_size(ring, "prb_desc", &prb->desc_size);
	if (r == 0)
		r = kernel_ring_size(ring, "printk_info", &prb->info_size);
	if (r)
		return r;
	prb->desc_state = m[0].offset;
	prb->desc_begin = m[1].offset + m[2].offset;
	prb->desc_next = m[1].offset + m[3].offset;
	prb->info_ts = m[4].offset;
	prb->info_len = m[5].offset;
	return prb->desc_begin + 8 > prb->desc_size ||
	       prb->desc_next + 8 > prb->desc_size ? -EINVAL : 0;
}

static int read_values(const struct kernel_ring *ring, uint64_t base,
		       struct member *members, size_t count,
		       uint64_t *ret_values)
{
	int r = find_members(ring, members, count);

	for (size_t i = 0; r == 0 && i < count; i++) {
		ret_values[i] = 0;
		r = guest_mem_read(ring->mem, base + members[i].offset,
				   &ret_values[i], members[i].width);
	}
	return r;
}

static int read_descs(const struct kernel_ring *ring, uint64_t base,
		      struct prb *prb)
{
	static const char name[] = "prb_desc_ring";
	struct member m[] = {
		{ name, "count_bits", 4, 0 }, { name, "descs", 8, 0 },
		{ name, "infos", 8, 0 }, { name, "head_id", 8, 0 },
		{ name, "tail_id", 8, 0 },
	};
	uint64_t value[sizeof(m) / sizeof(*m)];
	int r = read_values(ring, base, m, sizeof(m) / sizeof(*m), value);

	if (r)
		return r;
	if (!value[0] || value[0] > KERNEL_RING_COUNT_BITS_MOST)
		return -EINVAL;
	prb->count = 1ull << value[0];
	prb->descs = value[1];
	prb->infos = value[2];
	prb->head = value[3] & ID_BITS;
	prb->tail = value[4] & ID_BITS;
	return 0;
}

static int read_data(const struct kernel_ring *ring, uint64_t base,
		     struct prb *prb)
{
	static const char name[] = "prb_data_ring";
	struct member m[] = {
		{ name, "size_bits", 4, 0 }, { name, "data", 8, 0 },
	};
	uint64_t value[sizeof(m) / sizeof(*m)];
	int r = read_values(ring, base, m, sizeof(m) / sizeof(*m), value);

	if (r)
		return r;
	if (!value[0] || value[0] > KERNEL_RING_SIZE_BITS_MOST)
		return -EINVAL;
	prb->data_size = 1ull << value[0];
	prb->data = value[1];
	return 0;
}

static int open_prb(const struct kernel_ring *ring, struct prb *prb)
{
	struct member m[] = {
		{ "printk_ringbuffer", "desc_ring", 1, 0 },
		{ "printk_ringbuffer", "text_data_ring", 1, 0 },
	};
	uint64_t base;
	int r = find_members(ring, m, sizeof(m) / sizeof(*m));

	if (r == 0)
		r = kernel_ring_variable(ring, "prb", 8, &base);
	if (r == 0)
		r = read_layout(ring, prb);
	if (r == 0)
		r = read_descs(ring, base + m[0].offset, prb);
	if (r == 0)
		r = read_data(ring, base + m[1].offset, prb);
	return r;
}

static uint64_t get_u64(const unsigned char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Where the block's text is, at most *LEN bytes of it. */
static uint64_t find_text(const struct prb *prb, uint64_t begin, uint64_t next,
			  uint32_t *len)
{
	begin &= prb->data_size - 1;
	next &= prb->data_size - 1;
	if (begin > next) /* it did not fit before the end */
		begin = 0;
	begin += BLOCK_ID_BYTES;
	if (begin > next)
		*len = 0;
	else if (*len > next - begin)
		*len = (uint32_t)(next - begin);
	return prb->data + begin;
}

static int read_one(const struct kernel_ring *ring, const struct prb *prb,
		    uint64_t id)
{
	unsigned char desc[KERNEL_RING_STRUCT_MOST];
	unsigned char info[KERNEL_RING_STRUCT_MOST];
	char text[UINT16_MAX];
	uint64_t at = id & (prb->count - 1), begin, next, state;
	uint32_t len;
	uint16_t text_len;
	int r = guest_mem_read(ring->mem, prb->descs + at * prb->desc_size,
			       desc, prb->desc_size);

	if (r)
		return r;
	state = get_u64(desc + prb->desc_state);
	begin = get_u64(desc + prb->desc_begin);
	next = get_u64(desc + prb->desc_next);
	if ((state & ID_BITS) != id || (begin & next & NO_TEXT) ||
	    (state >> STATE_SHIFT != STATE_COMMITTED &&
	     state >> STATE_SHIFT != STATE_FINALIZED))
		return 0;
	r = guest_mem_read(ring->mem, prb->infos + at * prb->info_size, info,
			   prb->info_size);
	if (r)
		return r;
	memcpy(&text_len, info + prb->info_len, sizeof(text_len));
	len = text_len;
	begin = find_text(prb, begin, next, &len);
	r = guest_mem_read(ring->mem, begin, text, len);
	if (r == 0)
		kernel_log_add(ring->log, get_u64(info + prb->info_ts), text,
			       len);
	return r;
}

int kernel_ring_read_prb(const struct kernel_ring *ring)
{
	struct prb prb;
	uint64_t left;
	int r = open_prb(ring, &prb), first = 0;

	if (r)
		return r;
	left = ((prb.head - prb.tail) & ID_BITS) + 1;
	if (left > prb.count)
		left = prb.count;
	/* An unreadable record must not hide the next ones; but once the limit
	 * of reads is reached, there are no more. */
	while (left-- && r != -EDQUOT && r != -EPIPE) {
		r = read_one(ring, &prb, (prb.head - left) & ID_BITS);
		first = first ? first : r;
	}
	return first;
}
