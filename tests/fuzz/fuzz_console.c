/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as the page of a guest's console and as the end of its log: the
 * last four are the index to which it wrote.  What came out is searched for
 * the cause.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/console_cause.h"
#include "core/console_tail.h"

#define OUT_AT 1024
#define PROD_AT 3084

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void search(const char *lines)
{
	struct console_cause cause;
	char *copy;

	if (console_cause(lines, &cause))
		return;
	copy = strdup(cause.line); /* its ends are the sanitizer's */
	assert(!copy || (copy[0] && strlen(copy) < sizeof(cause.line) &&
			 !strchr(copy, '\n') && cause.system[0]));
	free(copy);
}

static void check(int r, const struct text *text)
{
	search(text->at ? text->at : "");
	assert((r == 0) == (text->len > 0));
	for (size_t i = 0; i < text->len; i++)
		assert((unsigned char)text->at[i] >= 0x20 ||
		       text->at[i] == '\n');
	assert(!text->len || text->at[text->len - 1] == '\n');
}

static void read_ring(const uint8_t *data, size_t size)
{
	unsigned char *page = calloc(1, CONSOLE_TAIL_PAGE_BYTES);
	struct text text = { 0 };
	size_t n = size < PROD_AT - OUT_AT ? size : PROD_AT - OUT_AT;

	if (!page)
		return;
	memcpy(page + OUT_AT, data, n);
	if (size >= 4)
		memcpy(page + PROD_AT, data + size - 4, 4);
	check(console_tail_ring(page, &text), &text);
	text_free(&text);
	free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = { 0 };
	char *copy = malloc(size + !size);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	check(console_tail_lines(copy, size, size % 2, &text), &text);
	text_free(&text);
	free(copy);
	read_ring(data, size);
	return 0;
}
