/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The signal masks with which programs and threads start.
 */
#ifndef BASE_START_H
#define BASE_START_H

#include <pthread.h>
#include <spawn.h>

/*
 * Prepares ATTR, for the caller to destroy: the program starts with no signal blocked
 * or ignored.  FLAGS are more of POSIX_SPAWN_*.
 */
void start_prepare_program(posix_spawnattr_t *attr, short flags);

/* A thread that gets no signals; the main thread gets them.  Returns 0, or
 * -errno. */
int start_thread(pthread_t *ret_thread, void *(*run)(void *), void *arg);

#endif
