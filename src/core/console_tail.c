/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the console's ring: an index may be any number, and is only ever
 * used within the ring.
 */
#include "core/console_tail.h"

#include <errno.h>
#include <string.h>

/* struct xencons_interface of Xen's public headers (io/console.h). */
#define OUT_AT 1024u
#define OUT_BYTES 2048u
#define OUT_PROD_AT 3084u

/* What a terminal needs and a reader does not: NUL, and CR before LF. */
static size_t clean(const char *from, size_t len, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!from[i] || (from[i] == '\r' &&
				 (i + 1 == len || from[i + 1] == '\n' ||
				  from[i + 1] == '\r')))
			continue;
		to[n++] = from[i] == '\t' ? ' ' : from[i];
	}
	return n;
}

static void append_cleaned(const char *bytes, size_t len, struct text *text)
{
	char part[512];

	while (len) {
		size_t n = len < sizeof(part) ? len : sizeof(part);

		/* Neither a character nor CR and LF are torn apart. */
		while (n < len && n > sizeof(part) - 8 &&
		       ((bytes[n] & 0xc0) == 0x80 || bytes[n - 1] == '\r'))
			n--;
		text_append_lines(text, part, clean(bytes, n, part));
		bytes += n;
		len -= n;
	}
}

int console_tail_lines(const char *bytes, size_t len, bool cut,
		       struct text *text)
{
	const char *line = cut ? memchr(bytes, '\n', len) : NULL;
	size_t begun = text->len;

	if (line && line + 1 < bytes + len) {
		len -= (size_t)(line + 1 - bytes);
		bytes = line + 1;
	}
	append_cleaned(bytes, len, text);
	if (text->error)
		return text->error;
	if (text->len == begun)
		return -ENOENT;
	if (text->at[text->len - 1] != '\n')
		text_append(text, "\n");
	return text->error;
}

uint32_t console_tail_written(const unsigned char *page)
{
	uint32_t prod;

	memcpy(&prod, page + OUT_PROD_AT, sizeof(prod));
	return prod;
}

int console_tail_ring(const unsigned char *page, struct text *text)
{
	const char *out = (const char *)page + OUT_AT;
	char flat[OUT_BYTES];
	uint32_t prod = console_tail_written(page), len, at;

	len = prod < OUT_BYTES ? prod : OUT_BYTES;
	at = (prod - len) % OUT_BYTES;
	memcpy(flat, out + at, OUT_BYTES - at);
	memcpy(flat + OUT_BYTES - at, out, at);
	return console_tail_lines(flat, len, prod > OUT_BYTES, text);
}
