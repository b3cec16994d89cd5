/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which cores go when there are too many, and what is never touched.  Works
 * in a directory of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "dump/core_dir.h"
#include "tap.h"

#define ONE "11111111-1111-1111-1111-111111111111"
#define TWO "22222222-2222-2222-2222-222222222222"
#define KIB 1024u

#define FREE_KIB 100u	/* of the file system, whatever goes */

/* In the place of the C library's: others write to the real one meanwhile. */
int fstatvfs(int fd, struct statvfs *fs)
{
	(void)fd;
	*fs = (struct statvfs){ .f_frsize = KIB, .f_bavail = FREE_KIB,
				.f_blocks = 2 * FREE_KIB };
	return 0;
}

static char root[] = "/tmp/test-core-dir-XXXXXX";
static int dir = -1;

static void put(const char *name, size_t kib)
{
	static char block[KIB];
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	memset(block, 'x', sizeof(block));
	for (size_t i = 0; i < kib; i++)
		if (write(fd, block, sizeof(block)) != sizeof(block))
			exit(1);
	close(fd);
}

static bool is_there(const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static const char *const cores[] = {
	ONE "-20260101T000000Z-9.core", TWO "-20260102T000000Z-10.core",
	ONE "-20260103T000000Z-11.core", ONE "-20260103T000000Z-100.core",
	TWO "-20260104T000000Z-101.core",
};

/* Which of CORES are there, as a string of 1 and 0. */
static const char *present(void)
{
	static char text[6];

	for (int i = 0; i < 5; i++)
		text[i] = is_there(cores[i]) ? '1' : '0';
	return text;
}

static const char *trimmed(const struct core_dir_bounds *bounds)
{
	struct text said = {0};

	for (int i = 0; i < 5; i++)
		put(cores[i], 64);
	if (core_dir_trim(dir, bounds, &said))
		return "failed";
	text_free(&said);
	return present();
}

static void test_trim(void)
{
	struct core_dir_bounds bounds = { .guest = ONE };

	is_text(trimmed(&bounds), "11111", "without bounds all stay");
	bounds.per_guest = 2;
	is_text(trimmed(&bounds), "01111", "a guest's oldest goes");
	bounds.per_guest = 1;
	is_text(trimmed(&bounds), "01011",
		"of one time the lower number is the older");
	bounds = (struct core_dir_bounds){ .total_bytes = 200 * KIB };
	is_text(trimmed(&bounds), "01011",
		"of the guest with the most the oldest go");
	bounds.total_bytes = 130 * KIB;
	is_text(trimmed(&bounds), "00011", "each guest's newest stays");
	bounds.total_bytes = 100 * KIB;
	is_text(trimmed(&bounds), "00001",
		"one of them goes when both have no room");
	bounds.total_bytes = 1;
	is_text(trimmed(&bounds), "00000", "all, when none has room");
	bounds.keep = cores[4];
	is_text(trimmed(&bounds), "00001", "but for the one that is to stay");
	bounds.keep = cores[0];
	is_text(trimmed(&bounds), "10000", "whatever its time says");
}

/* A guest that crashes often does not cost another its evidence. */
static void test_fair(void)
{
	struct core_dir_bounds bounds = { .total_bytes = 200 * KIB,
					  .keep = cores[3] };
	struct text said = {0};

	for (int i = 0; i < 5; i++)
		put(cores[i], i == 1 || i == 4 ? 8 : 150);
	ok(core_dir_trim(dir, &bounds, &said) == 0,
	   "the total is kept to");
	is_text(present(), "01011", "by the cores of the guest that has the "
		"most");
	text_free(&said);
}

static void test_free(void)
{
	struct core_dir_bounds bounds = { .free_bytes = UINT64_MAX };
	struct text said = {0};

	is_text(trimmed(&bounds), "11111",
		"no core goes when all older ones would not be enough");
	ok(core_dir_trim(dir, &bounds, &said) == 0 &&
	   strstr(text_get(&said), "no core was removed"), "and it is said");
	text_free(&said);
	bounds.free_bytes = (FREE_KIB + 96) * KIB;
	is_text(trimmed(&bounds), "01011", "as many go as are enough");
	bounds.free_bytes = (FREE_KIB + 220) * KIB;
	is_text(trimmed(&bounds), "11111", "no guest's newest goes for it");
	bounds.free_bytes = FREE_KIB * KIB;
	is_text(trimmed(&bounds), "11111", "none goes where enough is free");
}

static const char *const strangers[] = {
	"notes.core", "xenvigil.core", ONE ".core", ONE "-20260101T000000Z-.core",
	ONE "-20260101T000000Z-1.core.part", ONE "-20260101T000000Z-1.corex",
	ONE "-20260101T000000Z-1x.core", ONE "-2026.101T000000Z-1.core",
	ONE "-20260101T000000Z-99999999999999999999999.core",
};

static void test_strangers(void)
{
	struct core_dir_bounds bounds = { .total_bytes = 1,
					  .free_bytes = UINT64_MAX };
	struct text said = {0};
	bool all = true;
	const size_t count = sizeof(strangers) / sizeof(*strangers);

	for (int i = 0; i < 5; i++)
		unlinkat(dir, cores[i], 0);
	put("outside", 1);
	mkdirat(dir, ONE "-20260101T000000Z-2.core", 0700);
	mkfifoat(dir, ONE "-20260101T000000Z-3.core", 0600);
	if (symlinkat("outside", dir, ONE "-20260101T000000Z-4.core"))
		exit(1);
	for (size_t i = 0; i < count; i++)
		put(strangers[i], 1);
	ok(core_dir_trim(dir, &bounds, &said) == 0 &&
	   !strstr(text_get(&said), "removed " ONE),
	   "what is no core is not removed");
	for (size_t i = 0; i < count; i++)
		all &= is_there(strangers[i]);
	ok(all, "whatever its name is like");
	ok(is_there("outside") && is_there(ONE "-20260101T000000Z-2.core") &&
	   is_there(ONE "-20260101T000000Z-3.core") &&
	   is_there(ONE "-20260101T000000Z-4.core"),
	   "nor are directories, FIFOs and links");
	text_free(&said);
}

static void count_part(void *ctx, int fd, const char *name,
		       const uint8_t uuid[UUID_BYTES])
{
	int *count = ctx;

	*count += fd == dir && uuid[0] == 0x11 &&
		  strcmp(name, strangers[4]) == 0 ? 1 : 100;
}

static void test_parts(void)
{
	int count = 0;

	ok(core_dir_each_part(dir, count_part, &count) == 0 && count == 1,
	   "what is not finished is found");
}

static void test_open(void)
{
	int fd;

	ok(core_dir_open(root, &fd) == 0, "a directory of our own");
	close(fd);
	chmod(root, 0750);
	ok(core_dir_open(root, &fd) == -EPERM, "one that others may read");
	chmod(root, 0700);
	if (symlinkat(root, dir, "link") || chdir(root))
		exit(1);
	ok(core_dir_open("link", &fd) == -ELOOP ||
	   core_dir_open("link", &fd) == -ENOTDIR, "a link is not followed");
	ok(core_dir_open("outside", &fd) == -ENOTDIR, "a file is none");
}

int main(void)
{
	char command[64];

	if (!mkdtemp(root) || core_dir_open(root, &dir))
		return 1;
	test_trim();
	test_fair();
	test_free();
	test_strangers();
	test_parts();
	test_open();
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return chdir("/") || system(command) ? 1 : done_testing();
}
