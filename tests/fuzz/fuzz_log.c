/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's memory, whole: its note, its page tables, its kernel's log in
 * each form, and the line that says why.  The input changes a good memory, so
 * that none is spent on what nobody reads: a byte that chooses the form and the
 * tables' levels, and then the changes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/kernel_fake.h"
#include "change.h"
#include "core/kernel_log.h"
#include "core/kernel_note.h"

#define ROOM 8192
#define READS_MOST 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kernel_fake fake;
static struct guest_mem mem;

static void make_ring(void)
{
	uint64_t at = 0;

	kernel_fake_prb(&fake, 3, 10);
	for (uint64_t id = 3; id <= 10; id++)
		at = kernel_fake_say(&fake, id, at, "Kernel panic - not syncing");
}

static void make_records(void)
{
	uint32_t at = 0;

	for (unsigned int i = 0; i < 6; i++)
		at = kernel_fake_record(&fake, at, "BUG: record");
	kernel_fake_records(&fake, 0, at);
}

static void make(unsigned int form, unsigned int levels)
{
	kernel_fake_begin(&fake, &mem);
	kernel_fake_map(&fake, &mem, levels);
	mem.reads_left = READS_MOST;
	if (form == 0)
		make_ring();
	else if (form == 1)
		make_records();
	else
		kernel_fake_flat(&fake, 500, 200);
}

/* The note, the data up to the end of the texts, the tables' entries. */
static unsigned char *place(uint16_t at, size_t width)
{
	size_t offset = at & 0x3fff;

	if (at & 0x8000)
		return (unsigned char *)fake.note +
		       offset % (fake.note_len - width);
	if (at & 0x4000)
		return fake.bytes + GUEST_MEM_PAGE_BYTES +
		       offset * 8 % (5 * GUEST_MEM_PAGE_BYTES);
	return fake.bytes + FAKE_DATA * GUEST_MEM_PAGE_BYTES + offset * 2;
}

static void read_log(const char *note, size_t note_len)
{
	/* Of its own length, so that a byte too many is seen. */
	char *room = malloc(ROOM);
	struct kernel_log log = { .at = room, .size = ROOM };
	struct kernel_task task;
	char line[64];

	kernel_log_read(&mem, note, note_len, &log);
	if (log.len > ROOM)
		abort();
	if (kernel_log_panic(&log, line, sizeof(line)) == 0)
		kernel_log_is_panic(line);
	room[log.len < ROOM ? log.len : ROOM - 1] = '\0';
	kernel_log_task(room, &task);
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *note;

	if (!size)
		return 0;
	make(data[0] % 3, 4 + data[0] / 3 % 2);
	change(data + 1, size - 1, place);
	note = malloc(fake.note_len);
	memcpy(note, fake.note, fake.note_len);
	if (kernel_note_is_valid(note, fake.note_len))
		read_log(note, fake.note_len);
	free(note);
	return 0;
}
