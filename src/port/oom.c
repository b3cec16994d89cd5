/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes one number to /proc.  Chooses none.
 */
#include "port/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"

int oom_set(int score)
{
	AUTO_CLOSE int fd = open("/proc/self/oom_score_adj",
				 O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%d", score) < 0)
		return -errno;
	return 0;
}
