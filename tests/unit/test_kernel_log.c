/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a kernel's log out of memory: what a good guest left comes out, and
 * a hostile one gains nothing.  The memory is made up.
 */
#include <stdlib.h>

#include "core/kernel_log.h"
#include "kernel_fake.h"
#include "tap.h"

static struct kernel_fake fake;
static struct guest_mem mem;
static char room[16384];
static struct kernel_log out;

static int read_log(size_t size)
{
	int r;

	out = (struct kernel_log){ .at = room, .size = size - 1 };
	r = kernel_log_read(&mem, fake.note, fake.note_len, &out);
	room[out.len] = '\0';
	return r;
}

/* --- page tables --- */

static void test_walk(void)
{
	uint64_t frame = 0, value;

	for (unsigned int levels = 4; levels <= 5; levels++) {
		kernel_fake_begin(&fake, &mem);
		kernel_fake_map(&fake, &mem, levels);
		ok(guest_mem_translate(&mem, FAKE_BASE + 0x3456, &frame) == 0 &&
		   frame == FAKE_DATA + 3, "%u levels lead to the frame", levels);
		kernel_fake_put(&fake, FAKE_BASE + 0xffc, 0x1122334455667788, 8);
		memset(mem.slot, 0, sizeof(mem.slot));
		ok(guest_mem_read(&mem, FAKE_BASE + 0xffc, &value, 8) == 0 &&
		   value == 0x1122334455667788,
		   "%u levels: a read goes over the edge of a page", levels);
		ok(guest_mem_translate(&mem, 1ull << 57, &frame) == -EFAULT,
		   "%u levels: an address that cannot be has no frame", levels);
	}
	mem.levels = 6;
	ok(guest_mem_translate(&mem, FAKE_BASE, &frame) == -EFAULT,
	   "no other number of levels is walked");
}

static void test_walk_large(void)
{
	uint64_t frame = 0;

	kernel_fake_begin(&fake, &mem);
	kernel_fake_entry(&fake, 2, FAKE_BASE >> 21 & 511,
			  0x8000000040001081ull);
	ok(guest_mem_translate(&mem, FAKE_BASE + 0x12345, &frame) == 0 &&
	   frame == 0x40012, "a page of 2 MiB, its attributes left out");
	kernel_fake_begin(&fake, &mem);
	kernel_fake_entry(&fake, 3, FAKE_BASE >> 30 & 511, 0x40000081ull);
	ok(guest_mem_translate(&mem, FAKE_BASE + 0x12345, &frame) == 0 &&
	   frame == 0x41012, "a page of 1 GiB");
}

/* Whatever the frames' numbers are: each read costs system calls. */
static void test_walk_again(void)
{
	static const unsigned int apart[] = { 1, 8, 16, 32 };
	uint64_t value;

	for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++) {
		uint64_t other = FAKE_BASE + apart[i] * GUEST_MEM_PAGE_BYTES;

		kernel_fake_begin(&fake, &mem);
		for (unsigned int n = 0; n < 100; n++) {
			guest_mem_read(&mem, FAKE_BASE + n * 8, &value, 8);
			guest_mem_read(&mem, other + n * 8, &value, 8);
		}
		ok(fake.reads == 6, "pages %u apart, and the tables, are read "
		   "once", apart[i]);
	}
}

static void test_walk_hostile(void)
{
	uint64_t frame = 0;

	kernel_fake_begin(&fake, &mem);
	for (unsigned int i = 0; i < 512; i++)
		kernel_fake_entry(&fake, 4, i, 4 << 12 | 1);
	ok(guest_mem_translate(&mem, FAKE_BASE, &frame) == 0 && frame == 4,
	   "a table that names itself is walked to its end");
	ok(fake.reads == 1, "and read once");
	kernel_fake_begin(&fake, &mem);
	kernel_fake_entry(&fake, 2, FAKE_BASE >> 21 & 511, 0xffffffffff001ull);
	ok(guest_mem_translate(&mem, FAKE_BASE, &frame) == -ENOENT,
	   "a table that is nowhere is no table");
	kernel_fake_begin(&fake, &mem);
	mem.reads_left = 3;
	ok(guest_mem_translate(&mem, FAKE_BASE, &frame) == -EDQUOT,
	   "what may be read is counted");
}

