/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compressed kdump as it is written, read back by the tests' own reader.
 * With a path as argument it only writes one there, for other readers.
 */
#include <elf.h>
#include <signal.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core_file.h"
#include "dump/core_kdump.h"
#include "tap.h"

/* As a small HVM guest has them, and one with memory above 4 GiB. */
static const struct core_fake_range small[] = {
	{ 0, 0xa0 }, { 0xc0, 5000 }, { 0xfeff0, 5 }, { 0 }
};
static const struct core_fake_range late[] = {
	{ 0, 2500 }, { 0xfeff0, 5 }, { 0x100000, 2100 }, { 4000, 1000 },
	{ 0xff000, 3 }, { 0 }
};

static const char info[] = "OSRELEASE=6.1.0-test\nPAGESIZE=4096\n"
	"NUMBER(phys_base)=-16777216\nSYMBOL(init_top_pgt)=ffffffff82610000\n";

/* A note's head with TEXT_LEN bytes announced. */
static void put_head(unsigned char *page, uint32_t text_len)
{
	const uint32_t head[3] = { 11, text_len, 0 };

	memset(page, 0, CORE_PAGE_BYTES);
	memcpy(page, head, sizeof(head));
	memcpy(page + 12, "VMCOREINFO", 11);
}

/* The true note in page 100, after some that only look like it. */
static void plant_note(uint64_t pfn, unsigned char *page)
{
	if (pfn == 10) {
		put_head(page, UINT32_MAX);
		memcpy(page + 24, "OSRELEASE=", 10);
	} else if (pfn == 20) {
		put_head(page, 60000);
		memcpy(page + 24, "OSRELEASE=\x1b[2J\n", 15);
	} else if (pfn == 100) {
		put_head(page, sizeof(info) - 1);
		memcpy(page + 24, info, sizeof(info) - 1);
	}
}

/* One that goes on in the next page. */
static void plant_long_note(uint64_t pfn, unsigned char *page)
{
	static const char line[] = "SYMBOL(something_long_enough)=0123456\n";
	const size_t len = sizeof(line) - 1;
	size_t at = pfn == 50 ? 24 : 0, done = pfn == 50 ? 0 : 4072;

	if (pfn != 50 && pfn != 51)
		return;
	put_head(page, 190 * 38);
	for (; at < CORE_PAGE_BYTES; at++, done++)
		page[at] = done < 38 ? (unsigned char)
			"OSRELEASE=6.1.0-test-and-a-long-name\n\n"[done] :
			(unsigned char)line[done % len];
	if (pfn == 50)
		page[24 + 37] = 'x', page[24 + 36] = 'y';
}

static bool has_registers(void)
{
	struct elf_prstatus status;
	unsigned long long rip[2];
	pid_t pid[2];

	if (core.registers_size < 2 * (20 + sizeof(status)))
		return false;
	for (int i = 0; i < 2; i++) {
		memcpy(&status, core.registers + 20 + i * (20 +
		       sizeof(status)), sizeof(status));
		rip[i] = status.pr_reg[16];
		pid[i] = status.pr_pid;
	}
	return rip[0] == 0xffffffff81000000ull &&
	       rip[1] == 0xffffffff81000002ull && pid[0] == 0 && pid[1] == 42;
}

/* The notes, one after the other, end with the kernel's own. */
static bool has_info_note(void)
{
	const unsigned char *at = core.registers;
	size_t left = core.registers_size;
	Elf64_Nhdr head;
	size_t bytes;

	while (left >= sizeof(head)) {
		memcpy(&head, at, sizeof(head));
		bytes = sizeof(head) + (head.n_namesz + 3) / 4 * 4 +
			(head.n_descsz + 3) / 4 * 4;
		if (bytes > left)
			return false;
		if (bytes == left)
			return memcmp(at + 12, "VMCOREINFO", 11) == 0 &&
			       memcmp(at + 24, info, sizeof(info) - 1) == 0;
		at += bytes;
		left -= bytes;
	}
	return false;
}

static void test_whole(const char *what, const struct core_fake_range *ranges,
		       uint64_t pages, bool zstd)
{
	const char *by = zstd ? "zstd" : "zlib";
	struct stat st;

	core_file_begin(CORE_FILE, true, ranges);
	fake.plant = plant_note;
	fake.guest.task = (struct kernel_task){ .cpu = 2, .pid = 42 };
	ok(core_kdump_write(&fake.guest, zstd, &out) == 0,
	   "%s, %s: it is written", what, by);
	ok(core_file_read(), "%s, %s: it can be read", what, by);
	ok(core_file_holds(pages), "%s, %s: every page is there", what, by);
	ok(has_registers(), "%s, %s: so are the registers, and the task that "
	   "panicked", what, by);
	ok(core.vmcoreinfo_size == sizeof(info) - 1 &&
	   memcmp(core.vmcoreinfo, info, sizeof(info) - 1) == 0,
	   "%s, %s: and the kernel's note", what, by);
	ok(strcmp((const char *)core.bytes + 142, "6.1.0-test") == 0 &&
	   core.bytes[207] && strcmp((const char *)core.bytes + 272,
				     "x86_64") == 0,
	   "%s, %s: and so are the kernel's names", what, by);
	ok(has_info_note(), "%s, %s: which is among the notes as well",
	   what, by);
	ok(out.facts.pages == pages && !out.facts.truncated &&
	   !core.is_incomplete, "%s, %s: it is whole", what, by);
	ok(fstat(out.fd, &st) == 0 && (uint64_t)st.st_blocks * 512 <=
	   pages * 4096 * 45 / 100, "%s, %s: it is small", what, by);
	core_file_end();
}

