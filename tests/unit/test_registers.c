/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers as they are written down, and what is told of them.
 */
#include "core/registers.h"

#include <string.h>

#include "tap.h"

static const char *shown(const struct registers *regs)
{
	static struct text text;

	text_free(&text);
	registers_format(regs, 3, &text);
	return text_get(&text);
}

static bool shows(const struct registers *regs, const char *what)
{
	return strstr(shown(regs), what) != NULL;
}

static void test_whole(void)
{
	static const struct registers regs = {
		.hvm = true, .wide = true, .rip = 0xffffffff81000010,
		.rsp = 0xffffc90000001000, .rflags = 0x10246, .rax = 1,
		.r15 = 0xf, .cr0 = 0x80050033, .cr3 = 0x103000,
		.cr4 = 0x20, .efer = 0xd01, .cs = 0x10, .ss = 0x18,
		.idtr_base = 0xfffffe0000000000,
	};

	is_text(shown(&regs),
		"vCPU 3: kernel, 64-bit\n"
		"  rip ffffffff81000010  rsp ffffc90000001000\n"
		"  rflags 00010246 (pf zf if rf)\n"
		"  rax 0000000000000001  rbx 0000000000000000  "
		"rcx 0000000000000000\n"
		"  rdx 0000000000000000  rsi 0000000000000000  "
		"rdi 0000000000000000\n"
		"  rbp 0000000000000000  r8  0000000000000000  "
		"r9  0000000000000000\n"
		"  r10 0000000000000000  r11 0000000000000000  "
		"r12 0000000000000000\n"
		"  r13 0000000000000000  r14 0000000000000000  "
		"r15 000000000000000f\n"
		"  cs 0010  ss 0018  ds 0000  es 0000  fs 0000  gs 0000\n"
		"  cr0 80050033  cr2 0000000000000000  cr3 103000  "
		"cr4 00000020\n"
		"  fs base 0000000000000000  gs base 0000000000000000  "
		"kernel gs 0000000000000000\n"
		"  efer 00000d01  idt fffffe0000000000  gdt 0000000000000000\n",
		"all of one vCPU");
}

static void test_modes(void)
{
	struct registers regs = { .hvm = true };

	ok(shows(&regs, "vCPU 3: kernel, real mode\n"), "real mode");
	ok(shows(&regs, "rflags 00000000\n"), "no flag, no brackets");
	regs.cr0 = 1;
	regs.cs = 0x1b;
	ok(shows(&regs, "program, 32-bit\n"), "a program, 32 bits");
	regs.efer = 0x500;
	ok(shows(&regs, "program, 32-bit in long mode\n"), "in long mode");
	regs = (struct registers){ .wide = true, .cs = 0xe033, .kernel = true };
	ok(shows(&regs, "kernel, 64-bit\n") && !shows(&regs, "efer"),
	   "a PV kernel, whose ring says nothing");
	regs.kernel = false;
	ok(shows(&regs, "program, 64-bit\n"), "a PV program");
}

int main(void)
{
	test_whole();
	test_modes();
	return done_testing();
}
