/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each system prints when it gives up, in the form its source prints it,
 * and lines of other programs that are near to it.
 */
#include "core/console_cause.h"

#include <errno.h>
#include <string.h>

#include "core/console_tail.h"
#include "tap.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof(*(array)))

/* Raw, as a guest writes them. */
static int find(const char *raw, struct console_cause *ret_cause)
{
	struct text text = { 0 };
	int r = console_tail_lines(raw, strlen(raw), false, &text);

	memset(ret_cause, 0, sizeof(*ret_cause));
	if (r == 0)
		r = console_cause(text_get(&text), ret_cause);
	text_free(&text);
	return r;
}

static const struct {
	const char *system, *raw, *line;
	bool final;
} printed[] = {
	{ "Linux", "[   12.345678] sysrq: SysRq : Trigger a crash\n"
	  "[   12.345999] Kernel panic - not syncing: sysrq triggered crash\n"
	  "[   12.346100] CPU: 0 PID: 1 Comm: sh Not tainted 6.1.0-13-amd64\n"
	  "[   12.346200] Call Trace:\n"
	  "[   12.350000] ---[ end Kernel panic - not syncing: sysrq ]---\n",
	  "Kernel panic - not syncing: sysrq triggered crash", true },
	/* 32 bits, without CONFIG_PRINTK_TIME */
	{ "Linux", "BUG: unable to handle kernel NULL pointer dereference at "
	  "00000010\nIP: [<c10e1a2b>] ext3_find_entry+0x2b/0x6d0\n"
	  "*pde = 00000000 \nOops: 0000 [#1] SMP \n",
	  "Oops: 0000 [#1] SMP ", false },
	{ "Linux", "<0>Kernel panic - not syncing: Attempted to kill init!\r\n"
	  "<4>Pid: 1, comm: init Not tainted 2.6.32-5-686 #1\r\n",
	  "Kernel panic - not syncing: Attempted to kill init!", true },
	/* with CONFIG_PRINTK_CALLER, and xenconsoled's own time */
	{ "Linux", "[2026-01-31 12:00:00] [    3.141592][    T1] Kernel panic "
	  "- not syncing: VFS: Unable to mount root fs\n",
	  "Kernel panic - not syncing: VFS: Unable to mount root fs", true },
	{ "Linux", "[  100.000001] general protection fault, probably for "
	  "non-canonical address 0xdead000000000100: 0000 [#1] PREEMPT SMP\n",
	  "general protection fault, probably for non-canonical address "
	  "0xdead000000000100: 0000 [#1] PREEMPT SMP", false },
	{ "Linux", "[  100.000001] ------------[ cut here ]------------\n"
	  "[  100.000002] kernel BUG at fs/ext4/inode.c:2721!\n"
	  "[  100.000003] invalid opcode: 0000 [#1] SMP\n",
	  "kernel BUG at fs/ext4/inode.c:2721!", false },
	{ "Linux", "[    7.000001] divide error: 0000 [#1] SMP PTI\n",
	  "divide error: 0000 [#1] SMP PTI", false },
	{ "Linux", "[  84.1] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! "
	  "[php:812]\n",
	  "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [php:812]", false },
	{ "Linux", "[  9.1] Unable to handle kernel paging request at virtual "
	  "address ffff800012345678\n"
	  "[  9.2] Internal error: Oops: 96000047 [#1] PREEMPT SMP\n",
	  "Internal error: Oops: 96000047 [#1] PREEMPT SMP", false },
	{ "FreeBSD", "\n\nFatal trap 12: page fault while in kernel mode\n"
	  "cpuid = 1; apic id = 02\nfault virtual address\t= 0x18\n"
	  "trap number\t\t= 12\npanic: page fault\ncpuid = 1\n"
	  "time = 1700000000\nKDB: stack backtrace:\n",
	  "panic: page fault", true },
	{ "FreeBSD", "Fatal trap 9: general protection fault while in kernel "
	  "mode\ncpuid = 0; apic id = 00\n",
	  "Fatal trap 9: general protection fault while in kernel mode", false },
	{ "NetBSD", "[  37.7334740] fatal page fault in supervisor mode\n"
	  "[  37.7334740] trap type 6 code 0 rip 0xffffffff815a6126 cs 0x8\n"
	  "[  37.7334740] panic: trap\n"
	  "[  37.7334740] cpu1: Begin traceback...\n"
	  "[  37.7334740] vpanic() at netbsd:vpanic+0x1ee\n",
	  "panic: trap", true },
	{ "NetBSD", "fatal page fault in supervisor mode\n"
	  "trap type 6 code 2 eip 0xc0123456 cs 0x9\n",
	  "fatal page fault in supervisor mode", false },
	{ "OpenBSD", "panic: kernel diagnostic assertion \"x != NULL\" failed: "
	  "file \"/usr/src/sys/kern/vfs_bio.c\", line 900\n"
	  "Stopped at      db_enter+0x10:  popq    %rbp\n",
	  "panic: kernel diagnostic assertion \"x != NULL\" failed: file "
	  "\"/usr/src/sys/kern/vfs_bio.c\", line 900", true },
	{ "OpenBSD", "panic: ffs_blkfree: freeing free block\n"
	  "Starting stack trace...\npanic(ffffffff81e5) at panic+0x13f\n",
	  "panic: ffs_blkfree: freeing free block", true },
	{ "OpenBSD", "uvm_fault(0xffffffff81c7f8e8, 0x0, 0, 1) -> e\n"
	  "kernel: page fault trap, code=0\n"
	  "Stopped at      0:\n",
	  "kernel: page fault trap, code=0", false },
	{ "illumos", "\r\npanic[cpu0]/thread=ffffff01d4a60b40: BAD TRAP: "
	  "type=e (#pf Page fault) rp=ffffff0007b9f8d0 addr=20\r\n\n",
	  "panic[cpu0]/thread=ffffff01d4a60b40: BAD TRAP: type=e (#pf Page "
	  "fault) rp=ffffff0007b9f8d0 addr=20", true },
	{ "Windows", "xen|BUGCHECK: ====>\n"
	  "xen|BUGCHECK: IRQL_NOT_LESS_OR_EQUAL: 0000000000000010 "
	  "0000000000000002 0000000000000000 FFFFF80012345678\n"
	  "xen|BUGCHECK: <====\n",
	  "Windows bugcheck 0x0000000A IRQL_NOT_LESS_OR_EQUAL (0x10, 0x2, 0x0, "
	  "0xfffff80012345678), as its drivers report", true },
	{ "MirageOS", "2026-01-31T12:00:00-00:00: [INFO] [net] up\n"
	  "Fatal error: exception Failure(\"no route\")\n"
	  "Solo5: solo5_exit(2) called\n",
	  "Fatal error: exception Failure(\"no route\")", false },
	{ "Solo5", "Solo5: trap: type=#PF ec=0x0 rip=0x466a86 rsp=0x1ffffc10\n"
	  "Solo5: trap: cr2=0x28\n"
	  "Solo5: ABORT: cpu_x86_64.c:181: Fatal trap\nSolo5: Halted\n",
	  "Solo5: ABORT: cpu_x86_64.c:181: Fatal trap", true },
	{ "Unikraft", "[    0.073303] CRIT: [libkvmplat] Unhandled page fault "
	  "vaddr=0x401f9bffc, error code=0x2\n"
	  "[    0.073764] CRIT: [appelfloader] Unikraft crash - Telesto "
	  "(0.16.2)\n",
	  "CRIT: [libkvmplat] Unhandled page fault vaddr=0x401f9bffc, error "
	  "code=0x2", true },
	{ "Unikraft", "\x1b[0m[    1.000000] \x1b[0m\x1b[31mCRIT:\x1b[0m "
	  "[libukalloc] <alloc.c @  112> Assertion failure: a\x1b[0m\n",
	  "CRIT: [libukalloc] <alloc.c @  112> Assertion failure: a", true },
	{ "Unikraft", "[ 1.0] CRIT: Unikraft crash - Pandora (0.15.0)\n",
	  "CRIT: Unikraft crash - Pandora (0.15.0)", false },
	{ "mini-os", "Page fault at linear address 10, rip 4a3f, regs "
	  "0x1ffe58, sp 1fff00, our_sp 0x1ffe40, code 2\n",
	  "Page fault at linear address 10, rip 4a3f, regs 0x1ffe58, sp "
	  "1fff00, our_sp 0x1ffe40, code 2", true },
	{ "mini-os", "FATAL:  Unhandled Trap 6 (invalid opcode), error "
	  "code=0x0\nRegs address 0x1ffe58\n",
	  "FATAL:  Unhandled Trap 6 (invalid opcode), error code=0x0", true },
	{ "mini-os", "GPF rip: 0x4a3f, error_code=0\n",
	  "GPF rip: 0x4a3f, error_code=0", true },
	{ "seL4", "seL4 failed assertion 'isSchedulable(candidate)' at "
	  "src/kernel/thread.c:371 in function schedule\nhalting...\n",
	  "seL4 failed assertion 'isSchedulable(candidate)' at "
	  "src/kernel/thread.c:371 in function schedule", true },
	{ "seL4", "seL4 called fail at src/kernel/boot.c:12 in function "
	  "boot_sys, saying \"no memory\"\nhalting...\n",
	  "seL4 called fail at src/kernel/boot.c:12 in function boot_sys, "
	  "saying \"no memory\"", true },
	{ "Zephyr", "*** Booting Zephyr OS build v3.5.0 ***\n"
	  "[00:00:01.230,000] \x1b[1;31m<err> os: >>> ZEPHYR FATAL ERROR 4: "
	  "Kernel panic on CPU 0\x1b[0m\n"
	  "[00:00:01.230,000] <err> os: Halting system\n",
	  ">>> ZEPHYR FATAL ERROR 4: Kernel panic on CPU 0", true },
	{ "Zephyr", "E: >>> ZEPHYR FATAL ERROR 4: Kernel panic on CPU 1\x1b[\n",
	  ">>> ZEPHYR FATAL ERROR 4: Kernel panic on CPU 1", true },
	{ "Zephyr", "E: >>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0\n",
	  ">>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0", true },
};

