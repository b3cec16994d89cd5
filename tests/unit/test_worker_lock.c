/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock of a guest between two workers.  Touches nothing outside its own
 * temporary directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "role/worker_lock.h"

#include "tap.h"

static const uint8_t one[UUID_BYTES] = { 1 }, two[UUID_BYTES] = { 2 };
static char root[] = "/tmp/test-worker-lock-XXXXXX";
static char dir[64];

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Another worker that holds the lock until it is killed. */
static pid_t holder(void)
{
	int ready[2], fd;
	char byte;
	pid_t pid;

	if (pipe(ready))
		exit(1);
	pid = fork();
	if (!pid) {
		if (worker_lock_try(dir, one, &fd) || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		exit(1);
	close(ready[0]);
	return pid;
}

static void test_alone(void)
{
	struct stat st;
	int fd = -1, other = -1;

	ok(!worker_lock_try(dir, one, &fd), "a free lock is taken at once");
	ok(!stat(dir, &st) && (st.st_mode & 07777) == 0700,
	   "its directory is made, for root alone");
	ok(fcntl(fd, F_GETFD) == FD_CLOEXEC, "no child will hold it");
	ok(worker_lock_try(dir, one, &other) == -EBUSY,
	   "a second one is refused");
	ok(!worker_lock_try(dir, two, &other), "another guest is free");
	close(other);
	close(fd);
	ok(!worker_lock_try(dir, one, &fd), "closed, it is free again");
	close(fd);
}

/* What one worker notes is for the next. */
static void test_note(void)
{
	char word[WORKER_LOCK_NOTE_BYTES], longest[WORKER_LOCK_NOTE_BYTES + 1];
	int fd = -1;

	worker_lock_try(dir, one, &fd);
	worker_lock_read(fd, word);
	ok(!word[0], "a lock has no note at first");
	ok(!worker_lock_note(fd, "longer one") && !worker_lock_note(fd, "word"),
	   "a note is written, and another in its place");
	close(fd);
	worker_lock_try(dir, one, &fd);
	worker_lock_read(fd, word);
	ok(!strcmp(word, "word"), "the next holder reads it");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ok(worker_lock_note(fd, longest) == -EINVAL, "not one too long");
	ok(!worker_lock_note(fd, ""), "it is taken back");
	worker_lock_read(fd, word);
	ok(!word[0], "and is gone");
	close(fd);
}

static void test_waits(void)
{
	pid_t pid = holder();
	long long began = now_ms(), took;
	int fd = -1, r = worker_lock_wait(dir, one, 300, &fd);

	took = now_ms() - began;
	ok(r == -ETIMEDOUT && took >= 300 && took < 5000,
	   "the wait ends at its deadline");
	printf("# 300 ms took %lld ms\n", took);
	ok(worker_lock_wait(dir, one, 0, &fd) == -ETIMEDOUT,
	   "a deadline that has passed is one, too");
	if (!fork()) {
		const struct timespec later = { 0, 200 * 1000000 };

		nanosleep(&later, NULL); /* the wait below is to be under way */
		kill(pid, SIGKILL);
		_exit(0);
	}
	began = now_ms();
	r = worker_lock_wait(dir, one, 20000, &fd);
	took = now_ms() - began;
	ok(!r && took < 10000, "a holder's death hands it on at once");
	close(fd);
	while (wait(NULL) > 0)
		;
}

static void test_refuses(void)
{
	char name[128], uuid[UUID_TEXT_BYTES];
	int fd = -1;

	snprintf(name, sizeof(name), "%s/%s", dir, uuid_format(one, uuid));
	unlink(name);
	if (symlink("/dev/null", name))
		exit(1);
	ok(worker_lock_try(dir, one, &fd) == -ELOOP,
	   "a link in the file's place is not followed");
	unlink(name);
	chmod(dir, 0777);
	ok(worker_lock_try(dir, one, &fd) == -EPERM,
	   "a directory that others may write is refused");
	chmod(dir, 0700);
	snprintf(name, sizeof(name), "%s/link", root);
	if (symlink(dir, name))
		exit(1);
	ok(worker_lock_try(name, one, &fd) == -ENOTDIR ||
	   worker_lock_try(name, one, &fd) == -ELOOP,
	   "so is a link to one");
	unlink(name);
	snprintf(name, sizeof(name), "%s/%s", dir, uuid_format(two, uuid));
	unlink(name);
}

int main(void)
{
	if (!mkdtemp(root)) {
		perror(root);
		return 1;
	}
	snprintf(dir, sizeof(dir), "%s/lock", root);
	test_alone();
	test_note();
	test_waits();
	test_refuses();
	rmdir(dir);
	rmdir(root);
	return done_testing();
}
