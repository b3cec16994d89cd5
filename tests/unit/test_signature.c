/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which crashes are the same, and which are not.
 */
#include "core/signature.h"

#include <string.h>

#include "tap.h"

static void is_signature(const char *panic, const char *expected)
{
	char signature[SIGNATURE_BYTES];

	is_text(signature_of(REASON_CRASH, panic, signature), expected,
		"%s", expected[0] ? expected : "nothing is like nothing");
}

static void test_lines(void)
{
	is_signature("", "");
	is_signature("Kernel panic - not syncing: sysrq triggered crash",
		     "crash: Kernel panic - not syncing: sysrq triggered crash");
	is_signature("BUG: unable to handle page fault for address: "
		     "ffff88801234abcd",
		     "crash: BUG: unable to handle page fault for address: #");
	is_signature("BUG: kernel NULL pointer dereference, address: "
		     "0000000000000010",
		     "crash: BUG: kernel NULL pointer dereference, address: #");
	is_signature("watchdog: BUG: soft lockup - CPU#12 stuck for 23s! "
		     "[nginx:4711]",
		     "crash: watchdog: BUG: soft lockup - CPU## stuck for #s! "
		     "[nginx:#]");
	is_signature("RIP: 0010:do_exit+0x12/0xa40  deadbeef",
		     "crash: RIP: #:do_exit+#/# #");
	is_signature("a dead face in cafe", "crash: a dead face in cafe");
	is_signature("Windows bugcheck 0x0000003B SYSTEM_SERVICE_EXCEPTION "
		     "(0xc0000096, 0x1, 0x0, 0x0)",
		     "crash: Windows bugcheck 0x0000003B "
		     "SYSTEM_SERVICE_EXCEPTION (#, #, #, #)");
	is_signature("Comm: kworker12x3 on cpu0",
		     "crash: Comm: kworker#x# on cpu#");
	is_signature("triple fault of vCPU 3", "crash: triple fault of vCPU #");
}

static void test_bounds(void)
{
	char line[EVIDENCE_PANIC_BYTES + 8], signature[SIGNATURE_BYTES];

	memset(line, 'x', sizeof(line));
	line[EVIDENCE_PANIC_BYTES - 1] = '\0';
	ok(strlen(signature_of(REASON_CRASH, line, signature)) ==
	   EVIDENCE_PANIC_BYTES - 1 + strlen("crash: "), "the longest line");
	line[EVIDENCE_PANIC_BYTES - 1] = 'x';
	line[EVIDENCE_PANIC_BYTES] = '\0';
	ok(!signature_of(REASON_CRASH, line, signature)[0],
	   "one that is no incident's");
	memset(line, '1', EVIDENCE_PANIC_BYTES - 1);
	line[EVIDENCE_PANIC_BYTES - 1] = '\0';
	is_text(signature_of(REASON_WATCHDOG, line, signature), "watchdog: #",
		"the reason is a part of it");
}

int main(void)
{
	test_lines();
	test_bounds();
	return done_testing();
}
