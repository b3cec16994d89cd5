/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl's lock between us, an xl and a user who has nothing to say here.  Touches
 * only a directory of its own, which every user may write to.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "port/xllock.h"
#include "tap.h"

#define NOBODY 65534

static char root[] = "/tmp/test-xllock-XXXXXX";
static char path[64], own[64];
static struct text why;

/* Another process of USER that makes PATH, and holds a lock of it. */
static pid_t hold(uid_t user, const char *name, mode_t mode)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int ready[2], fd;
	char byte;
	pid_t pid;

	if (pipe(ready))
		exit(1);
	pid = fork();
	if (pid == 0) {
		if (user && setuid(user))
			_exit(1);
		fd = open(name, O_RDWR | O_CREAT, mode);
		if (fd < 0 || fcntl(fd, F_SETLK, &lock) ||
		    write(ready[1], "x", 1) != 1)
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

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int take(int64_t wait_ms, struct xllock *lock)
{
	text_free(&why);
	return xllock_take(path, own, clock_ms() + wait_ms, lock, &why);
}

static void test_xl(void)
{
	struct xllock lock = { -1, -1 };
	char number[32];
	struct stat st;
	pid_t xl;

	ok(take(0, &lock) == 0 && lock.fd >= 0 && lock.own_fd >= 0,
	   "a lock that is not there is made and taken");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == S_IWUSR,
	   "as xl makes it");
	xllock_drop(&lock);
	unlink(path);
	xl = hold(0, path, S_IWUSR);
	ok(take(250, &lock) == -EBUSY && lock.fd < 0,
	   "one that an xl holds is not taken");
	snprintf(number, sizeof(number), "process %d (", (int)xl);
	ok(strstr(text_get(&why), number) != NULL, "its holder is named: %s",
	   text_get(&why));
	end(xl);
	ok(take(0, &lock) == 0 && lock.fd >= 0 && !why.len,
	   "it is taken once xl has ended");
	xllock_drop(&lock);
	unlink(path);
}

/* Takes it without a wait, on OWN alone, and says why. */
static bool is_passed(const char *text)
{
	struct xllock lock = { -1, -1 };
	int64_t began = clock_ms();
	bool passed = take(600000, &lock) == 0 && lock.own_fd >= 0 &&
		      clock_ms() - began < 60000 &&
		      strstr(text_get(&why), text);

	if (!passed)
		printf("# %s\n", text_get(&why));
	xllock_drop(&lock);
	return passed;
}

static void test_user(void)
{
	pid_t user = hold(NOBODY, path, 0600);
	struct xllock lock = { -1, -1 };

	ok(is_passed("is not root's (owner: user 65534"),
	   "a user's file is not waited for");
	ok(xllock_check(path, &why) == -EPERM, "and it is a finding");
	end(user);
	ok(take(0, &lock) == 0 && lock.fd >= 0,
	   "where nobody holds it, it is taken for xl's sake");
	xllock_drop(&lock);
	unlink(path);
}

static void test_readable(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CREAT, 0644);
	pid_t reader = fork();

	if (reader == 0) {
		if (fcntl(fd, F_SETLK, &lock))
			_exit(1);
		kill(getpid(), SIGSTOP);
		_exit(0);
	}
	close(fd);
	waitpid(reader, NULL, WUNTRACED);
	ok(is_passed("can be opened by other users"),
	   "nor is root's file that others can read");
	end(reader);
	unlink(path);
}

static void test_strange(void)
{
	ok(symlink("/dev/null", path) == 0 && is_passed("cannot open"),
	   "a link is not followed");
	unlink(path);
	ok(mkfifo(path, 0600) == 0 && is_passed("cannot open"),
	   "a FIFO does not stop it");
	unlink(path);
	ok(mkdir(path, 0700) == 0 && is_passed("cannot open"),
	   "nor does a directory");
	rmdir(path);
}

static void test_own(void)
{
	pid_t other = hold(0, own, 0200);
	struct xllock lock = { -1, -1 };

	ok(take(250, &lock) == -EBUSY && lock.fd < 0,
	   "another build of ours is waited for");
	end(other);
}

int main(void)
{
	if (geteuid()) {
		ok(true, "locks of other users # SKIP not root");
		return done_testing();
	}
	if (!mkdtemp(root) || chmod(root, 01777))
		return 1;
	snprintf(path, sizeof(path), "%s/xl", root);
	snprintf(own, sizeof(own), "%s/own", root);
	test_xl();
	test_user();
	test_readable();
	test_strange();
	test_own();
	text_free(&why);
	unlink(path);
	unlink(own);
	rmdir(root);
	return done_testing();
}
