/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * base/text: growing, cutting, and that nothing which moves a cursor, forges
 * a line or hides text passes the escape.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#include "tap.h"

/* Escapes LEN bytes that lie in memory of exactly that size. */
static char *escape(const char *s, size_t len)
{
	struct text text = { 0 };
	char *copy = malloc(len ? len : 1), *out;

	memcpy(copy, s, len);
	text_append_escaped(&text, copy, len);
	free(copy);
	out = strdup(text_get(&text));
	text_free(&text);
	return out;
}

static void expect(const char *s, size_t len, const char *expected,
		   const char *what)
{
	char *out = escape(s, len);

	is_text(out, expected, "%s", what);
	free(out);
}

#define EXPECT(s, expected, what) expect(s, sizeof(s) - 1, expected, what)

static void test_building(void)
{
	struct text text = { 0 };

	is_text(text_get(&text), "", "an empty text reads as \"\"");
	text_append(&text, "");
	ok(!text.at, "appending nothing allocates nothing");
	for (int i = 0; i < 1000; i++)
		text_printf(&text, "%03d,", i);
	ok(text.len == 4000 && strlen(text.at) == 4000 && !text.error,
	   "a thousand appends are all there");
	ok(strncmp(text.at + 4 * 537, "537,", 4) == 0, "and in their order");
	text_append_bytes(&text, "a\0b", 3);
	ok(text.len == 4003 && memcmp(text.at + 4000, "a\0b", 4) == 0,
	   "bytes are taken as they are, and a NUL follows");
	text_free(&text);
	ok(!text.at && !text.len, "freed, it is empty again");
	text_free(&text);
}

/* All 256 single bytes: only printable ASCII passes. */
static void test_byte_sweep(void)
{
	unsigned int wrong = 0;

	for (int byte = 0; byte < 256; byte++) {
		char in = byte, expected[8] = { byte };
		char *out = escape(&in, 1);

		if (byte == '\\' || byte == '"')
			snprintf(expected, sizeof(expected), "\\%c", byte);
		else if (byte < 0x20 || byte >= 0x7f)
			snprintf(expected, sizeof(expected), "\\x%02x", byte);
		wrong += strcmp(out, expected) != 0;
		free(out);
	}
	ok(wrong == 0, "every single byte is escaped as it should be");
}

static size_t encode(uint32_t code, char out[4])
{
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = len; i-- > 1; code >>= 6)
		out[i] = 0x80 | (code & 0x3f);
	out[0] = lead[len] | code;
	return len;
}

