/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One program of the operator's, run within bounds: a deadline, a limit to
 * what it says, and none of its processes left when it has ended.
 */
#ifndef ROLE_HOOK_RUN_H
#define ROLE_HOOK_RUN_H

#include <stddef.h>
#include <stdint.h>

#define HOOK_OUTPUT_MAX (64 * 1024)	/* one that says more is killed */

struct hook_run {
	const char *path;
	char *const *argv;
	char *const *env;
	const char *input;	/* its standard input */
	size_t input_len;
	uint32_t limit_ms;
};

/* Once, before the first: what a hook leaves behind becomes our child. */
int hook_run_prepare(void);

/*
 * Runs it.  RET_OUTPUT gets the beginning of what it wrote to its standard
 * output and error, NUL-terminated; *RET_STATUS the status of wait(2).
 * Returns 0, -ECHILD (ended badly), -ETIME (killed at its deadline), -EFBIG
 * (killed for what it wrote), or -errno when it could not be started.
 */
int hook_run(const struct hook_run *run, char *ret_output, size_t size,
	     int *ret_status);

#endif
