/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel's names and its backtrace, of a memory that is made up: in each form
 * of the tables, and with numbers in them that no kernel writes.
 */
#include "core/kernel_trace.h"

#include <stdlib.h>

#include "kernel_syms_fake.h"
#include "tap.h"

static struct kernel_fake fake;
static struct guest_mem mem;
static struct kernel_syms syms;
static struct kernel_trace trace;
static struct kernel_trace_regs regs;
static char text[KERNEL_TRACE_TEXT_BYTES];
static const char *missing;

static struct kernel_syms_fake make(enum kernel_syms_form form, bool last)
{
	struct kernel_syms_fake at = { .form = form, .addresses_last = last };

	kernel_fake_begin(&fake, &mem);
	kernel_syms_fake_put(&fake, &at);
	kernel_syms_fake_stack(&fake, &regs);
	missing = NULL;
	return at;
}

/* What was read before. */
static void forget(void)
{
	memset(mem.slot, 0, sizeof(mem.slot));
}

static int open_syms(void)
{
	return kernel_syms_open(&syms, &mem, fake.note, fake.note_len,
				&missing);
}

static int read_trace(size_t size)
{
	return kernel_trace_read(&trace, &mem, fake.note, fake.note_len, &regs,
				 text, size, &missing);
}

/* Returns 0 when ADDRESS has that name, offset and size. */
static int look(uint64_t address, const char *name, uint64_t offset,
		uint64_t size)
{
	static struct kernel_sym sym;
	struct kernel_sym *list = &sym;
	int r = kernel_syms_find(&syms, address, &sym);

	if (r == 0)
		r = kernel_syms_name(&syms, &list, 1);
	if (r)
		return r;
	return strcmp(sym.name, name) || address - sym.start != offset ||
	       sym.size != size;
}

/* --- names --- */

static void test_forms(void)
{
	static const struct {
		enum kernel_syms_form form;
		bool last;
		const char *what;
	} forms[] = {
		{ KERNEL_SYMS_PERCPU, false, "to 6.3" },
		{ KERNEL_SYMS_PERCPU, true, "from 6.4 on" },
		{ KERNEL_SYMS_ADDRESSES, false, "whole addresses" },
		{ KERNEL_SYMS_UNSIGNED, true, "from 6.15 on" },
		{ KERNEL_SYMS_PLACE, true, "without a base" },
	};
	char longest[FAKE_LONG + 1] = "";

	memset(longest, 'x', FAKE_LONG);
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		make(forms[i].form, forms[i].last);
		ok(open_syms() == 0 && syms.form == forms[i].form,
		   "%s: the tables are found", forms[i].what);
		ok(look(FAKE_CODE, "_stext", 0, 0x100) == 0, "the first");
		ok(look(FAKE_CODE + 0x1ff, "sysrq_handle_crash", 0xff, 0x100)
		   == 0, "a name with a token of more letters");
		ok(look(FAKE_CODE + 0x210, "panic", 0x10, 0x100) == 0,
		   "the first of two at one place");
		ok(look(FAKE_CODE + 0x300, longest, 0, 0x100) == 0,
		   "a name whose length takes two bytes");
		ok(look(FAKE_CODE + 0x4ff, "weak", 0xff, 0x100) == 0,
		   "one behind it");
		ok(look(FAKE_CODE + 0x700, "", 0, 0) == -ENOENT &&
		   (look(FAKE_FIRST - 1, "", 0, 0) == -ENOENT ||
		    forms[i].form == KERNEL_SYMS_PERCPU ||
		    forms[i].form == KERNEL_SYMS_ADDRESSES),
		   "none beyond the last, and none before the first");
	}
}

static void test_many_names(void)
{
	static struct kernel_sym found[4];
	struct kernel_sym *list[4];
	static const uint64_t at[4] = { 0x410, 0x110, 0x420, 0x10 };

	make(KERNEL_SYMS_PERCPU, false);
	ok(open_syms() == 0, "four at a time");
	for (size_t i = 0; i < 4; i++) {
		kernel_syms_find(&syms, FAKE_CODE + at[i], &found[i]);
		list[i] = &found[i];
	}
	ok(kernel_syms_name(&syms, list, 4) == 0, "are named in one pass");
	is_text(found[0].name, "weak", "the first asked for");
	is_text(found[2].name, "weak", "and once more");
	is_text(found[1].name, "sysrq_handle_crash", "one before");
	is_text(found[3].name, "_stext", "and the first of all");
	ok(found[3].type == 'T' && found[0].type == 'w', "with their types");
}