/* Checked against a list written down apart from that of the code. */
static bool must_be_hidden(uint32_t code)
{
	static const uint32_t bad[] = {
		0x85, 0x9b, 0xad, 0x61c, 0x180e, 0x200b, 0x200c, 0x200d,
		0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c,
		0x202d, 0x202e, 0x2060, 0x2066, 0x2067, 0x2068, 0x2069,
		0xfe0f, 0xfeff, 0xfff9, 0xfffb, 0xfffe, 0xffff, 0xe0001,
		0xe0041, 0xe007f, 0xe0100,
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (bad[i] == code)
			return true;
	return false;
}

/* Every code point there is: as it is, or as \u{...}; never anything else. */
static void test_code_points(void)
{
	unsigned int wrong = 0, missed = 0, shown = 0;

	for (uint32_t code = 0x80; code <= 0x10ffff; code++) {
		char in[5] = "", name[16], out[TEXT_ESCAPE_BYTES];
		size_t len = encode(code, in);

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		snprintf(name, sizeof(name), "\\u{%04X}", code);
		wrong += text_escape_next(in, len, out) != len;
		wrong += strcmp(out, in) != 0 && strcmp(out, name) != 0;
		shown += strcmp(out, in) == 0;
		missed += must_be_hidden(code) && strcmp(out, name) != 0;
	}
	ok(wrong == 0, "every code point is shown or named");
	ok(missed == 0, "no code point that deceives is shown");
	ok(shown > 1000000, "all others are shown");
}

static void test_bad_utf8(void)
{
	EXPECT("caf\xc3\xa9", "caf\xc3\xa9", "good UTF-8 passes");
	EXPECT("\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7", "so do four bytes");
	EXPECT("\xc3", "\\xc3", "a lead byte alone is escaped");
	EXPECT("\xc3(", "\\xc3(", "and does not swallow what follows");
	EXPECT("\xe2\x82", "\\xe2\\x82", "so is a cut sequence");
	EXPECT("\xc0\xaf", "\\xc0\\xaf", "overlong, two bytes");
	EXPECT("\xe0\x80\xaf", "\\xe0\\x80\\xaf", "overlong, three bytes");
	EXPECT("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf", "overlong, four");
	EXPECT("\xed\xa0\x80", "\\xed\\xa0\\x80", "a surrogate");
	EXPECT("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "over U+10FFFF");
	EXPECT("\xff\xfe", "\\xff\\xfe", "bytes that never occur");
}

static void test_forgeries(void)
{
	EXPECT("a\nb\r", "a\\x0ab\\x0d", "no line can be forged");
	EXPECT("\x1b[2J", "\\x1b[2J", "no escape sequence passes");
	EXPECT("\xc2\x9b" "2J", "\\u{009B}2J", "nor its C1 form");
	EXPECT("a\0b", "a\\x00b", "a NUL does not end the text");
	EXPECT("x\" y=\"z\\", "x\\\" y=\\\"z\\\\", "no quote ends a value");
	EXPECT("\xe2\x80\xae" "cod", "\\u{202E}cod", "no text runs backwards");
}

/* Nothing that comes out of random bytes may be unsafe. */
static void test_random(void)
{
	unsigned int unsafe = 0;

	for (unsigned int left = tap_rounds(20000); left > 0; left--) {
		char in[64], *out;
		size_t len = rand() % sizeof(in);

		for (size_t i = 0; i < len; i++)
			in[i] = rand();
		out = escape(in, len);
		for (const char *c = out; *c; c++)
			unsafe += (unsigned char)*c < 0x20 || *c == 0x7f;
		free(out);
	}
	ok(unsafe == 0, "no control byte comes out of random bytes");
}

/* At each size: terminated, inside the buffer, no half an escape. */
static void test_fixed_buffer(void)
{
	const char *in = "a\n\"\xe2\x80\xae\xc3\xa9z";
	const char *whole = "a\\x0a\\\"\\u{202E}\xc3\xa9z";
	/* where a cut may fall in WHOLE */
	static const size_t cuts[] = { 0, 1, 5, 7, 15, 17, 18 };
	unsigned int wrong = 0;

	for (size_t size = 1; size <= strlen(whole) + 3; size++) {
		char *buf = malloc(size);
		size_t best = 0;

		text_escape(buf, size, in);
		for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
			if (cuts[i] < size)
				best = cuts[i];
		wrong += strlen(buf) != best || strncmp(buf, whole, best) != 0;
		free(buf);
	}
	ok(wrong == 0, "a fixed buffer is cut at a whole escape");
}

static void test_copy(void)
{
	char buf[4];

	is_text(text_copy(buf, sizeof(buf), "abc"), "abc", "what fits is copied");
	is_text(text_copy(buf, sizeof(buf), "abcd"), "abc", "what does not is cut");
	is_text(text_copy(buf, 1, "abc"), "", "one byte holds the NUL");
}

static void test_clauses(void)
{
	struct text text = { 0 };

	text_append_clause(&text, "%d is %s", 1, "one");
	is_text(text_get(&text), "1 is one", "the first clause stands alone");
	text_append_clause(&text, "2 is two");
	is_text(text_get(&text), "1 is one; 2 is two", "others are set apart");
	text_append_clause(&text, "%2000d", 3);
	ok(text.len == strlen("1 is one; 2 is two; ") + TEXT_CLAUSE_BYTES - 1,
	   "one that is too long is cut");
	text_free(&text);
}

static void test_find(void)
{
	static const char *const names[] = { "one", "two", "three", NULL };
	unsigned int at = 7;

	ok(text_find(names, 3, "three", &at) == 0 && at == 2,
	   "a name is found by its place");
	ok(text_find(names, 2, "three", &at) == -EINVAL &&
	   text_find(names, 3, "tw", &at) == -EINVAL &&
	   text_find(names, 3, "twos", &at) == -EINVAL &&
	   text_find(names, 3, "", &at) == -EINVAL && at == 2,
	   "no other is, and nothing is said of it");
	ok(text_find(names, TEXT_FIND_ALL, "two", NULL) == 0 &&
	   text_find(names, TEXT_FIND_ALL, "four", NULL) == -EINVAL,
	   "a list may end by itself");
}

static void test_cut(void)
{
	struct text text = { 0 };

	text_append(&text, "0123456789");
	text_cut(&text, 10);
	is_text(text_get(&text), "0123456789", "what fits stays");
	text_cut(&text, 9);
	is_text(text_get(&text), "01234 ...", "what does not is cut, and says so");
	ok(text.len == 9, "to the bytes there are");
	text_free(&text);
}

static void test_lines(void)
{
	static const char said[] = "a \"b\"\n\tc\\\x1b[2J\n";
	struct text text = { 0 };

	text_append_lines(&text, said, sizeof(said) - 1);
	ok(strcmp(text_get(&text), "a \"b\"\n\\x09c\\\\\\x1b[2J\n") == 0,
	   "lines stay lines, and nothing in them moves a cursor");
	text_free(&text);
}

int main(void)
{
	test_building();
	test_byte_sweep();
	test_code_points();
	test_bad_utf8();
	test_forgeries();
	test_random();
	test_fixed_buffer();
	test_copy();
	test_clauses();
	test_find();
	test_cut();
	test_lines();
	return done_testing();
}
