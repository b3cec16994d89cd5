/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * holder USER FILE: makes FILE as USER unless it is there, and holds a write
 * lock of it; prints its pid when it does.  Judges nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	if (argc != 3 || setuid((uid_t)atoi(argv[1])))
		return 1;
	fd = open(argv[2], O_WRONLY | O_CREAT, S_IWUSR);
	if (fd < 0 || fcntl(fd, F_SETLK, &lock))
		return 1;
	printf("%d\n", (int)getpid());
	fflush(stdout);
	pause();
	return 0;
}
