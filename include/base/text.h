/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounded text: building, escaping what a guest or an operator wrote, and finding
 * a name among others.  Writes to memory only.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* A growing string.  Starts as {0}; text_free() releases it. */
struct text {
	char *at;	/* NUL-terminated, or NULL while empty */
	size_t len;	/* bytes before the NUL */
	size_t cap;
	int error;	/* 0, or -ENOMEM once an append failed */
};

void text_free(struct text *text);
void text_append(struct text *text, const char *s);
void text_append_bytes(struct text *text, const char *s, size_t len);
void text_printf(struct text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Truncates a longer text to MOST bytes; the last of these are " ...". */
void text_cut(struct text *text, size_t most);

/* Appends a clause of limited length, after "; " if it is not the first. */
#define TEXT_CLAUSE_BYTES 1024
void text_append_clause(struct text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The content, "" while empty. */
const char *text_get(const struct text *text);

/*
 * Appends S with everything escaped that could move a cursor, forge a line
 * or hide text: C0, DEL, C1, bad UTF-8, bidirectional and line-separator
 * code points become \xHH or \u{HHHH}; a backslash and a double quote get a
 * backslash.  LEN bounds S, which need not be NUL-terminated.
 */
void text_append_escaped(struct text *text, const char *s, size_t len);

/* The same for text of several lines, as a person reads it: a line's end and a
 * quote stay what they are. */
void text_append_lines(struct text *text, const char *s, size_t len);

#define TEXT_ESCAPE_BYTES 12 /* the longest escape and its NUL: \u{10FFFF} */

/*
 * The step under both: writes the first character of S (LEN > 0 bytes) into
 * RET_OUT as above, NUL-terminated.  Returns how many bytes of S it stands for.
 */
size_t text_escape_next(const char *s, size_t len,
			char ret_out[TEXT_ESCAPE_BYTES]);

/* The same into a fixed buffer, cut at a whole escape; returns BUF. */
const char *text_escape(char *buf, size_t size, const char *s);

/*
 * Finds NAME in NAMES, of which there are COUNT, or which a NULL ends.  Returns 0, or
 * -EINVAL if it is not there.  An enum without a negative value is an unsigned int,
 * so that its names can be looked up as it is; RET_INDEX may be NULL.
 */
#define TEXT_FIND_ALL ((size_t)-1) /* the COUNT of a list that a NULL ends */
int text_find(const char *const names[], size_t count, const char *name,
	      unsigned int *ret_index);

/* Copies S into BUF, cut to SIZE - 1 bytes; returns BUF. */
const char *text_copy(char *buf, size_t size, const char *s);

#endif
