/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The task that panicked, from the line that a kernel writes above each call
 * trace.  The guest controls the line: impossible numbers are rejected.
 */
#include <errno.h>
#include <string.h>

#include "core/kernel_log.h"

#define CPU_MOST 4096u
#define PID_MOST (1u << 22) /* as Linux has it */

/* "WORD: NUMBER " at *AT, which is moved behind it. */
static int take(const char **at, const char *word, uint32_t most,
		uint32_t *ret_number)
{
	size_t len = strlen(word);
	const char *digit = *at + len;
	uint32_t number = 0;

	if (strncmp(*at, word, len) != 0 || *digit < '0' || *digit > '9')
		return -EINVAL;
	for (; *digit >= '0' && *digit <= '9'; digit++) {
		number = number * 10 + (uint32_t)(*digit - '0');
		if (number > most)
			return -ERANGE;
	}
	if (*digit != ' ')
		return -EINVAL;
	*at = digit + 1;
	*ret_number = number;
	return 0;
}

static int take_task(const char *at, struct kernel_task *ret_task)
{
	struct kernel_task task;
	uint32_t uid;
	int r = take(&at, "CPU: ", CPU_MOST, &task.cpu);

	if (r == 0 && strncmp(at, "UID: ", 5) == 0) /* from 6.11 on */
		r = take(&at, "UID: ", UINT32_MAX / 16, &uid);
	if (r == 0)
		r = take(&at, "PID: ", PID_MOST, &task.pid);
	if (r == 0)
		*ret_task = task;
	return r;
}

/* The first such line of the panic.  A kernel that printed it for the fault
 * before the panic does not print it again. */
int kernel_log_task(const char *log, struct kernel_task *ret_task)
{
	const char *panic = NULL, *at = log;
	int r = -ENOENT;

	for (; (at = strstr(at, "Kernel panic - not syncing")); at++)
		panic = at;
	if (!panic)
		return -ENOENT;
	for (at = log; (at = strstr(at, "CPU: ")); at++) {
		if (take_task(at, ret_task))
			continue;
		r = 0;
		if (at > panic)
			break;
	}
	return r;
}
