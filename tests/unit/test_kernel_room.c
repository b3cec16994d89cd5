/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel's log against the room that it is read into, to the byte: what fits
 * is whole, and what does not leaves the newest.
 */
#include "core/kernel_log.h"
#include "kernel_fake.h"
#include "tap.h"

static struct kernel_fake fake;
static struct guest_mem mem;
static char room[1024];
static struct kernel_log out;

static int read_log(size_t size)
{
	int r;

	out = (struct kernel_log){ .at = room, .size = size };
	r = kernel_log_read(&mem, fake.note, fake.note_len, &out);
	room[out.len] = '\0';
	return r;
}

static void test_lines(void)
{
	static const char text[] = "[    1.000000] 0123456789\n"
				   "[    2.000000] 0123456789\n";

	out = (struct kernel_log){ .at = room, .size = strlen(text) };
	kernel_log_add(&out, 1000000000, "0123456789", 10);
	kernel_log_add(&out, 2000000000, "0123456789", 10);
	ok(!out.cut, "lines that fill the room are not cut");
	room[out.len] = '\0';
	is_text(room, text, "and all of them are there");
	kernel_log_add(&out, 3000000000, "x", 1);
	ok(out.cut, "one more is too much");
}

/* The text begins 6 bytes before the buffer's end: it is read in two pieces. */
static void begin_flat(void)
{
	kernel_fake_begin(&fake, &mem);
	kernel_fake_flat(&fake, FAKE_LOG_BYTES + 4, 10);
	kernel_fake_bytes(&fake, FAKE_LOG + FAKE_LOG_BYTES - 6, "12345\n", 6);
	kernel_fake_bytes(&fake, FAKE_LOG, "678\n", 4);
}

static void test_flat(void)
{
	begin_flat();
	ok(read_log(10) == 0 && !out.cut, "plain text that fills the room is "
	   "not cut");
	is_text(room, "12345\n678\n", "and all of it is there");
	begin_flat();
	ok(read_log(9) == 0 && out.cut, "plain text that is a byte longer is");
	is_text(room, "345\n678\n", "and its newest part is there");
}

/* Nothing is at an address so low, but a short number is one. */
static void test_symbol(void)
{
	begin_flat();
	kernel_fake_note(&fake, "SYMBOL(log_first_idx)=5\n");
	ok(read_log(sizeof(room) - 1) == -ENOENT, "a symbol of one digit names "
	   "the form of the log");
	begin_flat();
	kernel_fake_note(&fake, "SYMBOL(log_first_idx)=\n");
	ok(read_log(sizeof(room) - 1) == 0, "one of no digit does not");
	is_text(room, "12345\n678\n", "the log is taken for plain text then");
}

/* Behind both numbers of bits the guest may have what it likes. */
static void test_padding(void)
{
	kernel_fake_begin(&fake, &mem);
	kernel_fake_prb(&fake, 1, 1);
	kernel_fake_say(&fake, 1, 0, "only");
	kernel_fake_put(&fake, FAKE_PRB + 4, UINT32_MAX, 4);
	kernel_fake_put(&fake, FAKE_PRB + 44, UINT32_MAX, 4);
	ok(read_log(sizeof(room) - 1) == 0, "no number takes what is behind it");
	is_text(room, "[    1.000005] only\n", "and the record is read");
}

int main(void)
{
	test_lines();
	test_flat();
	test_symbol();
	test_padding();
	return done_testing();
}
