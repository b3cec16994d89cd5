/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs one program that changes the host, dpkg-divert or systemctl: by its full
 * path, without a shell, with an environment of three words.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/start.h"
#include "port/setup.h"

static char *const environment[] = {
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/", NULL
};

/* Reads to the end, so that the program is never stopped by a full pipe. */
static void read_line(int fd, char *said, size_t size)
{
	size_t len = 0;
	char bytes[512];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0 ||
	       (n < 0 && errno == EINTR))
		for (ssize_t i = 0; i < n && len < size - 1; i++)
			said[len++] = bytes[i];
	said[len] = '\0';
	said[strcspn(said, "\n")] = '\0';
}

static int start(char *const argv[], int out, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int e;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, out, 2);
	start_prepare_program(&attr, 0);
	e = posix_spawn(ret_pid, argv[0], &files, &attr, argv, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -e;
}

int setup_run(char *const argv[], char *said, size_t size)
{
	int pipes[2], status, r;
	pid_t pid;

	said[0] = '\0';
	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	r = start(argv, pipes[1], &pid);
	close(pipes[1]);
	if (r == 0) {
		read_line(pipes[0], said, size);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		r = WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
	}
	close(pipes[0]);
	return r;
}
