/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl's lock file, which lies where every user can make files: xl holds it while
 * it builds a guest.
 */
#ifndef PORT_XLLOCK_H
#define PORT_XLLOCK_H

#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

/* A lock of root, beside xl's: two builds by Xenvigil never overlap. */
#define XLLOCK_OWN "/run/xenvigil/build.lock"

struct xllock {
	int fd, own_fd;		/* -1: not held */
};

/*
 * Takes the lock OWN, then xl's lock PATH, and waits for each until END_MS
 * (CLOCK_MONOTONIC).  A PATH that not only root can lock is never waited for:
 * then OWN alone is held, and WHY says so.  Returns 0, or -EBUSY with the
 * holder's pid in WHY, or -errno.
 */
int xllock_take(const char *path, const char *own, int64_t end_ms,
		struct xllock *ret_lock, struct text *why);
void xllock_drop(struct xllock *lock);

/* Can only root lock PATH?  Returns 0 (also when it is not there), -EPERM with
 * the reason in WHY, or -errno. */
int xllock_check(const char *path, struct text *why);

#endif
