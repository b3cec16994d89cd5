/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flock() on DIR/UUID.  The files stay: removing one would let two workers
 * hold "the" lock.
 */
#include "role/worker_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define LOCK_SIGNAL SIGRTMAX
#define LOCK_RETRY_MS 100 /* should the signal come just before the wait */

/* Only root may have a say in who works on a guest. */
static int open_dir(const char *dir)
{
	struct stat st;
	int fd, r;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return -errno;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) ? -errno :
	    st.st_uid != geteuid() || (st.st_mode & 077) ? -EPERM : 0;
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

static int open_file(const char *dir, const uint8_t *uuid)
{
	char name[UUID_TEXT_BYTES];
	AUTO_CLOSE int at = open_dir(dir);
	int fd;

	if (at < 0)
		return at;
	fd = openat(at, uuid_format(uuid, name),
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

int worker_lock_try(const char *dir, const uint8_t uuid[UUID_BYTES],
		    int *ret_fd)
{
	int fd = open_file(dir, uuid);
	int r;

	if (fd < 0)
		return fd;
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		*ret_fd = fd;
		return 0;
	}
	r = errno == EWOULDBLOCK ? -EBUSY : -errno;
	close(fd);
	return r;
}

static void interrupt(int signal)
{
	(void)signal; /* it is enough that flock() returns */
}

static int flock_until(int fd, int64_t end)
{
	while (flock(fd, LOCK_EX)) {
		if (errno != EINTR)
			return -errno;
		if (clock_ms() >= end)
			return -ETIMEDOUT;
	}
	return 0;
}

int worker_lock_wait(const char *dir, const uint8_t uuid[UUID_BYTES],
		     uint32_t wait_ms, int *ret_fd)
{
	struct sigaction act = { .sa_handler = interrupt }, old;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = LOCK_SIGNAL };
	struct itimerspec due = {
		.it_value = { wait_ms / 1000, wait_ms % 1000 * 1000000L + 1 },
		.it_interval = { 0, LOCK_RETRY_MS * 1000000L },
	};
	int64_t end = clock_ms() + wait_ms;
	timer_t timer;
	int fd = open_file(dir, uuid), r;

	if (fd < 0)
		return fd;
	sigaction(LOCK_SIGNAL, &act, &old);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer)) {
		r = -errno;
	} else {
		timer_settime(timer, 0, &due, NULL);
		r = flock_until(fd, end);
		timer_delete(timer);
	}
	sigaction(LOCK_SIGNAL, &old, NULL);
	if (r) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int worker_lock_note(int fd, const char *word)
{
	size_t len = strlen(word);
	ssize_t n;

	if (len >= WORKER_LOCK_NOTE_BYTES)
		return -EINVAL;
	if (ftruncate(fd, 0))
		return -errno;
	n = len ? pwrite(fd, word, len, 0) : 0;
	return n < 0 ? -errno : (size_t)n == len ? 0 : -ENOSPC;
}

void worker_lock_read(int fd, char ret_word[WORKER_LOCK_NOTE_BYTES])
{
	ssize_t n = pread(fd, ret_word, WORKER_LOCK_NOTE_BYTES - 1, 0);

	ret_word[n > 0 ? n : 0] = '\0';
}