static void test_printed(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(printed); i++) {
		struct console_cause cause;
		int r = find(printed[i].raw, &cause);

		is_text(cause.line, printed[i].line, "%s: %s",
			printed[i].system, printed[i].line);
		ok(r == 0 && strcmp(cause.system, printed[i].system) == 0 &&
		   cause.final == printed[i].final, "it is %s's, and %s",
		   printed[i].system, printed[i].final ? "its end" :
							 "perhaps not its end");
	}
}

/* What programs, people and running kernels print. */
static const char *const others[] = {
	"",
	"Debian GNU/Linux 12 guest hvc0\n\nguest login: \n",
	"root@guest:~# echo Kernel panic - not syncing: x\n",
	"kernel panic - not syncing: x\n",
	"Kernel panic - not syncing\n",
	"[    0.000000] Command line: panic=10 oops=panic\n",
	("panic: runtime error: index out of range [5] with length 3\n\n"
	 "goroutine 1 [running]:\nmain.main()\n"),
	"panic: no kernel says more\n",
	"panic: too far before it\n1\n2\n3\n4\n5\n6\n7\n8\ncpuid = 0\n",
	"cpuid = 0\npanic: behind it\n",
	"a panic: page fault\ncpuid = 1\n",
	"thread 'main' panicked at src/main.rs:2:5:\n",
	"[   61.1] traps: a.out[812] general protection fault ip:401136\n",
	"[   61.1] a.out[812]: segfault at 0 ip 0000000000401136 error 4\n",
	"[   61.1] general protection fault in a program\n",
	"divide error: in line 4\n",
	"Oops: something went wrong\n",
	"DEBUG: unable to handle request\n",
	"This is no kernel BUG at all\n",
	"Fatal trap 12: page fault while in user mode\ncpuid = 0\n",
	"Fatal trap 12: page fault while in kernel mode\nand nothing\n",
	"fatal: not a git repository\n",
	"fatal page fault in user mode\ntrap type 6\n",
	"kernel: page fault trap\nStopped at x\n",
	"panic[cpu: this is no thread\n",
	"Fatal error: cannot open file\n",
	"Solo5: solo5_exit(0) called\n",
	"CRIT: disk is full\n",
	"CRIT: Unhandled request of a program\n",
	"ERR:  [libukboot] Assertion failure: x\n",
	"Page fault at linear address unknown\n",
	"GPF of a program\n",
	"a page about: seL4 failed assertion 'x'\n",
	"*** ZEPHYR FATAL ERROR 4 ***\n",
	"xen|BUGCHECK: ====>\n",
	"xen|BUGCHECK: A NAME OF NONE: 1 2 3 4\n",
	"[no time] Kernel panic - not syncing: x\n",
	"[] Kernel panic - not syncing: x\n",
};