/* 600 symbols of 16 bytes each, named by their numbers; the markers are before
 * the tokens. */
static void make_many(uint64_t between, uint32_t lie)
{
	struct kernel_syms_fake at = make(KERNEL_SYMS_UNSIGNED, true);
	uint64_t names = FAKE_BASE + 0x28000, addresses = FAKE_BASE + 0x2a000;
	uint64_t markers = FAKE_BASE + 0x2c000;
	char name[8];

	for (uint32_t i = 0; i < 600; i++) {
		if (i % 256 == 0)
			kernel_fake_put(&fake, markers + i / 64, names + lie -
					(FAKE_BASE + 0x28000), 4);
		snprintf(name, sizeof(name), "tn%u", i);
		names = kernel_syms_fake_name(&fake, names, name);
		kernel_fake_put(&fake, addresses + i * 4, i * 16, 4);
	}
	memcpy(kernel_fake_at(&fake, markers + 16 + between),
	       kernel_fake_at(&fake, at.table), 0x800);
	kernel_fake_put(&fake, at.num, 600, 4);
	fake.note_len = 0;
	kernel_fake_note(&fake, "OSRELEASE=6.1\n");
	at.names = FAKE_BASE + 0x28000;
	at.addresses = addresses;
	at.table = markers + 16 + between;
	kernel_syms_fake_note(&fake, &at);
}

static void test_markers(void)
{
	make_many(0, 0);
	ok(open_syms() == 0 && syms.markers, "markers before the tokens");
	ok(look(FAKE_FIRST + 599 * 16 - 16, "n598", 0, 16) == 0 &&
	   look(FAKE_FIRST + 512 * 16, "n512", 0, 16) == 0 &&
	   look(FAKE_FIRST + 511 * 16, "n511", 0, 16) == 0 &&
	   look(FAKE_FIRST + 3 * 16, "n3", 0, 16) == 0,
	   "lead to the right names");
	make_many(1800, 0);
	ok(open_syms() == 0 && syms.markers &&
	   look(FAKE_FIRST + 300 * 16, "n300", 0, 16) == 0,
	   "as they do with an order by name between");
	make_many(0, 1);
	ok(open_syms() == 0 && !syms.markers &&
	   look(FAKE_FIRST + 598 * 16, "n598", 0, 16) == 0,
	   "wrong ones are not used");
}

static void test_missing(void)
{
	kernel_fake_begin(&fake, &mem);
	ok(open_syms() == -ENOENT, "a kernel before 6.0 tells of no tables");
	is_text(missing, "kallsyms_names", "and what is missing is said");
	kernel_syms_fake_stack(&fake, &regs);
	ok(read_trace(sizeof(text)) == -ENOENT, "its trace has no names");
	ok(strncmp(text, "RIP: 0xffffffff8101020a\n ? 0xffffffff81010120\n",
		   46) == 0, "but addresses");
}

/* --- hostile tables --- */

