/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Growing text, and the one place that decides which characters may be shown
 * as they are.  Writes to memory only.
 */
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void text_free(struct text *text)
{
	free(text->at);
	*text = (struct text){ 0 };
}

/* Makes room for LEN more bytes and a NUL. */
static bool reserve(struct text *text, size_t len)
{
	size_t cap = text->cap ? text->cap : 64;
	char *at;

	if (text->error)
		return false;
	while (cap - text->len <= len) {
		if (cap > SIZE_MAX / 2)
			goto no_memory;
		cap *= 2;
	}
	if (cap == text->cap)
		return true;
	at = realloc(text->at, cap);
	if (!at)
		goto no_memory;
	text->at = at;
	text->cap = cap;
	return true;

no_memory:
	text->error = -ENOMEM;
	return false;
}

void text_append_bytes(struct text *text, const char *s, size_t len)
{
	if (!len || !reserve(text, len))
		return;
	memcpy(text->at + text->len, s, len);
	text->len += len;
	text->at[text->len] = '\0';
}

void text_append(struct text *text, const char *s)
{
	text_append_bytes(text, s, strlen(s));
}

void text_printf(struct text *text, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len <= 0 || !reserve(text, len))
		return;
	va_start(args, fmt);
	vsnprintf(text->at + text->len, (size_t)len + 1, fmt, args);
	va_end(args);
	text->len += len;
}

void text_cut(struct text *text, size_t most)
{
	static const char mark[] = " ...";

	assert(most >= strlen(mark));
	if (text->len <= most)
		return;
	text->len = most - strlen(mark);
	text->at[text->len] = '\0';
	text_append(text, mark);
}

void text_append_clause(struct text *text, const char *fmt, ...)
{
	char clause[TEXT_CLAUSE_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(clause, sizeof(clause), fmt, args);
	va_end(args);
	if (text->len)
		text_append(text, "; ");
	text_append(text, clause);
}

const char *text_get(const struct text *text)
{
	return text->at ? text->at : "";
}

/*
 * Decodes the first character of S.  Returns its length, or 0 when it is no
 * well-formed UTF-8: overlong, a surrogate, over U+10FFFF, or cut off.
 */
static size_t decode_utf8(const unsigned char *s, size_t len, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t need = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 :
		      s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
	uint32_t code = need == 1 ? s[0] : s[0] & (0xffU >> (need + 1));

	if (!need || need > len)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[need] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return need;
}

/*
 * Characters that show nothing, turn the direction of what follows, or end a
 * line on some terminal.
 */
static bool is_deceptive(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x80, 0x9f },		/* C1 */
		{ 0xad, 0xad },		/* soft hyphen */
		{ 0x61c, 0x61c },	/* Arabic letter mark */
		{ 0x115f, 0x1160 },	/* Hangul fillers */
		{ 0x180b, 0x180f },	/* Mongolian selectors */
		{ 0x200b, 0x200f },	/* zero width, direction marks */
		{ 0x2028, 0x202e },	/* separators, embeddings, overrides */
		{ 0x2060, 0x206f },	/* invisible operators, isolates */
		{ 0x3164, 0x3164 },	/* Hangul filler */
		{ 0xfe00, 0xfe0f },	/* variation selectors */
		{ 0xfeff, 0xfeff },	/* byte order mark */
		{ 0xffa0, 0xffa0 },	/* half-width Hangul filler */
		{ 0xfff0, 0xffff },	/* interlinear marks, non-characters */
		{ 0xe0000, 0xe0fff },	/* tags, more selectors */
	};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

size_t text_escape_next(const char *s, size_t len,
			char ret_out[TEXT_ESCAPE_BYTES])
{
	unsigned char first = s[0];
	uint32_t code = 0;
	size_t used = decode_utf8((const unsigned char *)s, len, &code);

	if (!used || code < 0x20 || code == 0x7f) {
		snprintf(ret_out, TEXT_ESCAPE_BYTES, "\\x%02x", first);
		return 1;
	}
	if (is_deceptive(code)) {
		snprintf(ret_out, TEXT_ESCAPE_BYTES, "\\u{%04X}", code);
		return used;
	}
	if (first == '\\' || first == '"')
		*ret_out++ = '\\';
	memcpy(ret_out, s, used);
	ret_out[used] = '\0';
	return used;
}

void text_append_escaped(struct text *text, const char *s, size_t len)
{
	char out[TEXT_ESCAPE_BYTES];

	while (len) {
		size_t used = text_escape_next(s, len, out);

		text_append(text, out);
		s += used;
		len -= used;
	}
}

void text_append_lines(struct text *text, const char *s, size_t len)
{
	char out[TEXT_ESCAPE_BYTES];

	while (len) {
		size_t used = text_escape_next(s, len, out);

		if (*s == '"' || *s == '\n')
			text_append_bytes(text, s, 1);
		else
			text_append(text, out);
		s += used;
		len -= used;
	}
}

const char *text_escape(char *buf, size_t size, const char *s)
{
	char out[TEXT_ESCAPE_BYTES];
	size_t left = strlen(s), at = 0;

	while (left) {
		size_t used = text_escape_next(s, left, out);
		size_t len = strlen(out);

		if (len >= size - at)
			break;
		memcpy(buf + at, out, len);
		at += len;
		s += used;
		left -= used;
	}
	buf[at] = '\0';
	return buf;
}

int text_find(const char *const names[], size_t count, const char *name,
	      unsigned int *ret_index)
{
	for (size_t i = 0; i < count && names[i]; i++)
		if (strcmp(names[i], name) == 0) {
			if (ret_index)
				*ret_index = i;
			return 0;
		}
	return -EINVAL;
}

const char *text_copy(char *buf, size_t size, const char *s)
{
	size_t len = strnlen(s, size - 1);

	memcpy(buf, s, len);
	buf[len] = '\0';
	return buf;
}
