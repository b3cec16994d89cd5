/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The note's numbers, and the two forms before 5.10: records one after the
 * other in a buffer, and plain text.
 */
#include "kernel_ring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/kernel_note.h"

#define PIECE_BYTES 4096u

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int kernel_ring_symbol(const struct kernel_ring *ring, const char *name,
		       uint64_t *ret_address)
{
	char key[64], value[24];
	uint64_t address = 0;
	int r;

	snprintf(key, sizeof(key), "SYMBOL(%s)", name);
	r = kernel_note_text(ring->note, ring->note_len, key, value,
			     sizeof(value));
	if (r)
		return r;
	if (!value[0] || strlen(value) > 16)
		return -EINVAL;
	for (const char *at = value; *at; at++) {
		if (hex_digit(*at) < 0)
			return -EINVAL;
		address = address << 4 | (uint64_t)hex_digit(*at);
	}
	*ret_address = address;
	return 0;
}

static int get_number(const struct kernel_ring *ring, const char *key,
		      int64_t least, uint32_t *ret_number)
{
	int64_t number;
	int r = kernel_note_number(ring->note, ring->note_len, key, &number);

	if (r)
		return r;
	if (number < least || number > KERNEL_RING_STRUCT_MOST)
		return -EINVAL;
	*ret_number = (uint32_t)number;
	return 0;
}

int kernel_ring_size(const struct kernel_ring *ring, const char *name,
		     uint32_t *ret_size)
{
	char key[64];

	snprintf(key, sizeof(key), "SIZE(%s)", name);
	return get_number(ring, key, 1, ret_size);
}

int kernel_ring_offset(const struct kernel_ring *ring, const char *name,
		       const char *member, uint32_t width,
		       uint32_t *ret_offset)
{
	uint32_t size, offset;
	char key[64];
	int r = kernel_ring_size(ring, name, &size);

	snprintf(key, sizeof(key), "OFFSET(%s.%s)", name, member);
	if (r == 0)
		r = get_number(ring, key, 0, &offset);
	if (r == 0 && offset + width > size)
		r = -EINVAL;
	if (r == 0)
		*ret_offset = offset;
	return r;
}

int kernel_ring_variable(const struct kernel_ring *ring, const char *name,
			 size_t width, uint64_t *ret_value)
{
	uint64_t address, value = 0;
	int r = kernel_ring_symbol(ring, name, &address);

	if (r == 0)
		r = guest_mem_read(ring->mem, address, &value, width);
	if (r == 0)
		*ret_value = value;
	return r;
}

/* --- records in a buffer --- */

struct records {
	uint32_t head;	/* bytes before the text */
	uint32_t ts_nsec, len, text_len;
	uint64_t buf, size;
};

/* The struct is named "log" from 3.6 to 3.10, and in CentOS 7 for good. */
static int read_layout(const struct kernel_ring *ring, struct records *rec)
{
	const char *name = "printk_log";
	int r = kernel_ring_size(ring, name, &rec->head);

	if (r == -ENOENT) {
		name = "log";
		r = kernel_ring_size(ring, name, &rec->head);
	}
	if (r == 0)
		r = kernel_ring_offset(ring, name, "ts_nsec", 8,
				       &rec->ts_nsec);
	if (r == 0)
		r = kernel_ring_offset(ring, name, "len", 2, &rec->len);
	if (r == 0)
		r = kernel_ring_offset(ring, name, "text_len", 2,
				       &rec->text_len);
	return r;
}

static int read_buffer(const struct kernel_ring *ring, uint64_t *ret_buf,
		       uint64_t *ret_size)
{
	int r = kernel_ring_variable(ring, "log_buf", 8, ret_buf);

	if (r == 0)
		r = kernel_ring_variable(ring, "log_buf_len", 4, ret_size);
	if (r == 0 && (!*ret_size ||
		       *ret_size > 1ull << KERNEL_RING_SIZE_BITS_MOST))
		r = -EINVAL;
	return r;
}

static uint16_t get_u16(const unsigned char *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Returns the bytes until the next record, 0: the ring goes on at its start,
 * or -errno. */
static int read_record(const struct kernel_ring *ring,
		       const struct records *rec, uint64_t at)
{
	unsigned char head[KERNEL_RING_STRUCT_MOST];
	char text[UINT16_MAX];
	uint64_t ts_nsec;
	uint32_t len, text_len;
	int r;

	if (at + rec->head > rec->size)
		return 0;
	r = guest_mem_read(ring->mem, rec->buf + at, head, rec->head);
	if (r)
		return r;
	len = get_u16(head + rec->len);
	text_len = get_u16(head + rec->text_len);
	if (!len)
		return 0;
	if (len < rec->head || text_len > len - rec->head ||
	    at + len > rec->size)
		return -EINVAL;
	r = guest_mem_read(ring->mem, rec->buf + at + rec->head, text,
			   text_len);
	if (r)
		return r;
	memcpy(&ts_nsec, head + rec->ts_nsec, sizeof(ts_nsec));
	kernel_log_add(ring->log, ts_nsec, text, text_len);
	return (int)len;
}

int kernel_ring_read_records(const struct kernel_ring *ring)
{
	struct records rec;
	uint64_t at, end;
	bool wrapped = false;
	int r = read_layout(ring, &rec);

	if (r == 0)
		r = read_buffer(ring, &rec.buf, &rec.size);
	if (r == 0)
		r = kernel_ring_variable(ring, "log_first_idx", 4, &at);
	if (r == 0)
		r = kernel_ring_variable(ring, "log_next_idx", 4, &end);
	if (r == 0 && (at >= rec.size || end >= rec.size))
		r = -EINVAL;
	if (r)
		return r;
	/* Each record moves on by its own length, and once round is enough. */
	while (at != end && !(wrapped && at > end)) {
		r = read_record(ring, &rec, at);
		if (r < 0 || (r == 0 && wrapped))
			return r < 0 ? r : -EINVAL;
		wrapped |= r == 0;
		at = r ? at + (unsigned int)r : 0;
	}
	return 0;
}

/* --- plain text --- */

/* The text has line ends, and times if the kernel was configured to print
 * them. */
static int read_piece(const struct kernel_ring *ring, uint64_t address,
		      size_t len)
{
	struct kernel_log *log = ring->log;
	char piece[PIECE_BYTES];
	int r = guest_mem_read(ring->mem, address, piece, len);

	if (r)
		return r;
	if (len > log->size - log->len) {
		size_t keep = log->size / 2 < log->len ? log->size / 2 :
							 log->len;

		memmove(log->at, log->at + log->len - keep, keep);
		log->len = keep;
		log->cut = true;
	}
	if (len > log->size - log->len)
		return -ENOSPC;
	memcpy(log->at + log->len, piece, len);
	log->len += len;
	return 0;
}

int kernel_ring_read_flat(const struct kernel_ring *ring)
{
	uint64_t buf, size, end, count, at;
	int r = read_buffer(ring, &buf, &size);

	if (r == 0)
		r = kernel_ring_variable(ring, "log_end", 4, &end);
	if (r == 0)
		r = kernel_ring_variable(ring, "logged_chars", 4, &count);
	if (r)
		return r;
	if (count > size)
		count = size;
	at = (end - count) & UINT32_MAX; /* these two only grow, and wrap */
	while (r == 0 && count) {
		uint64_t begin = at % size;
		uint64_t len = size - begin < PIECE_BYTES ? size - begin :
							     PIECE_BYTES;

		if (len > count)
			len = count;
		r = read_piece(ring, buf + begin, len);
		at += len;
		count -= len;
	}
	return r;
}