static void test_hostile_tables(void)
{
	struct kernel_syms_fake at = make(KERNEL_SYMS_PERCPU, false);

	kernel_fake_put(&fake, at.num, UINT32_MAX, 4);
	ok(open_syms() == -EINVAL, "four thousand million symbols are none");
	at = make(KERNEL_SYMS_PERCPU, false);
	kernel_fake_put(&fake, at.num, 0, 4);
	ok(open_syms() == -EINVAL, "nor is no symbol at all");
	at = make(KERNEL_SYMS_PERCPU, false);
	kernel_fake_put(&fake, at.num, KERNEL_SYMS_MOST, 4);
	ok(open_syms() == -EFAULT, "more than there is memory for");
	at = make(KERNEL_SYMS_PERCPU, false);
	kernel_fake_put(&fake, at.index + 'p' * 2, UINT16_MAX, 2);
	kernel_fake_put(&fake, at.index + 2 * 2, UINT16_MAX, 2);
	ok(open_syms() == 0 && look(FAKE_CODE + 0x200, "", 0, 0) == -EINVAL,
	   "a token beyond its table");
	at = make(KERNEL_SYMS_PERCPU, false);
	memset(kernel_fake_at(&fake, at.names), 0xff, 0x800);
	ok(open_syms() == 0 && look(FAKE_CODE + 0x200, "", 0, 0) < 0,
	   "names that go on beyond the memory");
	at = make(KERNEL_SYMS_PERCPU, false);
	memset(kernel_fake_at(&fake, at.names), 0, 0x200);
	ok(open_syms() == 0 && look(FAKE_CODE + 0x200, "", 0, 0) == -EINVAL,
	   "names of no letter");
	at = make(KERNEL_SYMS_PERCPU, false);
	kernel_fake_put(&fake, at.table + 1, '\n', 1);
	memset(kernel_fake_at(&fake, at.table), '\n', 8);
	ok(open_syms() == 0 && look(FAKE_CODE + 0x100, "", 0, 0) == -EINVAL,
	   "an end of line in a name");
}

static void test_wild_base(void)
{
	static const uint64_t bases[] = { 0, 1, 1ull << 63, UINT64_MAX,
					  UINT64_MAX - 0x100 };
	struct kernel_syms_fake at;

	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		at = make(KERNEL_SYMS_PERCPU, false);
		kernel_fake_put(&fake, at.base, bases[i], 8);
		ok(read_trace(sizeof(text)) == 0 &&
		   strncmp(text, "RIP: 0xffffffff8101020a\n", 24) == 0,
		   "a wild base: a trace without names");
	}
	at = make(KERNEL_SYMS_PERCPU, false);
	for (size_t i = 0; i <= FAKE_SYM_COUNT; i++)
		kernel_fake_put(&fake, at.addresses + i * 4, i % 2 ? 0 :
				UINT32_MAX - i, 4);
	ok(read_trace(sizeof(text)) == 0, "addresses in no order");
	make(KERNEL_SYMS_PERCPU, false);
	mem.reads_left = 6;
	ok(read_trace(sizeof(text)) == -EDQUOT, "no more than may be read");
}

/* --- traces --- */

static void test_trace(void)
{
	char expected[1024], longest[FAKE_LONG + 1] = "";

	memset(longest, 'x', FAKE_LONG);
	snprintf(expected, sizeof(expected), "RIP: panic+0xa/0x100\n"
		 " ? sysrq_handle_crash+0x20/0x100\n ? %s+0x40/0x100\n"
		 " ? weak+0x50/0x100\n", longest);
	make(KERNEL_SYMS_PERCPU, false);
	ok(read_trace(sizeof(text)) == 0, "a trace of a panic");
	is_text(text, expected, "calls alone, none of them sure");
	ok(read_trace(128) == 0, "with less room");
	is_text(text, "RIP: panic+0xa/0x100\n"
		" ? sysrq_handle_crash+0x20/0x100\n", "whole lines of it");
	make(KERNEL_SYMS_PERCPU, false);
	kernel_fake_entry(&fake, 1, (FAKE_STACK_END - 1) >> 12 & 511, 0);
	ok(read_trace(sizeof(text)) == 0 && !strstr(text, "weak") &&
	   strstr(text, "sysrq"), "a page of the stack is not there");
	regs.rsp = 0;
	ok(read_trace(sizeof(text)) == -EFAULT, "nor is the stack");
	is_text(text, "RIP: panic+0xa/0x100\n", "where it was comes out");
	regs.rip = 0x401000;
	ok(read_trace(sizeof(text)) == -ENXIO && !text[0],
	   "a processor that was in a program");
}

/* panic() ends with a call of vpanic(), which never returns. */
static void test_last_call(void)
{
	make(KERNEL_SYMS_PERCPU, false);
	regs.rip = FAKE_CODE + 0x400;
	kernel_syms_fake_call(&fake, regs.rsp + 0x10, FAKE_CODE + 0x300);
	ok(read_trace(sizeof(text)) == 0 &&
	   strstr(text, "\n ? panic+0x100/0x100\n"),
	   "a call at a function's end names that function");
	ok(strncmp(text, "RIP: weak+0x0/0x100\n", 20) == 0,
	   "where a processor stands is taken as it is");
	kernel_fake_put(&fake, regs.rsp + 0x18, FAKE_CODE + 0x100, 8);
	kernel_fake_put(&fake, regs.rsp + 0x20, 0x10, 8);
	kernel_fake_put(&fake, regs.rsp + 0x28, 0x10002, 8);
	forget();
	ok(read_trace(sizeof(text)) == 0 &&
	   strstr(text, "\n ? sysrq_handle_crash+0x0/0x100\n"),
	   "and where an exception came upon it");
}

