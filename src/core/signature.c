/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers, addresses and counts become one sign; a bugcheck's code stays, for
 * it is the cause.
 */
#include "core/signature.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS_DIGITS 8u /* so many hexadecimal letters are no word */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t word_length(const char *s)
{
	size_t len = 0;

	while (is_word(s[len]))
		len++;
	return len;
}

static bool is_number(const char *word, size_t len)
{
	bool digit = false;

	if (len > 2 && word[0] == '0' && (word[1] | 0x20) == 'x')
		return true;
	for (size_t i = 0; i < len; i++) {
		if (!is_hex(word[i]))
			return false;
		digit |= is_digit(word[i]);
	}
	return digit || len >= ADDRESS_DIGITS;
}

/* "cpu12" is "cpu#". */
static size_t copy_word(const char *word, size_t len, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (!is_digit(word[i]))
			to[n++] = word[i];
		else if (!i || !is_digit(word[i - 1]))
			to[n++] = '#';
	return n;
}

static bool follows(const char *begin, const char *at, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(at - begin) >= len && memcmp(at - len, word, len) == 0;
}

/* Never longer than LINE. */
static void normalise(const char *line, char *to)
{
	const char *begin = line;
	size_t n = 0;

	while (*line) {
		size_t len = word_length(line);

		if (len && follows(begin, line, "bugcheck ")) {
			memcpy(to + n, line, len);
			n += len;
		} else if (len && is_number(line, len)) {
			to[n++] = '#';
		} else if (len) {
			n += copy_word(line, len, to + n);
		} else {
			len = 1;
			if (*line != ' ' || !n || to[n - 1] != ' ')
				to[n++] = *line;
		}
		line += len;
	}
	while (n && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
}

const char *signature_of(enum reason reason, const char *panic,
			 char ret_signature[SIGNATURE_BYTES])
{
	size_t n;

	ret_signature[0] = '\0';
	if (!panic[0] || strlen(panic) >= EVIDENCE_PANIC_BYTES)
		return ret_signature;
	n = (size_t)snprintf(ret_signature, 32, "%s: ", reason_name(reason));
	normalise(panic, ret_signature + (n < 32 ? n : 31));
	return ret_signature;
}