static void test_cut(void)
{
	core_file_begin(CORE_FILE, true, late);
	out.most_bytes = 8 << 20;
	ok(core_kdump_write(&fake.guest, true, &out) == 0 &&
	   out.facts.truncated, "a core that would be too large is cut");
	ok(core_file_read() && core.is_incomplete,
	   "it can be read, and says so itself");
	ok(core.count >= 2505 && core.count < 5608 &&
	   core_file_holds(core.count), "what is there is right");
	ok(core.size <= (8 << 20) + 5608 * 24 + 300000,
	   "it is within its limit, but for its head");
	core_file_end();
}

static void test_going(void)
{
	core_file_begin(CORE_FILE, true, late);
	fake.fail_after = 2;
	fake.going = true;
	ok(core_kdump_write(&fake.guest, true, &out) == 0 &&
	   out.facts.truncated && out.guest_going,
	   "a core of a domain that goes away is a cut one");
	ok(core_file_read() && core.is_incomplete &&
	   core.count == 2048 && core_file_holds(2048),
	   "which holds what there was, and says so itself");
	core_file_end();
}

static void test_long_note(void)
{
	core_file_begin(CORE_FILE, true, small);
	fake.plant = plant_long_note;
	ok(core_kdump_write(&fake.guest, true, &out) == 0 &&
	   core_file_read() && core.vmcoreinfo_size == 190 * 38,
	   "a kernel's note may be longer than a page");
	core_file_end();
}

/* As Linux before 4.13 has it, in the kernel's image; and a program's. */
static void plant_notes_inside(uint64_t pfn, unsigned char *page)
{
	unsigned char note[CORE_PAGE_BYTES];

	if (pfn != 60 && pfn != 2000)
		return;
	put_head(note, sizeof(info) - 1);
	memcpy(note + 24, info, sizeof(info) - 1);
	memcpy(page + 64, note, 24 + sizeof(info) - 1);
}

static void test_note_inside(void)
{
	core_file_begin(CORE_FILE, true, small);
	fake.plant = plant_notes_inside;
	ok(core_kdump_write(&fake.guest, true, &out) == 0 &&
	   core_file_read() && core.vmcoreinfo_size == sizeof(info) - 1,
	   "it may be in the middle of a page");
	core_file_end();
}

static const struct core_fake_range twice[] = {
	{ 0, 2000 }, { 1000, 10 }, { 0 }
};

static void test_failures(void)
{
	core_file_begin(CORE_FILE, true, late);
	fake.fail_after = 3;
	ok(core_kdump_write(&fake.guest, true, &out) == -EIO,
	   "memory that cannot be read is an error");
	core_file_end();
	core_file_begin(CORE_FILE, true, twice);
	ok(core_kdump_write(&fake.guest, true, &out) == -EBADMSG,
	   "a page that comes twice is an error");
	core_file_end();
	core_file_begin("/dev/full", true, late);
	ok(core_kdump_write(&fake.guest, true, &out) == -ENOSPC,
	   "a full disk is an error");
	core_file_end();
}

/* Each write past so many bytes of the file fails, as on a full disk. */
static void test_full_at(uint64_t bytes, const char *what)
{
	struct rlimit before, limit;
	int r;

	core_file_begin(CORE_FILE, true, late);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
	r = core_kdump_write(&fake.guest, true, &out);
	setrlimit(RLIMIT_FSIZE, &before);
	ok(r == -EFBIG, "no room for %s: an error", what);
	core_file_end();
}

static int write_only(const char *path)
{
	core_file_begin(path, true, late);
	fake.plant = plant_note;
	return core_kdump_write(&fake.guest, getenv("ZLIB") == NULL, &out) ? 1
									   : 0;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return write_only(argv[1]);
	if (!core_file_enter())
		return 1;
	signal(SIGXFSZ, SIG_IGN);
	for (int zstd = 0; zstd < 2; zstd++) {
		test_whole("small", small, 0xa0 + 5000 + 5, zstd);
		test_whole("out of order", late, 5608, zstd);
	}
	test_cut();
	test_going();
	test_long_note();
	test_note_inside();
	test_failures();
	test_full_at(1 << 20, "the pages");
	test_full_at(100000, "the descriptors");
	return core_file_leave() ? done_testing() : 1;
}
