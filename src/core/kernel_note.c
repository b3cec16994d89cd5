/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recognising and reading the note.  Every length is checked before it is
 * used.
 */
#include "core/kernel_note.h"

#include <errno.h>
#include <string.h>

#define LINE_MOST 512u
#define PAGE_BYTES 4096u

static const char first_key[] = "OSRELEASE=";

static const char name[12] = "VMCOREINFO";

/* ROOM, at least that of a head, ends where the page does: the first key may
 * go on in the next one. */
static size_t head_at(const unsigned char *at, size_t room)
{
	size_t key = sizeof(first_key) - 1;
	uint32_t head[3];

	memcpy(head, at, sizeof(head));
	if (head[0] != sizeof("VMCOREINFO") || head[2] != 0 ||
	    memcmp(at + sizeof(head), name, sizeof(name)) != 0)
		return 0;
	if (key > room - KERNEL_NOTE_HEAD_BYTES)
		key = room - KERNEL_NOTE_HEAD_BYTES;
	if (memcmp(at + KERNEL_NOTE_HEAD_BYTES, first_key, key) != 0)
		return 0;
	return head[1] <= KERNEL_NOTE_MOST_BYTES ? head[1] : 0;
}

size_t kernel_note_head(const unsigned char *page)
{
	return head_at(page, PAGE_BYTES);
}

size_t kernel_note_find(const unsigned char *page, uint32_t *ret_offset)
{
	const size_t before = 3 * sizeof(uint32_t);
	const unsigned char *at = page + before, *end = page + PAGE_BYTES;
	size_t len;

	while ((at = memmem(at, (size_t)(end - at), name, sizeof(name)))) {
		size_t offset = (size_t)(at - page) - before;

		at++;
		if (offset % sizeof(uint32_t) ||
		    offset + KERNEL_NOTE_HEAD_BYTES > PAGE_BYTES)
			continue;
		len = head_at(page + offset, PAGE_BYTES - offset);
		if (!len)
			continue;
		*ret_offset = (uint32_t)offset;
		return len;
	}
	return 0;
}

static size_t line_length(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	return end ? (size_t)(end - text) : len;
}

static bool is_valid_line(const char *line, size_t len)
{
	if (!len || len > LINE_MOST || !memchr(line, '=', len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (line[i] < 0x20 || line[i] > 0x7e)
			return false;
	return true;
}

bool kernel_note_is_valid(const char *text, size_t len)
{
	if (len < sizeof(first_key) || len > KERNEL_NOTE_MOST_BYTES ||
	    memcmp(text, first_key, sizeof(first_key) - 1) != 0)
		return false;
	while (len) {
		size_t line = line_length(text, len);

		if (!is_valid_line(text, line))
			return false;
		line += line < len;
		text += line;
		len -= line;
	}
	return true;
}

int kernel_note_text(const char *text, size_t len, const char *key,
		     char *ret_value, size_t size)
{
	size_t key_len = strlen(key);

	while (len) {
		size_t line = line_length(text, len);

		if (line > key_len && text[key_len] == '=' &&
		    memcmp(text, key, key_len) == 0) {
			size_t value = line - key_len - 1;

			if (value > size - 1)
				value = size - 1;
			memcpy(ret_value, text + key_len + 1, value);
			ret_value[value] = '\0';
			return 0;
		}
		line += line < len;
		text += line;
		len -= line;
	}
	return -ENOENT;
}

int kernel_note_number(const char *text, size_t len, const char *key,
		       int64_t *ret_number)
{
	char value[24];
	const char *at = value;
	uint64_t number = 0;
	int r = kernel_note_text(text, len, key, value, sizeof(value));

	if (r)
		return r;
	at += *at == '-';
	if (!*at || strlen(at) > 18)
		return -EINVAL;
	for (; *at; at++) {
		if (*at < '0' || *at > '9')
			return -EINVAL;
		number = number * 10 + (uint64_t)(*at - '0');
	}
	*ret_number = value[0] == '-' ? -(int64_t)number : (int64_t)number;
	return 0;
}
