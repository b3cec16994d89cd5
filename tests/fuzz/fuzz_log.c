/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's memory, whole: its note, its page tables, its kernel's log in
 * each form, and the line that says why.  The input is a byte that chooses
 * the tables' levels, the note's length, the note, and the memory from frame
 * 1 on.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel_log.h"
#include "core/kernel_note.h"

#define ROOM 8192
#define READS_MOST 20000

struct input {
	const uint8_t *at;
	size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The last page may be cut: the rest of it is empty. */
static int read_page(void *ctx, uint64_t frame, unsigned char *ret_page)
{
	const struct input *memory = ctx;
	size_t at, len;

	if (!frame || frame > memory->size / GUEST_MEM_PAGE_BYTES + 1)
		return -ENOENT;
	at = (frame - 1) * GUEST_MEM_PAGE_BYTES;
	len = memory->size - at < GUEST_MEM_PAGE_BYTES ?
		memory->size - at : GUEST_MEM_PAGE_BYTES;
	memset(ret_page, 0, GUEST_MEM_PAGE_BYTES);
	memcpy(ret_page, memory->at + at, len);
	return 0;
}

static void read_log(struct guest_mem *mem, const char *note, size_t note_len)
{
	static char room[ROOM];
	struct kernel_log log = { .at = room, .size = sizeof(room) };
	char line[64];

	kernel_log_read(mem, note, note_len, &log);
	if (log.len > sizeof(room))
		abort();
	if (kernel_log_panic(&log, line, sizeof(line)) == 0)
		kernel_log_is_panic(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guest_mem mem;
	struct input memory;
	char *note;
	size_t note_len;

	if (size < 3)
		return 0;
	note_len = data[1] | (size_t)data[2] << 8;
	if (note_len > size - 3)
		note_len = size - 3;
	/* Of its own length, so that a byte too many is seen. */
	note = malloc(note_len + 1);
	memcpy(note, data + 3, note_len);
	memory.at = data + 3 + note_len;
	memory.size = size - 3 - note_len;
	memset(&mem, 0, sizeof(mem));
	mem.read = read_page;
	mem.ctx = &memory;
	mem.levels = 4 + data[0] % 2;
	mem.root = mem.levels;
	mem.reads_left = READS_MOST;
	if (kernel_note_is_valid(note, note_len))
		read_log(&mem, note, note_len);
	free(note);
	return 0;
}
