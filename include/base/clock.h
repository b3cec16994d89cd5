/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock for deadlines and durations.  Not for the core, which gets the time as
 * an argument.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Monotonic, in ms; stands still while the host is suspended. */
static inline int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
