/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * domcores A B: compares two cores of one domain page for page over the frames
 * that both hold, and prints "A-COUNT B-COUNT BOTH DIFFERENT ZERO": what was
 * held, and how many of A's pages are zero; then the first frame that differs
 * and the first that only B holds.  Ends with 1 when any differs.
 */
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

/* 0: same, 1: they differ, -1: one cannot be read. */
static int compare(const struct core_read *a, size_t i,
		   const struct core_read *b, size_t j,
		   unsigned char page[CORE_READ_PAGE])
{
	unsigned char other[CORE_READ_PAGE];

	if (core_read_page(a, i, page) || core_read_page(b, j, other))
		return -1;
	return memcmp(page, other, sizeof(other)) != 0 ||
	       (a->frames[i].gmfn && b->frames[j].gmfn &&
		a->frames[i].gmfn != b->frames[j].gmfn);
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
	size_t both = 0, different = 0, zero = 0, first = 0;
	struct core_read a, b;

	if (argc != 3 || open_or_say(argv[1], &a) || open_or_say(argv[2], &b))
		return 2;
	for (size_t i = 0; i < a.count; i++) {
		long j = core_read_find(&b, a.frames[i].pfn);

		memset(page, 1, sizeof(page));
		if (j >= 0 ? compare(&a, i, &b, (size_t)j, page) != 0 :
			     core_read_page(&a, i, page) != 0) {
			first = different ? first : i;
			different++;
		}
		both += j >= 0;
		zero += memcmp(page, none, sizeof(page)) == 0;
	}
	printf("%zu %zu %zu %zu %zu\n", a.count, b.count, both, different,
	       zero);
	if (different)
		printf("frame %#lx differs\n",
		       (unsigned long)a.frames[first].pfn);
	say_first_missing(&a, &b);
	return different != 0;
}
