/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON for a pipe that may end at a terminal: the same object, with all that
 * could act there written as JSON's own escapes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "xenvigil_cmd.h"

/* One UTF-16 unit, or the two of a surrogate pair. */
static void put_code(unsigned long code)
{
	if (code > 0xffff) {
		printf("\\u%04lx", 0xd800 + ((code - 0x10000) >> 10));
		code = 0xdc00 + ((code - 0x10000) & 0x3ff);
	}
	printf("\\u%04lx", code);
}

/* Only within a string is anything but printable ASCII and newlines. */
static size_t put_next(const char *at, size_t len)
{
	char out[TEXT_ESCAPE_BYTES];
	size_t used;

	if ((unsigned char)*at < 0x7f) {
		putchar(*at);
		return 1;
	}
	used = text_escape_next(at, len, out);
	if (out[0] != '\\')
		fputs(out, stdout);
	else if (out[1] == 'u')
		put_code(strtoul(out + 3, NULL, 16));
	else
		put_code(*at == 0x7f ? 0x7f : 0xfffd);
	return used;
}

void xenvigil_json_print(json_object *object)
{
	const char *at = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t left = at ? strlen(at) : 0;

	if (!at) {
		fputs("xenvigil: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	while (left) {
		size_t used = put_next(at, left);

		at += used;
		left -= used;
	}
	putchar('\n');
}
