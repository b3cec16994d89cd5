/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signal masks of what is started.  Starts no program by itself.
 */
#include "base/start.h"

#include <signal.h>

void start_prepare_program(posix_spawnattr_t *attr, short flags)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(attr);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setflags(attr, (short)(flags | POSIX_SPAWN_SETSIGMASK |
					       POSIX_SPAWN_SETSIGDEF));
}

int start_thread(pthread_t *ret_thread, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(ret_thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}