/* --- the ring of 5.10 and later --- */

static void test_prb(void)
{
	uint64_t at = 32; /* behind what wraps */

	kernel_fake_begin(&fake, &mem);
	kernel_fake_prb(&fake, 20, 26);
	at = kernel_fake_say(&fake, 20, at, "first");
	kernel_fake_desc(&fake, 21, 2, 1, 1);	/* no text */
	kernel_fake_desc(&fake, 22, 0, at, at + 16);	/* half written */
	at = kernel_fake_say(&fake, 23, at, "Oops: 0002 [#1]");
	kernel_fake_desc(&fake, 24, 3, at, at + 16);	/* let go */
	/* Its block did not fit before the end of the ring, which is at 512. */
	kernel_fake_say(&fake, 25, 512, "wrapped");
	kernel_fake_desc(&fake, 25, 1, 480, 512 + 16);
	ok(read_log(sizeof(room)) == 0, "a ring is read");
	is_text(room, "[   20.000005] first\n[   23.000005] Oops: 0002 [#1]\n"
		"[   25.000005] wrapped\n", "what was written whole comes out");
	ok(!out.cut, "and nothing is missing");
}

static void test_prb_ids_wrap(void)
{
	uint64_t last = (1ull << 62) - 1;

	kernel_fake_begin(&fake, &mem);
	kernel_fake_prb(&fake, last, 1);
	kernel_fake_desc(&fake, last, 2, 0, 16);
	kernel_fake_info(&fake, last, 0, 1);
	kernel_fake_bytes(&fake, FAKE_TEXT + 8, "a", 1);
	kernel_fake_say(&fake, 0, 16, "b");
	kernel_fake_say(&fake, 1, 32, "c");
	ok(read_log(sizeof(room)) == 0 && out.len == 3 * 17,
	   "numbers of records start again at 0");
}

