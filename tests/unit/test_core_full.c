/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk that is full from some write on: each write of a core fails in turn,
 * after a part of it, as does what sets the file's size.  Knows what each
 * form's parts are, and nothing else of them.
 */
#include <stdatomic.h>
#include <sys/syscall.h>

#include "core_fake.h"
#include "dump/core_elf.h"
#include "dump/core_kdump_head.h"
#include "dump/core_kdump.h"
#include "tap.h"

/* Above 4 GiB first, so that the descriptors have to be put in order. */
static const struct core_fake_range ranges[] = {
	{ 0x100000, 1300 }, { 0, 1100 }, { 0xfeff0, 5 }, { 0 }
};

static atomic_int calls;	/* writes and changes of size so far */
static int full_at;		/* from this one on there is no room; 0: never */
static atomic_llong failed_at;	/* the offset of the first that failed */

/* In the place of the C library's, for the writers too. */
ssize_t pwrite(int fd, const void *from, size_t len, off_t at)
{
	int call = atomic_fetch_add(&calls, 1) + 1;

	if (full_at && call >= full_at) {
		long long none = -1;

		atomic_compare_exchange_strong(&failed_at, &none,
					       (long long)at);
		if (call > full_at || len < 2) {
			errno = ENOSPC;
			return -1;
		}
		len /= 2;
	}
	return syscall(SYS_pwrite64, fd, from, len, at);
}

int ftruncate(int fd, off_t len)
{
	int call = atomic_fetch_add(&calls, 1) + 1;

	if (!full_at || call < full_at)
		return (int)syscall(SYS_ftruncate, fd, len);
	errno = ENOSPC;
	return -1;
}

enum part { PART_HEAD, PART_BITMAPS, PART_FRAMES, PART_PAGES, PART_COUNT };

static const char *const part_names[] = { "head", "bitmaps", "frames' numbers",
					  "pages" };

/* ELF has no bitmaps. */
struct form {
	const char *name;
	bool translated;
	int (*write)(const struct core_guest *guest, struct core_out *out);
	/* Where each part ends. */
	void (*ends)(const struct form *form, struct core_fake *fake,
		     uint64_t ret_end[PART_COUNT]);
};

static int write_zstd(const struct core_guest *guest, struct core_out *out)
{
	return core_kdump_write(guest, true, out);
}

/* One core on a disk that is full from call AT on. */
static int write_one(const struct form *form, struct core_fake *fake, int at)
{
	char path[] = "/tmp/test-core-full-XXXXXX";
	struct core_out out = { .fd = mkstemp(path) };
	int r;

	unlink(path);
	atomic_store(&calls, 0);
	atomic_store(&failed_at, -1);
	full_at = at;
	r = form->write(&fake->guest, &out);
	full_at = 0;
	close(out.fd);
	return r;
}

static void kdump_ends(const struct form *form, struct core_fake *fake,
		       uint64_t ret_end[PART_COUNT])
{
	const struct core_guest *guest = &fake->guest;
	uint64_t blocks = (guest->end_pfn + 32767) / 32768;

	(void)form;
	ret_end[PART_HEAD] = core_kdump_head_blocks(guest) * CORE_PAGE_BYTES;
	ret_end[PART_BITMAPS] = ret_end[PART_HEAD] +
				2 * blocks * CORE_PAGE_BYTES;
	ret_end[PART_FRAMES] = ret_end[PART_BITMAPS] + guest->most_pages * 24;
}

/* The first call writes the first numbers, the second the first page. */
static void elf_ends(const struct form *form, struct core_fake *fake,
		     uint64_t ret_end[PART_COUNT])
{
	write_one(form, fake, 1);
	ret_end[PART_HEAD] = (uint64_t)atomic_load(&failed_at);
	ret_end[PART_BITMAPS] = ret_end[PART_HEAD];
	write_one(form, fake, 2);
	ret_end[PART_FRAMES] = (uint64_t)atomic_load(&failed_at);
}

static enum part part_at(const uint64_t end[PART_COUNT], uint64_t at)
{
	int part = 0;

	while (at >= end[part])
		part++;
	return part;
}

static void test_form(const struct form *form)
{
	uint64_t end[PART_COUNT] = { [PART_PAGES] = UINT64_MAX };
	unsigned int hits[PART_COUNT] = { 0 }, sizes = 0;
	struct core_fake fake;
	int all, bad = 0, r;

	core_fake_setup(&fake, form->translated, ranges);
	form->ends(form, &fake, end);
	ok(write_one(form, &fake, 0) == 0, "%s: it is written where there is "
	   "room", form->name);
	all = atomic_load(&calls);
	for (int at = 1; at <= all; at++) {
		r = write_one(form, &fake, at);
		if (r != -ENOSPC)
			printf("# full at call %d of %d: %d\n", at, all, r);
		bad += r != -ENOSPC;
		if (atomic_load(&failed_at) < 0)
			sizes++;
		else
			hits[part_at(end, (uint64_t)atomic_load(&failed_at))]++;
	}
	ok(bad == 0 && all > 10, "%s: each of its %d calls finds the disk full "
	   "once, and it is an error", form->name, all);
	for (int part = 0; part < PART_COUNT; part++)
		if (part != PART_BITMAPS || end[part] != end[PART_HEAD])
			ok(hits[part] > 0, "%s: %u times in the %s", form->name,
			   hits[part], part_names[part]);
	ok(sizes == 1, "%s: once when its size is set", form->name);
	core_fake_free(&fake);
}

int main(void)
{
	static const struct form forms[] = {
		{ "kdump", true, write_zstd, kdump_ends },
		{ "ELF of a PV guest", false, core_elf_write, elf_ends },
		{ "ELF of a PVH guest", true, core_elf_write, elf_ends },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		test_form(&forms[i]);
	return done_testing();
}
