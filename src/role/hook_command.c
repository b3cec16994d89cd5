/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running the operator's command that ends a retreat.  It has no deadline: it
 * may be what ends the host.
 */
#include "role/hook_command.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/start.h"

/* It runs as root, so only root may be able to write it. */
static const char *find_fault(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0100))
		return "not an executable file";
	return st.st_uid || st.st_mode & 022 ? "others may write to it" : NULL;
}

static int spawn(const char *path, pid_t *pid)
{
	char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *argv[] = { (char *)path, NULL }, *env[] = { search, NULL };
	posix_spawnattr_t attr;
	int r;

	start_prepare_program(&attr, 0);
	r = posix_spawn(pid, path, NULL, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	return -r;
}

int hook_command_run(const char *path, int *ret_status, const char **ret_fault)
{
	const char *fault = find_fault(path);
	pid_t pid;
	int r;

	if (fault) {
		*ret_fault = fault;
		return -EPERM;
	}
	r = spawn(path, &pid);
	while (r == 0 && waitpid(pid, ret_status, 0) < 0)
		r = errno == EINTR ? 0 : -errno;
	return r;
}
