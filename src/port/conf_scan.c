/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Splits a configuration file into the tokens of xl's grammar, as far as needed
 * to find the keys.  Checks no syntax.  Memory only.
 */
#include "port/conf_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CHARS "abcdefghijklmnopqrstuvwxyz"
#define NAME_CHARS FIRST_CHARS "0123456789._"

/* Far more than there are; finding duplicates takes its square. */
#define KEYS_MAX 1000

struct scanner {
	const char *at, *end;
	unsigned int line;
	const char *why; /* set: the text is to be refused */
};

enum token {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_VALUE,	/* a string or a number */
	TOKEN_SIGN,	/* one of = + [ and so on: the first byte decides */
};

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

/* Spaces, ends of lines and comments, which mean the same to us. */
static void skip_blank(struct scanner *s)
{
	bool comment = false;

	for (; s->at < s->end; s->at++) {
		if (*s->at == '\n') {
			s->line++;
			comment = false;
		} else if (*s->at == '#') {
			comment = true;
		} else if (!comment && *s->at != ' ' && *s->at != '\t') {
			return;
		}
	}
}

/*
 * To behind the closing quote.  A string ends with its line at the latest;
 * libxlutil then names the error.  Its own reading of \x and of octal is
 * broken (xlu__cfgl_dequote drops the character), so both are refused.
 */
static void skip_string(struct scanner *s)
{
	char quote = *s->at++;

	while (s->at < s->end && *s->at != quote && *s->at != '\n') {
		if (*s->at == '\\' && s->at + 1 < s->end && s->at[1] != '\n') {
			s->at++;
			if (is_one_of(*s->at, "0123456789x"))
				s->why = "numeric escapes are not understood";
		}
		s->at++;
	}
	if (s->at < s->end && *s->at == quote)
		s->at++;
}

static void skip_chars(struct scanner *s, const char *set)
{
	while (s->at < s->end && is_one_of(*s->at, set))
		s->at++;
}

/* The next token begins at *RET_START, on s->line. */
static enum token next_token(struct scanner *s, const char **ret_start)
{
	skip_blank(s);
	*ret_start = s->at;
	if (s->at == s->end)
		return TOKEN_END;
	if (is_one_of(*s->at, FIRST_CHARS)) {
		skip_chars(s, NAME_CHARS);
		return TOKEN_NAME;
	}
	if (*s->at == '"' || *s->at == '\'') {
		skip_string(s);
		return TOKEN_VALUE;
	}
	if (is_one_of(*s->at, "0123456789")) {
		skip_chars(s, "0123456789abcdefx");
		return TOKEN_VALUE;
	}
	s->at++;
	return TOKEN_SIGN;
}

static struct conf_key *add_key(struct conf_scan *scan)
{
	struct conf_key *keys;

	/* Doubled at each power of two, which needs no capacity to be kept. */
	if ((scan->count & (scan->count - 1)) == 0) {
		size_t cap = scan->count ? 2 * scan->count : 1;

		keys = reallocarray(scan->keys, cap, sizeof(*keys));
		if (!keys)
			return NULL;
		scan->keys = keys;
	}
	return &scan->keys[scan->count++];
}

/* In a correct file a name is always a key. */
static int scan_keys(struct scanner *s, struct conf_scan *scan)
{
	struct conf_key *key = NULL;
	bool before_value = false;
	const char *start;
	enum token token;

	while ((token = next_token(s, &start)) != TOKEN_END && !s->why) {
		if (token == TOKEN_NAME && scan->count == KEYS_MAX) {
			s->why = "more than 1000 keys in one file";
		} else if (token == TOKEN_NAME) {
			key = add_key(scan);
			if (!key)
				return -ENOMEM;
			*key = (struct conf_key){ .name = start, .line = s->line,
						  .len = s->at - start };
		} else if (key) {
			key->is_addition |= *start == '+';
			key->is_list |= *start == '[' && before_value;
		}
		before_value = *start == '=';
	}
	return s->why ? -EINVAL : 0;
}

static unsigned int line_of(const char *data, const char *at)
{
	unsigned int line = 1;

	for (; data < at; data++)
		line += *data == '\n';
	return line;
}

int conf_scan(const char *data, size_t len, struct conf_scan *ret_scan,
	      unsigned int *ret_line, const char **ret_why)
{
	struct scanner s = { .at = data, .end = data + len, .line = 1 };
	struct conf_scan scan = { 0 };
	const char *nul = memchr(data, '\0', len);
	int rc;

	/* libxlutil's lexer takes a NUL for the end of a string, and asserts. */
	if (nul) {
		*ret_line = line_of(data, nul);
		*ret_why = "a NUL byte; is this a text file?";
		return -EINVAL;
	}
	rc = scan_keys(&s, &scan);
	if (rc) {
		*ret_line = s.line;
		*ret_why = s.why;
		conf_scan_free(&scan);
		return rc;
	}
	*ret_scan = scan;
	return 0;
}

void conf_scan_free(struct conf_scan *scan)
{
	free(scan->keys);
	*scan = (struct conf_scan){ 0 };
}

const struct conf_key *conf_scan_find(const struct conf_scan *scan,
				      const char *name, size_t len)
{
	for (size_t i = 0; i < scan->count; i++)
		if (scan->keys[i].len == len &&
		    memcmp(scan->keys[i].name, name, len) == 0)
			return &scan->keys[i];
	return NULL;
}
