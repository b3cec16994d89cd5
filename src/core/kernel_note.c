/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recognising and reading the note.  Every length is checked before it is
 * used.
 */
#include "core/kernel_note.h"

#include <errno.h>
#include <string.h>

#define LINE_MOST 512u

static const char first_key[] = "OSRELEASE=";

size_t kernel_note_head(const unsigned char *page)
{
	static const char name[12] = "VMCOREINFO";
	uint32_t head[3];

	memcpy(head, page, sizeof(head));
	if (head[0] != sizeof("VMCOREINFO") || head[2] != 0 ||
	    memcmp(page + sizeof(head), name, sizeof(name)) != 0 ||
	    memcmp(page + KERNEL_NOTE_HEAD_BYTES, first_key,
		   sizeof(first_key) - 1) != 0)
		return 0;
	return head[1] <= KERNEL_NOTE_MOST_BYTES ? head[1] : 0;
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
