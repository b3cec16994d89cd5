/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How programs and threads of ours are started as to signals.
 */
#ifndef BASE_START_H
#define BASE_START_H

#include <pthread.h>
#include <spawn.h>

/*
 * Prepares ATTR, for the caller to destroy, for a program that begins with no
 * signal blocked or ignored by us.  FLAGS are more of POSIX_SPAWN_*.
 */
void start_prepare_program(posix_spawnattr_t *attr, short flags);

/* A thread that takes no signals: they are the main thread's.  Returns 0, or
 * -errno. */
int start_thread(pthread_t *ret_thread, void *(*run)(void *), void *arg);

#endif