static void test_prb_hostile(void)
{
	static const struct {
		const char *what;
		uint64_t address, value;
		size_t width;
		int rc;
	} cases[] = {
		{ "head_id 1 << 61", FAKE_PRB + 24, 1ull << 61, 8, 0 },
		{ "tail_id beyond head_id", FAKE_PRB + 32, 1ull << 61, 8, 0 },
		{ "size_bits 31", FAKE_PRB + 40, 31, 4, -EINVAL },
		{ "size_bits 0", FAKE_PRB + 40, 0, 4, -EINVAL },
		{ "count_bits 31", FAKE_PRB, 31, 4, -EINVAL },
		{ "count_bits 0xffffffff", FAKE_PRB, UINT32_MAX, 4, -EINVAL },
		{ "descriptors nowhere", FAKE_PRB + 8, 0, 8, -EFAULT },
		{ "text nowhere", FAKE_PRB + 48, 0x7fffffffff00, 8, -EFAULT },
		{ "no ring", FAKE_BASE, UINT64_MAX - 8, 8, -EFAULT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int r;

		kernel_fake_begin(&fake, &mem);
		kernel_fake_prb(&fake, 1, 1);
		kernel_fake_say(&fake, 1, 0, "only");
		kernel_fake_put(&fake, cases[i].address, cases[i].value,
				cases[i].width);
		r = read_log(sizeof(room));
		if (!ok(r == cases[i].rc && fake.reads < 100,
			"hostile: %s ends at once", cases[i].what))
			printf("# rc %d, %u reads\n", r, fake.reads);
	}
}

static void test_prb_text_len(void)
{
	kernel_fake_begin(&fake, &mem);
	kernel_fake_prb(&fake, 1, 2);
	kernel_fake_say(&fake, 1, 0, "only");
	kernel_fake_info(&fake, 1, 0, 65535);
	kernel_fake_desc(&fake, 2, 2, 504, 8);	/* from its end to its start */
	kernel_fake_info(&fake, 2, 0, 65535);
	ok(read_log(sizeof(room)) == 0, "hostile: text_len 65535 is read");
	ok(out.len == 15 + 8 + 1 + 15 + 1, "not beyond the block");
}

static void test_note_hostile(void)
{
	static const char *const lines[][2] = {
		{ "SIZE(prb_desc)=", "4097" }, { "SIZE(prb_desc)=", "-1" },
		{ "SIZE(prb_desc)=", "0" }, { "SIZE(printk_info)=", "17" },
		{ "OFFSET(printk_info.text_len)=", "87" },
		{ "OFFSET(prb_data_blk_lpos.next)=", "9" },
		{ "OFFSET(prb_desc_ring.descs)=", "4294967295" },
		{ "SYMBOL(prb)=", "fffffffffffffffff" },
		{ "SYMBOL(prb)=", "xyz" }, { "SYMBOL(prb)=", "" },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char before[4096];
		size_t key = strlen(lines[i][0]);
		char *at;

		kernel_fake_begin(&fake, &mem);
		kernel_fake_prb(&fake, 1, 1);
		strcpy(before, fake.note);
		at = strstr(before, lines[i][0]);
		fake.note_len = 0;
		kernel_fake_note(&fake, "%.*s%s%s%s", (int)(at - before),
				 before, lines[i][0], lines[i][1],
				 strchr(at + key, '\n'));
		ok(read_log(sizeof(room)) < 0 && out.len == 0,
		   "hostile: %s%s is refused", lines[i][0], lines[i][1]);
	}
	kernel_fake_begin(&fake, &mem);
	ok(read_log(sizeof(room)) == -ENOENT, "a note that names no log");
}

/* --- before --- */

static void test_records(void)
{
	uint32_t at;

	kernel_fake_begin(&fake, &mem);
	at = kernel_fake_record(&fake, 0, "second");
	kernel_fake_records(&fake, 208, at);
	at = kernel_fake_record(&fake, 208, "first");
	kernel_fake_put(&fake, FAKE_LOG + at, 0, 8);
	kernel_fake_put(&fake, FAKE_LOG + at + 8, 0, 2); /* at the start again */
	ok(read_log(sizeof(room)) == 0, "records in a buffer are read");
	is_text(room, "[    7.000000] first\n[    7.000000] second\n",
		"in their order, over its end");
	kernel_fake_begin(&fake, &mem);
	at = kernel_fake_record(&fake, 0, "only");
	kernel_fake_records_of(&fake, "log", 0, at);
	ok(read_log(sizeof(room)) == 0, "those of Linux 3.6 to 3.10 as well");
	is_text(room, "[    7.000000] only\n", "whose struct has another name");
}

static void test_records_hostile(void)
{
	kernel_fake_begin(&fake, &mem);
	kernel_fake_records(&fake, 0, 128); /* nothing but zero lengths */
	ok(read_log(sizeof(room)) == -EINVAL, "hostile: a length of 0 for ever");
	kernel_fake_begin(&fake, &mem);
	kernel_fake_records(&fake, 0, 9); /* never met */
	for (uint32_t at = 0; at < FAKE_LOG_BYTES;)
		at = kernel_fake_record(&fake, at, "");
	ok(read_log(sizeof(room)) == 0 && out.len < 1024,
	   "hostile: an end that no record meets");
	kernel_fake_begin(&fake, &mem);
	kernel_fake_records(&fake, 0, 64);
	kernel_fake_record(&fake, 0, "x");
	kernel_fake_put(&fake, FAKE_LOG + 10, 65535, 2);
	ok(read_log(sizeof(room)) == -EINVAL, "hostile: more text than record");
	kernel_fake_put(&fake, FAKE_BASE + 8, UINT32_MAX, 4);
	memset(mem.slot, 0, sizeof(mem.slot));
	ok(read_log(sizeof(room)) == -EINVAL, "hostile: a buffer of 4 GiB");
	kernel_fake_begin(&fake, &mem);
	kernel_fake_records(&fake, UINT32_MAX, 64);
	ok(read_log(sizeof(room)) == -EINVAL, "hostile: a start outside");
}

static void test_flat(void)
{
	kernel_fake_begin(&fake, &mem);
	kernel_fake_flat(&fake, FAKE_LOG_BYTES + 4, 10);
	kernel_fake_bytes(&fake, FAKE_LOG + FAKE_LOG_BYTES - 6, "<4>one", 6);
	kernel_fake_bytes(&fake, FAKE_LOG, "two\n", 4);
	ok(read_log(sizeof(room)) == 0, "plain text is read");
	is_text(room, "<4>onetwo\n", "over the buffer's end");
	kernel_fake_put(&fake, FAKE_BASE + 20, UINT32_MAX, 4);
	memset(mem.slot, 0, sizeof(mem.slot));
	ok(read_log(sizeof(room)) == 0 && out.len == FAKE_LOG_BYTES,
	   "hostile: more text than the buffer has is the buffer");
}

/* --- the lines --- */

static void test_room(void)
{
	char line[] = "a line of the log that is not short at all";

	out = (struct kernel_log){ .at = room, .size = 4096 };
	for (unsigned int i = 0; i < 1000; i++)
		kernel_log_add(&out, i * 1000000000ull, line, strlen(line));
	room[out.len] = '\0';
	ok(out.cut && out.len <= 4096, "room that is full is not left");
	ok(strstr(room, "[  999.000000]") != NULL, "the newest line is kept");
	ok(room[0] == '[', "what is kept begins with a line");
	memset(room, 'x', sizeof(room));
	out = (struct kernel_log){ .at = room, .size = 4096 };
	for (unsigned int i = 0; i < 5; i++)
		kernel_log_add(&out, 0, room + 8192, 8192);
	ok(out.cut && out.len <= 4096, "a line that is too long is cut");
}

static void check_panic(const char *log, const char *line)
{
	char got[64] = "none";

	out = (struct kernel_log){ .at = room, .size = sizeof(room) };
	out.len = strlen(strcpy(room, log));
	kernel_log_panic(&out, got, sizeof(got));
	is_text(got, line, "the line that says why: %s", line);
}

static void test_panic(void)
{
	check_panic("[    1.0] BUG: one\n[    2.000000] Kernel panic - not "
		    "syncing: Fatal\n[    3.0] ---[ end ]---\n",
		    "Kernel panic - not syncing: Fatal");
	check_panic("[    1.0] BUG: one\n[    2.0] Oops: 0002 [#1]\n",
		    "Oops: 0002 [#1]");
	check_panic("[    1.0] all is well\n", "none");
	check_panic("", "none");
	check_panic("[1.0] BUG: ", "BUG: ");
	check_panic("[[[1.0] BUG: x", "[[[1.0] BUG: x");
	check_panic("BUG: 0123456789012345678901234567890123456789012345678901234567890123",
		    "BUG: 0123456789012345678901234567890123456789012345678901234567");
}

static void check_task(const char *log, int cpu, int pid, const char *text)
{
	struct kernel_task task = { 4711, 4711 };
	int r = kernel_log_task(log, &task);

	if (cpu < 0)
		ok(r == -ENOENT && task.cpu == 4711, "%s", text);
	else
		ok(r == 0 && task.cpu == (uint32_t)cpu &&
		   task.pid == (uint32_t)pid, "%s", text);
}

#define PANIC "[ 2.0] Kernel panic - not syncing: why\n"

static void test_task(void)
{
	check_task(PANIC "[ 2.0] CPU: 3 PID: 42 Comm: init\n"
		   "[ 2.1] CPU: 0 PID: 0 Comm: swapper/0\n", 3, 42,
		   "the task of the panic, not those that were shown after it");
	check_task("[ 1.0] CPU: 7 PID: 8 Comm: a\n[ 1.5] CPU: 1 PID: 9 Comm: "
		   "b\n" PANIC, 1, 9, "the task of the fault that led to it");
	check_task(PANIC "[ 2.0] CPU: 1 UID: 1000 PID: 77 Comm: sh\n", 1, 77,
		   "with its user's number, as from 6.11 on");
	check_task("[ 1.0] CPU: 1 PID: 9 Comm: b\n", -1, 0,
		   "none without a panic");
	check_task(PANIC, -1, 0, "none where it is not said");
	check_task(PANIC "CPU: 99999 PID: 1 Comm: x\nCPU: 1 PID: 4194305 C\n"
		   "CPU: 1 PID: -4 C\nCPU: 1 UID: 99999999999 PID: 4 C\n"
		   "CPU: 1 PID: 4\nCPU: ", -1, 0,
		   "numbers that cannot be are none");
}

/* --- by chance --- */

static void make_any(unsigned int form)
{
	uint64_t at = 0;

	kernel_fake_begin(&fake, &mem);
	if (form == 0) {
		kernel_fake_prb(&fake, 3, 10);
		for (uint64_t id = 3; id <= 10; id++)
			at = kernel_fake_say(&fake, id, at, "Oops: a line");
	} else if (form == 1) {
		for (unsigned int i = 0; i < 6; i++)
			at = kernel_fake_record(&fake, (uint32_t)at, "record");
		kernel_fake_records(&fake, 0, (uint32_t)at);
	} else {
		kernel_fake_flat(&fake, 500, 200);
	}
}

/* Values that arithmetic trips over, besides any byte. */
static void mutate(void)
{
	static const uint64_t odd[] = { 0, 1, 0x7f, 0xff, 0xffff, UINT32_MAX,
					1ull << 31, 1ull << 61, 3ull << 62,
					UINT64_MAX, FAKE_BASE };
	unsigned char *bytes = kernel_fake_at(&fake, FAKE_BASE);
	unsigned int at = (unsigned int)rand() % 0x1200;

	if (rand() % 4 == 0)
		at = (unsigned int)rand() % 0x200;
	if (rand() % 8 == 0)
		fake.note[(unsigned int)rand() % fake.note_len] = "0189af-=\n"[rand() % 9];
	else if (rand() % 8 == 0)
		fake.bytes[4096 + rand() % (4 * 4096)] ^= 1 << rand() % 8;
	else if (rand() % 2)
		bytes[at] = (unsigned char)rand();
	else
		memcpy(bytes + (at & ~7u), &odd[rand() % 11], 8);
}

static void test_chance(void)
{
	unsigned int rounds = tap_rounds(3000), bad = 0, lines = 0;
	char line[64];

	for (unsigned int i = 0; i < rounds; i++) {
		make_any(i % 3);
		for (int n = rand() % 12; n >= 0; n--)
			mutate();
		read_log(sizeof(room));
		kernel_log_panic(&out, line, sizeof(line));
		bad += out.len > sizeof(room) - 1 || fake.reads > 2000;
		lines += out.len > 0;
	}
	ok(bad == 0, "%u broken logs: none leaves its bounds", rounds);
	ok(lines > rounds / 10, "and some were read in part");
	printf("# %u of %u gave lines\n", lines, rounds);
}

int main(void)
{
	test_walk();
	test_walk_large();
	test_walk_again();
	test_walk_hostile();
	test_prb();
	test_prb_ids_wrap();
	test_prb_hostile();
	test_prb_text_len();
	test_note_hostile();
	test_records();
	test_records_hostile();
	test_flat();
	test_room();
	test_panic();
	test_task();
	test_chance();
	return done_testing();
}
