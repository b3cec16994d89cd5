/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mutated bytes say is to be changed in a good memory, one change after
 * the other: a place (two bytes), a width (one) and a value.  Where a place is,
 * the caller knows.
 */
#ifndef TESTS_FUZZ_CHANGE_H
#define TESTS_FUZZ_CHANGE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* PLACE has room for WIDTH bytes, whatever AT is. */
static inline void change(const uint8_t *data, size_t size,
			  unsigned char *(*place)(uint16_t at, size_t width))
{
	while (size > 3) {
		size_t width = data[2] % 8 + 1;
		uint16_t at;

		memcpy(&at, data, sizeof(at));
		data += 3;
		size -= 3;
		if (width > size)
			width = size;
		memcpy(place(at, width), data, width);
		data += width;
		size -= width;
	}
}

#endif
