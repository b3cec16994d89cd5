/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a process is a domain's device model, by the kernel's data in /proc.
 * Does not trust a name that a process gives itself.
 */
#include "port/model.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* libxl puts it among the first arguments; disks and networks come later. */
#define MODEL_ARGS_BYTES (16 * 1024)

/* Returns the length of what was read, without the NUL behind it. */
static ssize_t read_file(int dir, const char *name, char *buf, size_t size)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return -errno;
	buf[len] = '\0';
	return (ssize_t)len;
}

static int check_user(int dir, uid_t user)
{
	char status[4096];
	unsigned int uid[4];
	ssize_t len = read_file(dir, "status", status, sizeof(status));
	const char *line;

	if (len < 0)
		return (int)len;
	line = strstr(status, "\nUid:");
	if (!line || sscanf(line + 5, "%u %u %u %u", &uid[0], &uid[1],
			    &uid[2], &uid[3]) != 4)
		return -EBADMSG;
	for (int i = 0; i < 4; i++)
		if (uid[i] != 0 && uid[i] != user)
			return -ENOENT;
	return 0;
}

/* "-xen-domid", and DOMID as the argument that follows. */
static bool is_for(const char *args, size_t len, uint32_t domid)
{
	const char *end = args + len;
	bool is_next = false;
	char number[16];

	snprintf(number, sizeof(number), "%u", domid);
	for (; args < end; args += strlen(args) + 1) {
		if (is_next)
			return !strcmp(args, number);
		is_next = !strcmp(args, "-xen-domid");
	}
	return false;
}

static int check(const char *proc, pid_t pid, uint32_t domid, uid_t user)
{
	char path[256], args[MODEL_ARGS_BYTES];
	AUTO_CLOSE int dir = -1;
	ssize_t len;
	int r;

	snprintf(path, sizeof(path), "%s/%d", proc, (int)pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	r = check_user(dir, user);
	if (r)
		return r;
	len = read_file(dir, "cmdline", args, sizeof(args));
	if (len <= 0) /* none is left of one that has ended */
		return len ? (int)len : -ESRCH;
	return is_for(args, (size_t)len, domid) ? 0 : -ENOENT;
}

static bool has_ended(int pidfd)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	return poll(&end, 1, 0) > 0;
}

int model_check(const char *proc, int pidfd, pid_t pid, uint32_t domid,
		uid_t user)
{
	int r = check(proc, pid, domid, user);

	return r == -ESRCH && !has_ended(pidfd) ? -EACCES : r;
}
