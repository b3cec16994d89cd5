/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_check() upon a made-up /proc.  Touches no other process.
 */
#include "port/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define PID 812

static char proc[] = "/tmp/test_model.XXXXXX";

/* In the place of pidfds: the end of a pipe is readable once it is closed. */
static int ended = -1, lives = -1;

static void open_pipes(void)
{
	int fd[2];

	if (pipe(fd))
		abort();
	lives = fd[0]; /* the other end stays open */
	if (pipe(fd))
		abort();
	ended = fd[0];
	close(fd[1]);
}

static void write_file(const char *name, const char *bytes, size_t len)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%d/%s", proc, PID, name);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file))
		abort();
}

#define ARGS(text) write_file("cmdline", text, sizeof(text))
#define UIDS(text) write_file("status", "Name:\tqemu\nUid:\t" text "\n", \
			      sizeof("Name:\tqemu\nUid:\t" text "\n") - 1)

static void test_args(void)
{
	UIDS("0\t0\t0\t0");
	ARGS("qemu-system-i386\0-xen-domid\0" "12\0-no-shutdown");
	ok(model_check(proc, ended, PID, 12, 0) == 0, "it is the domain's");
	ok(model_check(proc, ended, PID, 1, 0) == -ENOENT &&
	   model_check(proc, ended, PID, 123, 0) == -ENOENT, "and no other's");
	ARGS("qemu-system-i386\0-name\0-xen-domid 12");
	ok(model_check(proc, ended, PID, 12, 0) == -ENOENT,
	   "a name that looks like it is not it");
	ARGS("qemu-system-i386\0-xen-domid");
	ok(model_check(proc, ended, PID, 12, 0) == -ENOENT, "no number follows");
	write_file("cmdline", "", 0);
	ok(model_check(proc, ended, PID, 12, 0) == -ESRCH, "it has ended");
	ok(model_check(proc, ended, 99, 12, 0) == -ESRCH, "there is none");
	ok(model_check(proc, lives, 99, 12, 0) == -EACCES &&
	   model_check(proc, lives, PID, 12, 0) == -EACCES,
	   "one that lives and is not to be seen has not ended");
}

static void test_user(void)
{
	ARGS("qemu-system-i386\0-xen-domid\0" "12");
	UIDS("200\t200\t200\t200");
	ok(model_check(proc, ended, PID, 12, 200) == 0, "its own user has it");
	ok(model_check(proc, ended, PID, 12, 0) == -ENOENT &&
	   model_check(proc, ended, PID, 12, 201) == -ENOENT,
	   "another user's process is not believed");
	UIDS("0\t0\t1000\t0");
	ok(model_check(proc, ended, PID, 12, 200) == -ENOENT, "by any of its ids");
	write_file("status", "Name:\tqemu\n", 11);
	ok(model_check(proc, ended, PID, 12, 0) == -EBADMSG, "nobody knows whose");
}

int main(void)
{
	char path[256];

	if (!mkdtemp(proc))
		abort();
	snprintf(path, sizeof(path), "%s/%d", proc, PID);
	if (mkdir(path, 0700))
		abort();
	open_pipes();
	test_args();
	test_user();
	snprintf(path, sizeof(path), "rm -r %s", proc);
	return system(path) ? 1 : done_testing();
}