static void test_others(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct console_cause cause;
		int r = find(others[i], &cause);

		if (r != -ENOENT)
			printf("# %s: \"%s\"\n", cause.system, cause.line);
		ok(r == -ENOENT, "nothing: %.*s",
		   (int)strcspn(others[i], "\n"), others[i]);
	}
}

static void test_order(void)
{
	struct console_cause cause;

	ok(find("Kernel panic - not syncing: one\n"
		"Kernel panic - not syncing: two\n", &cause) == 0, "two");
	is_text(cause.line, "Kernel panic - not syncing: two", "the last");
	ok(find("Fatal error: exception Not_found\n"
		"Oops: 0002 [#1] SMP\n"
		"Kernel panic - not syncing: Fatal exception\n"
		"BUG: scheduling while atomic: swapper/0/1/0x00000002\n"
		"Fatal error: exception Exit\n", &cause) == 0, "several");
	is_text(cause.line, "Kernel panic - not syncing: Fatal exception",
		"the end before a fault, a fault before a program");
}

static void test_hostile(void)
{
	static char raw[65536];
	struct console_cause cause;
	size_t n = 0;

	while (n < sizeof(raw) - 10)
		n += (size_t)sprintf(raw + n, "panic: x\n");
	ok(find(raw, &cause) == -ENOENT, "a beginning in each line");
	memset(raw, 'x', sizeof(raw) - 1);
	memcpy(raw, "Kernel panic - not syncing: ", 28);
	ok(find(raw, &cause) == 0 &&
	   strlen(cause.line) == EVIDENCE_PANIC_BYTES - 1, "a line of 64 KiB");
	for (size_t i = 28; i + 2 < sizeof(raw); i += 2)
		memcpy(raw + i, "\xc3\xa4", 2);
	for (int pad = 0; pad < 2; pad++) {
		raw[27] = pad ? 'x' : ' ';
		memmove(raw + 28 + pad, raw + 28, 600);
		ok(find(raw, &cause) == 0 &&
		   (cause.line[strlen(cause.line) - 1] & 0xff) != 0xc3,
		   "no character is cut apart");
	}
	memset(raw, '[', sizeof(raw) - 1);
	ok(find(raw, &cause) == -ENOENT, "only what begins a mark");
	for (n = 0; n < 400; n += 4)
		memcpy(raw + n, "[1] ", 4);
	memcpy(raw + n, "Kernel panic - not syncing: x\n", 31);
	ok(find(raw, &cause) == 0, "many marks");
	for (n = 0; n < 60000; n += 3)
		memcpy(raw + n, "\x1b[1", 3);
	raw[n] = '\0';
	ok(find(raw, &cause) == -ENOENT, "orders to a terminal without an end");
	ok(find("Kernel panic - not syncing: \x1b]0;x\x07 \xff\n", &cause) == 0,
	   "other bytes");
	is_text(cause.line, "Kernel panic - not syncing: \\x1b]0;x\\x07 \\xff",
		"stay escaped");
}

int main(void)
{
	test_printed();
	test_others();
	test_order();
	test_hostile();
	return done_testing();
}
