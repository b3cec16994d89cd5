/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's note as it is found among a guest's pages, and what is asked
 * of it.  The input is a page that may be cut, and what follows it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/guest_mem.h"
#include "core/kernel_note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const char *text, size_t len)
{
	static const char *const keys[] = { "OSRELEASE", "BUILD-ID", "PAGESIZE",
					    "SYMBOL(prb)", "NUMBER(phys_base)" };
	char value[16];
	int64_t number;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		kernel_note_text(text, len, keys[i], value, sizeof(value));
		kernel_note_number(text, len, keys[i], &number);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char page[GUEST_MEM_PAGE_BYTES];
	size_t left = size > KERNEL_NOTE_HEAD_BYTES ?
		size - KERNEL_NOTE_HEAD_BYTES : 0, len;
	uint32_t offset = 0;
	char *text;

	memset(page, 0, sizeof(page));
	memcpy(page, data, size < sizeof(page) ? size : sizeof(page));
	len = kernel_note_find(page, &offset);
	if (offset + KERNEL_NOTE_HEAD_BYTES > sizeof(page))
		abort();
	len = kernel_note_head(page);
	if (len > KERNEL_NOTE_MOST_BYTES)
		abort();
	if (!len || len > left)
		len = left;
	text = malloc(len + 1);
	memcpy(text, data + (size - left), len);
	kernel_note_is_valid(text, len);
	ask(text, len);
	free(text);
	return 0;
}
