/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * base/uuid: both directions, and every way a text can be wrong.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/uuid.h"

#include "tap.h"

#define TEXT "01234567-89ab-cdef-fedc-ba9876543210"

static const uint8_t bytes[UUID_BYTES] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
	0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
};

static void test_round_trip(void)
{
	char text[UUID_TEXT_BYTES];
	uint8_t uuid[UUID_BYTES] = { 0 };

	is_text(uuid_format(bytes, text), TEXT, "sixteen bytes become text");
	ok(uuid_parse(TEXT, uuid) == 0 && uuid_equal(uuid, bytes),
	   "the text becomes the same bytes");
	memset(uuid, 0, sizeof(uuid));
	ok(uuid_parse("01234567-89AB-CDEF-FEDC-BA9876543210", uuid) == 0 &&
	   uuid_equal(uuid, bytes), "capitals are read as well");
	uuid[15] ^= 1;
	ok(!uuid_equal(uuid, bytes), "one bit makes another uuid");
}

/* Each text in memory of its exact size: ASan sees one byte too many. */
static int parse_exact(const char *text, size_t len)
{
	uint8_t uuid[UUID_BYTES];
	char *copy = malloc(len + 1);
	int rc;

	memcpy(copy, text, len);
	copy[len] = '\0';
	rc = uuid_parse(copy, uuid);
	free(copy);
	return rc;
}

static void test_cuts(void)
{
	unsigned int wrong = 0;

	for (size_t len = 0; len < strlen(TEXT); len++)
		wrong += parse_exact(TEXT, len) != -EINVAL;
	ok(wrong == 0, "cut at any byte it is refused");
	ok(parse_exact(TEXT "0", strlen(TEXT) + 1) == -EINVAL,
	   "one byte more is refused");
}

/* At each place every byte that does not belong there. */
static void test_byte_sweep(void)
{
	unsigned int wrong = 0;

	for (size_t at = 0; at < strlen(TEXT); at++)
		for (int byte = 1; byte < 256; byte++) {
			char text[] = TEXT;
			bool fits = TEXT[at] == '-' ? byte == '-' :
				strchr("0123456789abcdefABCDEF", byte) != NULL;

			text[at] = byte;
			wrong += parse_exact(text, strlen(text)) !=
				 (fits ? 0 : -EINVAL);
		}
	ok(wrong == 0, "every byte at every place is judged right");
}

static void test_untouched(void)
{
	uint8_t uuid[UUID_BYTES];

	memcpy(uuid, bytes, sizeof(uuid));
	uuid_parse("ffffffff-ffff-ffff-ffff-fffffffffffg", uuid);
	ok(uuid_equal(uuid, bytes), "a bad text leaves the uuid as it was");
}

int main(void)
{
	test_round_trip();
	test_cuts();
	test_byte_sweep();
	test_untouched();
	return done_testing();
}
