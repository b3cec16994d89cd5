/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A uuid's text form, both ways.  Pure; generates nothing.
 */
#include "base/uuid.h"

#include <errno.h>

/* A dash follows the bytes 3, 5, 7 and 9. */
static bool is_before_dash(unsigned int byte)
{
	return byte >= 3 && byte <= 9 && byte % 2 == 1;
}

const char *uuid_format(const uint8_t uuid[UUID_BYTES],
			char text[UUID_TEXT_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	char *at = text;

	for (unsigned int i = 0; i < UUID_BYTES; i++) {
		*at++ = digits[uuid[i] >> 4];
		*at++ = digits[uuid[i] & 15];
		if (is_before_dash(i))
			*at++ = '-';
	}
	*at = '\0';
	return text;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int uuid_parse(const char *text, uint8_t ret_uuid[UUID_BYTES])
{
	uint8_t uuid[UUID_BYTES];

	for (unsigned int i = 0; i < UUID_BYTES; i++) {
		int high = digit_value(*text);
		int low = high < 0 ? -1 : digit_value(text[1]);

		if (low < 0)
			return -EINVAL;
		uuid[i] = high << 4 | low;
		text += 2;
		if (is_before_dash(i) && *text++ != '-')
			return -EINVAL;
	}
	if (*text != '\0')
		return -EINVAL;
	memcpy(ret_uuid, uuid, UUID_BYTES);
	return 0;
}
