/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One keeper for a host, and one for a run directory: two would both act.  Each
 * is a lock that is held while we live.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "keeper.h"
#include "role/worker_lock.h"

static int fail(const char *dir, const char *name, int error)
{
	log_event(LOG_LEVEL_ERROR,
		  error == EWOULDBLOCK ? "already-running" : "no-lock",
		  LOG_TEXT("directory", dir), LOG_TEXT("name", name),
		  LOG_TEXT("error", strerror(error)));
	return -EBUSY;
}

/* What another user can write to, that one could lock. */
static int check_dir(int dir)
{
	struct stat st;

	if (fstat(dir, &st))
		return errno;
	return st.st_uid != geteuid() || st.st_mode & 022 ? EPERM : 0;
}

/* Returns the descriptor that holds it, or -EBUSY. */
static int take_lock(const char *dir, const char *name)
{
	AUTO_CLOSE int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd, error = at < 0 ? errno : 0;

	if (!error && strcmp(dir, WORKER_LOCK_RUN_DIR) == 0)
		error = check_dir(at);
	if (error)
		return fail(dir, name, error);
	fd = openat(at, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	error = errno;
	if (fd >= 0)
		close(fd);
	return fail(dir, name, error);
}

int keeper_lock_take(const char *run_dir, struct keeper_lock *ret_lock)
{
	int r;

	/* Where the locks of guests are, whatever the settings say. */
	if (mkdir(WORKER_LOCK_RUN_DIR, 0700) && errno != EEXIST)
		return fail(WORKER_LOCK_RUN_DIR, "", errno);
	r = ret_lock->host = take_lock(WORKER_LOCK_RUN_DIR, "host.lock");
	if (r >= 0)
		r = ret_lock->run_dir = take_lock(run_dir, "xenvigild.lock");
	return r < 0 ? r : 0;
}

void keeper_lock_release(struct keeper_lock *lock)
{
	if (lock->run_dir >= 0)
		close(lock->run_dir);
	if (lock->host >= 0)
		close(lock->host);
}
