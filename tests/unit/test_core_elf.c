/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen's ELF core as it is written, read back by the tests' own reader.
 */
#include <elf.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../lab/tools/core_read.h"
#include "core_fake.h"
#include "dump/core_elf.h"
#include "tap.h"

#define PATH "core-elf.test"

static const struct core_fake_range two_parts[] = {
	{ 0, 3000 }, { 0xfeff0, 5 }, { 0x100000, 1500 }, { 0 }
};

static char dir[] = "/tmp/test-core-elf-XXXXXX";

static int open_core(void)
{
	return open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

/* Every page of FAKE that was to be written, and no other. */
static bool holds(const struct core_read *core, struct core_fake *fake,
		  uint64_t pages)
{
	unsigned char want[CORE_PAGE_BYTES], got[CORE_PAGE_BYTES];

	if (core->count != pages)
		return false;
	for (size_t i = 0; i < core->count; i++) {
		const struct core_read_frame *frame = &core->frames[i];

		if (core_fake_read(fake, frame->pfn, want) ||
		    core_read_page(core, i, got) ||
		    memcmp(want, got, sizeof(want)) != 0 ||
		    frame->gmfn != (fake->guest.translated ? 0 :
				    core_fake_gmfn(frame->pfn)))
			return false;
	}
	return true;
}

static bool registers_by_id(const struct core_read *core)
{
	vcpu_guest_context_any_t set[3];

	if (core->registers_size != sizeof(set) ||
	    core->register_set != sizeof(set[0]))
		return false;
	memcpy(set, core->registers, sizeof(set));
	return set[0].x64.user_regs.rip == 0xffffffff81000000ull &&
	       set[1].x64.user_regs.rip == 0 &&
	       set[2].x64.user_regs.rip == 0xffffffff81000002ull;
}

static void test_whole(bool translated)
{
	const char *type = translated ? "HVM" : "PV";
	struct core_out out = { .fd = open_core() };
	struct core_fake fake;
	struct core_read core;
	struct stat st;

	core_fake_setup(&fake, translated, two_parts);
	ok(core_elf_write(&fake.guest, &out) == 0, "%s: it is written", type);
	if (!ok(core_read_open(PATH, &core) == 0, "%s: it can be read", type))
		printf("# %s\n", core.wrong);
	ok(holds(&core, &fake, 4505), "%s: every page is there", type);
	ok(registers_by_id(&core),
	   "%s: a register set's index is the vCPU's id", type);
	ok(out.facts.pages == 4505 && out.facts.zero_pages == 1502 &&
	   !out.facts.truncated, "%s: the figures are right", type);
	ok(fstat(out.fd, &st) == 0 && st.st_blocks * 512 <=
	   (4505 - 1502) * 4096 * 101 / 100 + 4505 * 16 + 65536,
	   "%s: zero pages take no room", type);
	core_read_close(&core);
	core_fake_free(&fake);
	close(out.fd);
}

static void count_calls(void *ctx, const struct capture_facts *facts)
{
	uint64_t *pages = ctx;

	*pages = facts->pages;
}

static void test_cut(void)
{
	uint64_t told = 0;
	struct core_out out = { .fd = open_core(), .progress = count_calls,
				.ctx = &told };
	struct core_fake fake;
	struct core_read core;

	out.most_bytes = 9 << 20;
	core_fake_setup(&fake, false, two_parts);
	ok(core_elf_write(&fake.guest, &out) == 0 && out.facts.truncated,
	   "a core that would be too large is cut");
	ok(core_read_open(PATH, &core) == 0 && core.count == 2048 &&
	   holds(&core, &fake, 2048), "and what is there is right");
	ok(told == 2048, "the progress was told");
	core_read_close(&core);
	core_fake_free(&fake);
	close(out.fd);
}

/* More than any file system has. */
static void test_free_kept(void)
{
	struct core_out out = { .fd = open_core() };
	struct core_fake fake;
	struct core_read core;

	out.free_bytes = 1ull << 60;
	core_fake_setup(&fake, true, two_parts);
	ok(core_elf_write(&fake.guest, &out) == 0 && out.facts.truncated &&
	   out.facts.pages == 0, "free space that is to be kept is kept");
	ok(core_read_open(PATH, &core) == 0 && core.count == 0,
	   "an empty core is valid");
	core_read_close(&core);
	core_fake_free(&fake);
	close(out.fd);
}

static void test_going(void)
{
	struct core_out out = { .fd = open_core() };
	struct core_fake fake;
	struct core_read core;

	core_fake_setup(&fake, false, two_parts);
	fake.fail_after = 2;
	fake.going = true;
	ok(core_elf_write(&fake.guest, &out) == 0 && out.facts.truncated &&
	   out.guest_going, "a core of a domain that goes away is a cut one");
	ok(core_read_open(PATH, &core) == 0 && core.count == 2048 &&
	   holds(&core, &fake, 2048), "which holds what there was");
	core_read_close(&core);
	core_fake_free(&fake);
	close(out.fd);
}

static void test_failures(void)
{
	struct core_out out = { .fd = open_core() };
	struct core_fake fake;

	core_fake_setup(&fake, true, two_parts);
	fake.fail_after = 2;
	ok(core_elf_write(&fake.guest, &out) == -EIO,
	   "memory that cannot be read is an error");
	close(out.fd);
	fake.fail_after = 0;
	out.fd = open("/dev/full", O_RDWR);
	ok(core_elf_write(&fake.guest, &out) == -ENOSPC,
	   "a full disk is an error");
	core_fake_free(&fake);
	close(out.fd);
}

int main(void)
{
	if (!mkdtemp(dir) || chdir(dir))
		return 1;
	test_whole(false);
	test_whole(true);
	test_cut();
	test_free_kept();
	test_going();
	test_failures();
	unlink(PATH);
	return chdir("/") || rmdir(dir) ? 1 : done_testing();
}
