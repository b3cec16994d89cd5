/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cleanup attributes for locals.  Userspace only; holds no state.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *at)
{
	free(*(void **)at);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define AUTO_FREE __attribute__((cleanup(cleanup_free)))
#define AUTO_CLOSE __attribute__((cleanup(cleanup_close)))
#define AUTO_FILE __attribute__((cleanup(cleanup_file)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
