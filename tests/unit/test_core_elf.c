/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen's ELF core as it is written, read back by the tests' own reader.
 */
#include <elf.h>
#include <sys/stat.h>

#include "core_file.h"
#include "dump/core_elf.h"
#include "tap.h"

static const struct core_fake_range two_parts[] = {
	{ 0, 3000 }, { 0xfeff0, 5 }, { 0x100000, 1500 }, { 0 }
};

static bool registers_by_id(void)
{
	vcpu_guest_context_any_t set[3];

	if (core.registers_size != sizeof(set) ||
	    core.register_set != sizeof(set[0]))
		return false;
	memcpy(set, core.registers, sizeof(set));
	return set[0].x64.user_regs.rip == 0xffffffff81000000ull &&
	       set[1].x64.user_regs.rip == 0 &&
	       set[2].x64.user_regs.rip == 0xffffffff81000002ull;
}

static void test_whole(bool translated)
{
	const char *type = translated ? "HVM" : "PV";
	struct stat st;

	core_file_begin(CORE_FILE, translated, two_parts);
	ok(core_elf_write(&fake.guest, &out) == 0, "%s: it is written", type);
	ok(core_file_read(), "%s: it can be read", type);
	ok(core_file_holds(4505), "%s: every page is there", type);
	ok(registers_by_id(),
	   "%s: a register set's index is the vCPU's id", type);
	ok(out.facts.pages == 4505 && out.facts.zero_pages == 1502 &&
	   !out.facts.truncated, "%s: the figures are right", type);
	ok(fstat(out.fd, &st) == 0 && st.st_blocks * 512 <=
	   (4505 - 1502) * 4096 * 101 / 100 + 4505 * 16 + 65536,
	   "%s: zero pages take no room", type);
	core_file_end();
}

static void count_calls(void *ctx, const struct capture_facts *facts)
{
	uint64_t *pages = ctx;

	*pages = facts->pages;
}

static void test_cut(void)
{
	uint64_t told = 0;

	core_file_begin(CORE_FILE, false, two_parts);
	out.progress = count_calls;
	out.ctx = &told;
	out.most_bytes = 9 << 20;
	ok(core_elf_write(&fake.guest, &out) == 0 && out.facts.truncated,
	   "a core that would be too large is cut");
	ok(core_file_read() && core.count == 2048 &&
	   core_file_holds(2048), "and what is there is right");
	ok(told == 2048, "the progress was told");
	core_file_end();
}

/* More than any file system has. */
static void test_free_kept(void)
{
	core_file_begin(CORE_FILE, true, two_parts);
	out.free_bytes = 1ull << 60;
	ok(core_elf_write(&fake.guest, &out) == 0 && out.facts.truncated &&
	   out.facts.pages == 0, "free space that is to be kept is kept");
	ok(core_file_read() && core.count == 0, "an empty core is valid");
	core_file_end();
}

static void test_going(void)
{
	core_file_begin(CORE_FILE, false, two_parts);
	fake.fail_after = 2;
	fake.going = true;
	ok(core_elf_write(&fake.guest, &out) == 0 && out.facts.truncated &&
	   out.guest_going, "a core of a domain that goes away is a cut one");
	ok(core_file_read() && core.count == 2048 &&
	   core_file_holds(2048), "which holds what there was");
	core_file_end();
}

static void test_failures(void)
{
	core_file_begin(CORE_FILE, true, two_parts);
	fake.fail_after = 2;
	ok(core_elf_write(&fake.guest, &out) == -EIO,
	   "memory that cannot be read is an error");
	core_file_end();
	core_file_begin("/dev/full", true, two_parts);
	ok(core_elf_write(&fake.guest, &out) == -ENOSPC,
	   "a full disk is an error");
	core_file_end();
}

int main(void)
{
	if (!core_file_enter())
		return 1;
	test_whole(false);
	test_whole(true);
	test_cut();
	test_free_kept();
	test_going();
	test_failures();
	return core_file_leave() ? done_testing() : 1;
}
