/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens and takes xl's lock.  Follows no link, trusts no file that another user
 * could have made, waits for no lock that another user could hold.
 */
#include "port/xllock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define POLL_MS 100	/* xl gives no sign when it drops its lock */
#define OPEN_TRIES 3	/* a file may come and go between two calls */

/* --- opening --- */

/* O_CREAT upon a file of another user's fails in a directory like /run/lock:
 * only a new file is created. */
static int open_file(const char *path)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	int fd = -1;

	for (int i = 0; fd < 0 && i < OPEN_TRIES; i++) {
		fd = open(path, flags);
		if (fd < 0 && errno == ENOENT)
			fd = open(path, flags | O_CREAT | O_EXCL, S_IWUSR);
		if (fd < 0 && errno != ENOENT && errno != EEXIST)
			break;
	}
	return fd < 0 ? -errno : fd;
}

/* A process locks a file that it has open: a user who may read the file can
 * block a writer's lock.  A second name of the file may be in another user's
 * directory. */
static int judge_file(const struct stat *st, const char *path, struct text *why)
{
	const char *fault = NULL;

	if (!S_ISREG(st->st_mode))
		fault = "is no file";
	else if (st->st_uid)
		fault = "is not root's";
	else if (st->st_mode & 066)
		fault = "can be opened by other users";
	else if (st->st_nlink > 1)
		fault = "has a second name";
	if (!fault)
		return 0;
	text_append_clause(why, "%s %s (owner: user %u, mode %04o)", path, fault,
			   (unsigned int)st->st_uid,
			   (unsigned int)st->st_mode & 07777);
	return -EPERM;
}

int xllock_check(const char *path, struct text *why)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	return judge_file(&st, path, why);
}

/* --- taking --- */

static void add_holder(int fd, struct text *why)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[64], name[64] = "?";
	AUTO_FILE FILE *in = NULL;

	if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK ||
	    lock.l_pid <= 0) {
		text_append(why, "another process");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)lock.l_pid);
	in = fopen(path, "re");
	if (in && fgets(name, sizeof(name), in))
		name[strcspn(name, "\n")] = '\0';
	text_printf(why, "process %d (%s)", (int)lock.l_pid, name);
}

static int try_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!fcntl(fd, F_SETLK, &lock))
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

static int await_lock(int fd, const char *path, int64_t end_ms,
		      struct text *why)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000l };
	int r;

	while ((r = try_lock(fd)) == -EBUSY && clock_ms() < end_ms)
		nanosleep(&pause, NULL);
	if (r == -EBUSY) {
		text_append_clause(why, "the lock %s is held by ", path);
		add_holder(fd, why);
	} else if (r) {
		text_append_clause(why, "cannot take the lock %s: %s", path,
				   strerror(-r));
	}
	return r;
}

static int take_one(const char *path, int64_t end_ms, int *ret_fd,
		    struct text *why)
{
	int fd = open_file(path);
	struct stat st;
	int r = fd < 0 ? fd : fstat(fd, &st) ? -errno : 0;

	if (r)
		text_append_clause(why, "cannot open the lock %s: %s", path,
				   strerror(-r));
	else
		r = judge_file(&st, path, why);
	if (r == 0)
		r = await_lock(fd, path, end_ms, why);
	/* xl respects the lock also if no other process holds it. */
	else if (r == -EPERM && fd >= 0 && S_ISREG(st.st_mode) &&
		 try_lock(fd) == 0)
		r = 0;
	if (r == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return r;
}

int xllock_take(const char *path, const char *own, int64_t end_ms,
		struct xllock *ret_lock, struct text *why)
{
	struct xllock lock = { .fd = -1, .own_fd = -1 };
	int r = take_one(own, end_ms, &lock.own_fd, why);

	if (r != -EBUSY)
		r = take_one(path, end_ms, &lock.fd, why);
	if (r == -EBUSY) {
		xllock_drop(&lock);
		return r;
	}
	if (lock.fd < 0)
		text_append_clause(why, "xl's lock is not held: an xl that "
				   "starts a guest now may fail for memory");
	if (lock.fd < 0 && lock.own_fd < 0)
		return r;
	*ret_lock = lock;
	return 0;
}

void xllock_drop(struct xllock *lock)
{
	if (lock->fd >= 0)
		close(lock->fd);
	if (lock->own_fd >= 0)
		close(lock->own_fd);
	lock->fd = lock->own_fd = -1;
}
