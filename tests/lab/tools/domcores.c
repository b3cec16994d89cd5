/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domcores A B: compares two cores of one domain page for page over the frames
 * that both hold, and prints "A-COUNT B-COUNT BOTH DIFFERENT ZERO": what was
 * held, and how many of A's pages are zero; then the first frame that differs,
 * with the bytes, and the first that only B holds.  Ends with 1 when any differs.
 * The wall clock in the one page that a guest shares with the hypervisor is not
 * the guest's: it is set when dom0's is, also while a core is written.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core_read.h"

static int open_or_say(const char *path, struct core_read *core)
{
	if (core_read_open(path, core) == 0)
		return 0;
	fprintf(stderr, "domcores: %s: %s\n", path, core->wrong);
	return -1;
}

/* wc_version, wc_sec, wc_nsec, wc_sec_hi of struct shared_info, public/xen.h. */
#define CLOCK_FIRST 0xc00
#define CLOCK_LAST 0xc0f

struct bytes {
	size_t first, last;
};

/* Returns whether they differ. */
static bool find_difference(const unsigned char *page,
			    const unsigned char *other, struct bytes *ret)
{
	size_t first = 0, last = CORE_READ_PAGE;

	while (first < last && page[first] == other[first])
		first++;
	while (last > first && page[last - 1] == other[last - 1])
		last--;
	*ret = (struct bytes){ first, last ? last - 1 : 0 };
	return first < last;
}

enum { SAME, DIFFERENT, CLOCK_ONLY };

/* -1: one cannot be read. */
static int compare(const struct core_read *a, size_t i,
		   const struct core_read *b, size_t j,
		   unsigned char page[CORE_READ_PAGE], struct bytes *ret_bytes)
{
	unsigned char other[CORE_READ_PAGE];

	if (core_read_page(a, i, page) || core_read_page(b, j, other))
		return -1;
	if (a->frames[i].gmfn && b->frames[j].gmfn &&
	    a->frames[i].gmfn != b->frames[j].gmfn)
		return DIFFERENT;
	if (!find_difference(page, other, ret_bytes))
		return SAME;
	return ret_bytes->first >= CLOCK_FIRST &&
	       ret_bytes->last <= CLOCK_LAST ? CLOCK_ONLY : DIFFERENT;
}

static void say_first_missing(const struct core_read *a,
			      const struct core_read *b)
{
	for (size_t i = 0; i < b->count; i++) {
		if (core_read_find(a, b->frames[i].pfn) < 0) {
			printf("the second alone has frame %#lx\n",
			       (unsigned long)b->frames[i].pfn);
			return;
		}
	}
}

int main(int argc, char **argv)
{
	static const unsigned char none[CORE_READ_PAGE];
	unsigned char page[CORE_READ_PAGE];
	size_t both = 0, different = 0, zero = 0, first = 0, clocks = 0;
	struct bytes bytes = { 0 }, where = { 0 };
	struct core_read a, b;

	if (argc != 3 || open_or_say(argv[1], &a) || open_or_say(argv[2], &b))
		return 2;
	for (size_t i = 0; i < a.count; i++) {
		long j = core_read_find(&b, a.frames[i].pfn);
		int how;

		memset(page, 1, sizeof(page));
		how = j >= 0 ? compare(&a, i, &b, (size_t)j, page, &bytes) :
			       core_read_page(&a, i, page);
		if (how == CLOCK_ONLY ? clocks++ > 0 : how != SAME) {
			first = different ? first : i;
			where = different++ ? where : bytes;
		}
		both += j >= 0;
		zero += memcmp(page, none, sizeof(page)) == 0;
	}
	printf("%zu %zu %zu %zu %zu\n", a.count, b.count, both, different,
	       zero);
	if (different)
		printf("frame %#lx differs in bytes %#zx to %#zx\n",
		       (unsigned long)a.frames[first].pfn, where.first,
		       where.last);
	say_first_missing(&a, &b);
	return different != 0;
}
