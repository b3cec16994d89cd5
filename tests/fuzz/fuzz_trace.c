/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel's table of names and a backtrace, of a memory that is made up.  The
 * input changes a good memory, so that none is spent on what nobody reads: a
 * byte that chooses the tables' form and the registers, and then the changes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/kernel_syms_fake.h"
#include "change.h"
#include "core/kernel_note.h"

#define ROOM 8192
#define READS_MOST 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kernel_fake fake;
static struct kernel_syms_fake syms;
static struct guest_mem mem;
static struct kernel_trace trace;
static struct kernel_trace_regs regs;

static void make(uint8_t how)
{
	syms = (struct kernel_syms_fake){ .form = how & 3,
					  .addresses_last = how & 4 };
	kernel_fake_begin(&fake, &mem);
	mem.reads_left = READS_MOST;
	kernel_syms_fake_put(&fake, &syms);
	kernel_syms_fake_stack(&fake, &regs);
	if (how & 8) /* frame pointers */
		regs.rbp = regs.rsp + 8;
	if (how & 16) /* a stack beside */
		regs.rsp = FAKE_STACK - 0x100;
}

/* The tables, the code with the stack, the note, the page tables, registers. */
static unsigned char *place(uint16_t at, size_t width)
{
	size_t offset = at & 0x1fff;

	switch (at >> 13) {
	case 0:
		return (unsigned char *)fake.note +
		       offset % (fake.note_len - width);
	case 1:
		return fake.bytes + GUEST_MEM_PAGE_BYTES +
		       offset % 2560 * 8;
	case 2:
		return (unsigned char *)&regs + offset % (sizeof(regs) - width);
	case 3:
		return kernel_fake_at(&fake, FAKE_CODE) + offset % 0x800;
	case 4:
	case 5:
		return kernel_fake_at(&fake, FAKE_STACK_END - 0x1800) +
		       offset % (0x1800 - width);
	default:
		return kernel_fake_at(&fake, FAKE_SYMS) +
		       offset % (syms.end - FAKE_SYMS - width);
	}
}

/* No more lines than may be told, and of each form that there is. */
static void check(const char *text)
{
	size_t lines = 0;

	for (; *text; lines++) {
		const char *end = strchr(text, '\n');

		if (!end || (strncmp(text, "RIP: ", 5) != 0 && *text != ' '))
			abort();
		text = end + 1;
	}
	if (lines > KERNEL_TRACE_FRAMES)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *missing = NULL;
	char *note, *room;

	if (!size)
		return 0;
	make(data[0]);
	change(data + 1, size - 1, place);
	/* Of their own lengths, so that a byte too many is seen. */
	note = malloc(fake.note_len);
	room = malloc(ROOM);
	memcpy(note, fake.note, fake.note_len);
	if (kernel_note_is_valid(note, fake.note_len)) {
		int r = kernel_trace_read(&trace, &mem, note, fake.note_len,
					  &regs, room, ROOM, &missing);

		if (r == -ENOENT && missing && !missing[0])
			abort();
		check(room);
	}
	free(room);
	free(note);
	return 0;
}
