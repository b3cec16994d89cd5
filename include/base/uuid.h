/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's uuid as 16 bytes and as text.  Pure; generates nothing.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define UUID_BYTES 16
#define UUID_TEXT_BYTES 37 /* with the final NUL */

/* Writes the lower-case text form into TEXT; returns TEXT. */
const char *uuid_format(const uint8_t uuid[UUID_BYTES],
			char text[UUID_TEXT_BYTES]);

/* Reads the 36-character text form.  Returns 0, or -EINVAL. */
int uuid_parse(const char *text, uint8_t ret_uuid[UUID_BYTES]);

static inline bool uuid_equal(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, UUID_BYTES) == 0;
}

#endif
