/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of the cores: held by a descriptor, its files by plain names.
 * Never follows a link, never goes into a directory.
 */
#include "port/core_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int core_dir_open(const char *path, int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r = fd < 0 || fstat(fd, &st) ? -errno : 0;

	/* Guest memory is secret, and whoever may write here may swap files. */
	if (r == 0 && (st.st_uid != geteuid() || st.st_mode & 077))
		r = -EPERM;
	if (r == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return r;
}
