/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sorting in the file, in bounded memory: each descriptor names its page, and
 * the bitmap says how many come before it.
 */
#include "dump/core_kdump_sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump/core_pack.h"

#define DESC_BYTES sizeof(struct core_pack_desc)
#define CHUNK 1024u
#define GROUP 4096u	/* pages whose count is remembered */

int core_kdump_sort_open(uint64_t end_pfn, uint64_t desc_at,
			 struct core_kdump_sort *ret_sort)
{
	struct core_kdump_sort sort = { .end_pfn = end_pfn,
					.desc_at = desc_at };

	sort.bits_bytes = (end_pfn + GROUP - 1) / GROUP * (GROUP / 8);
	sort.bits = calloc(1, sort.bits_bytes ? sort.bits_bytes : 1);
	if (!sort.bits)
		return -ENOMEM;
	*ret_sort = sort;
	return 0;
}

void core_kdump_sort_close(struct core_kdump_sort *sort)
{
	free(sort->bits);
	sort->bits = NULL;
}

int core_kdump_sort_add(struct core_kdump_sort *sort,
			const struct core_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		uint64_t pfn = batch->pfn[i];

		if (pfn >= sort->end_pfn ||
		    sort->bits[pfn / 8] & 1u << pfn % 8)
			return -EBADMSG;
		sort->bits[pfn / 8] |= (unsigned char)(1u << pfn % 8);
		sort->disordered |= pfn < sort->next_pfn;
		if (pfn >= sort->next_pfn)
			sort->next_pfn = pfn + 1;
		sort->count++;
	}
	return 0;
}

static unsigned int bits_in(const unsigned char *bits, size_t bytes)
{
	unsigned int count = 0;

	for (size_t i = 0; i < bytes; i++)
		count += (unsigned int)__builtin_popcount(bits[i]);
	return count;
}

/* How many pages there are before each group. */
static uint64_t *count_groups(const struct core_kdump_sort *sort)
{
	uint64_t groups = sort->bits_bytes / (GROUP / 8), before = 0;
	uint64_t *counts = calloc(groups + 1, sizeof(*counts));

	for (uint64_t i = 0; counts && i < groups; i++) {
		counts[i] = before;
		before += bits_in(sort->bits + i * (GROUP / 8), GROUP / 8);
	}
	return counts;
}

static uint64_t rank_of(const struct core_kdump_sort *sort,
			const uint64_t *counts, uint64_t pfn)
{
	uint64_t group = pfn / GROUP, first = group * (GROUP / 8);
	uint64_t rank = counts[group] +
			bits_in(sort->bits + first, pfn / 8 - first);

	return rank + (unsigned int)__builtin_popcount(
			      sort->bits[pfn / 8] & ((1u << pfn % 8) - 1));
}

static int read_chunk(const struct core_out *out, uint64_t at,
		      struct core_pack_desc *to, size_t count)
{
	ssize_t n = pread(out->fd, to, count * DESC_BYTES, (off_t)at);

	return n < 0 ? -errno : (size_t)n == count * DESC_BYTES ? 0 : -EIO;
}

/* Neighbours that stay neighbours are written at once. */
static int place_chunk(const struct core_kdump_sort *sort,
		       const uint64_t *counts, const struct core_out *out,
		       struct core_pack_desc *desc, size_t count)
{
	size_t first = 0;
	int r = 0;

	for (size_t i = 1; r == 0 && i <= count; i++) {
		uint64_t rank;

		if (i < count && desc[i].pfn == desc[i - 1].pfn + 1)
			continue;
		if (desc[first].pfn >= sort->end_pfn)
			return -EIO;
		rank = rank_of(sort, counts, desc[first].pfn);
		r = core_out_write(out, desc + first,
				   (i - first) * DESC_BYTES,
				   sort->desc_at + rank * DESC_BYTES);
		first = i;
	}
	return r;
}

static int copy_aside(const struct core_kdump_sort *sort,
		      const struct core_out *out, uint64_t aside,
		      struct core_pack_desc *chunk)
{
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < sort->count; at += CHUNK) {
		size_t count = sort->count - at < CHUNK ? sort->count - at :
							  CHUNK;

		r = read_chunk(out, sort->desc_at + at * DESC_BYTES, chunk,
			       count);
		if (r == 0)
			r = core_out_write(out, chunk, count * DESC_BYTES,
					   aside + at * DESC_BYTES);
	}
	return r;
}

static int place_all(const struct core_kdump_sort *sort,
		     const uint64_t *counts, const struct core_out *out,
		     uint64_t aside, struct core_pack_desc *chunk)
{
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < sort->count; at += CHUNK) {
		size_t count = sort->count - at < CHUNK ? sort->count - at :
							  CHUNK;

		r = read_chunk(out, aside + at * DESC_BYTES, chunk, count);
		if (r == 0)
			r = place_chunk(sort, counts, out, chunk, count);
	}
	return r;
}

int core_kdump_sort_finish(struct core_kdump_sort *sort,
			   const struct core_out *out, uint64_t end)
{
	struct core_pack_desc *chunk;
	uint64_t *counts;
	int r = -ENOMEM;

	if (!sort->disordered)
		return 0;
	chunk = calloc(CHUNK, sizeof(*chunk));
	counts = count_groups(sort);
	if (chunk && counts)
		r = copy_aside(sort, out, end, chunk);
	if (r == 0)
		r = place_all(sort, counts, out, end, chunk);
	free(chunk);
	free(counts);
	return r;
}