/* The tables have a name for the place, but it is no code's. */
static void test_before_code(void)
{
	static const char key[] = "SYMBOL(_stext)=";
	char digits[17];

	make(KERNEL_SYMS_PERCPU, false);
	snprintf(digits, sizeof(digits), "%llx",
		 (unsigned long long)FAKE_CODE + 0x280);
	memcpy(strstr(fake.note, key) + strlen(key), digits, 16);
	ok(read_trace(sizeof(text)) == 0 &&
	   strncmp(text, "RIP: 0xffffffff8101020a\n", 24) == 0,
	   "a place before the kernel's code has no name");
}

/* Two frames, and a call in between that is none of them. */
static void test_frame_pointers(void)
{
	make(KERNEL_SYMS_UNSIGNED, true);
	regs.rbp = regs.rsp + 8;
	kernel_fake_put(&fake, regs.rbp, regs.rbp + 0xff0, 8);
	ok(read_trace(sizeof(text)) == 0 &&
	   strstr(text, "\n sysrq_handle_crash+0x20/0x100\n x") &&
	   strstr(text, "\n ? weak"), "frame pointers: what they name is sure");
	make(KERNEL_SYMS_UNSIGNED, true);
	regs.rbp = regs.rsp + 8;
	kernel_fake_put(&fake, regs.rbp, regs.rbp, 8);
	ok(read_trace(sizeof(text)) == 0 && strstr(text, "\n sysrq") &&
	   strstr(text, "\n ? x"), "one that names itself leads no further");
}

static void test_exception(void)
{
	make(KERNEL_SYMS_PERCPU, true);
	kernel_fake_put(&fake, regs.rsp + 0x18, FAKE_CODE + 0x180, 8);
	kernel_fake_put(&fake, regs.rsp + 0x20, 0x10, 8);
	kernel_fake_put(&fake, regs.rsp + 0x28, 0x10002, 8);
	ok(read_trace(sizeof(text)) == 0 &&
	   strstr(text, "\n ? sysrq_handle_crash+0x80/"),
	   "where an exception came upon it");
}

/* The fake's stack lies above another. */
static void test_stacks(void)
{
	uint64_t inner = FAKE_STACK - 0x100;

	make(KERNEL_SYMS_PERCPU, true);
	kernel_fake_put(&fake, FAKE_STACK - 8, regs.rsp, 8);
	regs.rsp = inner;
	ok(read_trace(sizeof(text)) == 0 && strstr(text, " ? sysrq"),
	   "an interrupt's stack leads to a task's");
	kernel_fake_put(&fake, FAKE_STACK_END - 8, inner, 8);
	forget();
	ok(read_trace(sizeof(text)) == 0, "stacks that lead to one another");
	kernel_fake_put(&fake, FAKE_STACK - 8, UINT64_MAX, 8);
	forget();
	ok(read_trace(sizeof(text)) == 0, "one that leads to the very end");
	for (uint64_t at = FAKE_STACK; at < FAKE_STACK_END; at += 8)
		kernel_fake_put(&fake, at, FAKE_CODE + 0x120, 8);
	forget();
	regs.rsp = FAKE_STACK;
	ok(read_trace(sizeof(text)) == 0, "a stack of calls alone");
	ok(strlen(text) < sizeof(text) && trace.count ==
	   KERNEL_TRACE_FRAMES * 2, "is not told for ever");
}

int main(void)
{
	test_forms();
	test_many_names();
	test_markers();
	test_missing();
	test_hostile_tables();
	test_wild_base();
	test_trace();
	test_last_call();
	test_before_code();
	test_frame_pointers();
	test_exception();
	test_stacks();
	return done_testing();
}
