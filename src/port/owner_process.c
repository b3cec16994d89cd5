/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which processes are root's xl, and what they have open.  Opens no path that
 * a process names, and takes no failure for an absence.
 */
#include "port/owner_impl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

/* The errors for a process that ends during the check. */
static int errno_of_process(void)
{
	return errno == ESRCH || errno == ENOTDIR ? -ENOENT : -errno;
}

/* The bytes of a file, at most SIZE - 1, and a NUL.  Returns its length. */
static ssize_t read_file(int dir, const char *name, char *buf, size_t size)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_CLOEXEC |
				   O_NONBLOCK | O_NOCTTY);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return errno_of_process();
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return errno_of_process();
	buf[len] = '\0';
	return (ssize_t)len;
}

static int read_link(int dir, const char *name, char *buf, size_t size)
{
	static const char deleted[] = " (deleted)";
	ssize_t n = readlinkat(dir, name, buf, size - 1);
	size_t cut = sizeof(deleted) - 1;

	if (n < 0)
		return errno_of_process();
	buf[n] = '\0';
	if ((size_t)n > cut && !strcmp(buf + n - cut, deleted))
		buf[(size_t)n - cut] = '\0';
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* --- trust --- */

/* A setuid program is root's by one id and its user's by another. */
static int check_user(int dir, bool *ret_called_xl)
{
	char status[4096], *line;
	unsigned int uid[4];
	ssize_t len = read_file(dir, "status", status, sizeof(status));

	if (len < 0)
		return (int)len;
	line = strstr(status, "\nUid:");
	if (!line || sscanf(line + 5, "%u %u %u %u", &uid[0], &uid[1],
			    &uid[2], &uid[3]) != 4)
		return -ENOENT;
	*ret_called_xl = !strncmp(status, "Name:\txl\n", 9);
	return uid[0] || uid[1] || uid[2] || uid[3] ? -ENOENT : 0;
}

/* Could another user replace the program? In a directory with the sticky bit no
 * other user can replace root's files.  A directory that is gone, or in another
 * namespace, cannot be judged. */
bool owner_dirs_are_roots(char *path)
{
	struct stat st;

	for (char *slash = strrchr(path, '/'); slash && slash != path;
	     slash = strrchr(path, '/')) {
		*slash = '\0';
		if (stat(path, &st))
			continue;
		if (st.st_uid != 0 || ((st.st_mode & OTHERS_WRITE) &&
				       !(st.st_mode & S_ISVTX)))
			return false;
	}
	return true;
}

/* The program itself, not what stands under its name now: after an upgrade
 * that is another. */
static int check_program(int dir, bool called_xl)
{
	char path[PATH_MAX];
	AUTO_CLOSE int fd = -1;
	struct stat st;
	int r = read_link(dir, "exe", path, sizeof(path));

	if ((r == -EACCES || r == -EPERM) && !called_xl)
		return -ENOENT;
	if (r)
		return r;
	if (strcmp(base_name(path), "xl"))
		return -ENOENT;
	fd = openat(dir, "exe", O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return errno_of_process();
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 ||
	    (st.st_mode & OTHERS_WRITE) || !owner_dirs_are_roots(path))
		return -ENOENT;
	return 0;
}

int owner_process_open(int proc, const char *pid)
{
	bool called_xl = false;
	int dir = openat(proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dir < 0)
		return errno_of_process();
	r = check_user(dir, &called_xl);
	if (r == 0)
		r = check_program(dir, called_xl);
	if (r == 0)
		return dir;
	close(dir);
	return r;
}

/* --- facts --- */

int64_t owner_process_start_ms(int dir)
{
	char buf[1024];
	unsigned long long start;
	ssize_t len = read_file(dir, "stat", buf, sizeof(buf));
	const char *at;

	if (len < 0)
		return len;
	/* The command's name may hold anything: count from its last ')'. */
	at = strrchr(buf, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, "%llu", &start) != 1)
		return -EBADMSG;
	return (int64_t)(start * 1000 /
			 (unsigned long long)sysconf(_SC_CLK_TCK));
}

/* A second descriptor of FD, for reading. */
static int open_again(int fd)
{
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return again < 0 ? -errno : again;
}

static ssize_t read_tail(int fd, off_t size, char *tail, size_t tail_size)
{
	AUTO_CLOSE int again = open_again(fd);
	off_t from = size - (off_t)(tail_size - 1);
	ssize_t n;

	if (again < 0)
		return again;
	n = pread(again, tail, tail_size - 1, from > 0 ? from : 0);
	return n < 0 ? -errno : n;
}

/* What others may write is not believed; the file's name still counts. */
static bool is_believed(const struct stat *st)
{
	return !(st->st_mode & S_IWOTH) &&
	       (st->st_gid == 0 || !(st->st_mode & S_IWGRP));
}

ssize_t owner_process_read_log(int dir, char *name, size_t name_size,
			       char *tail, size_t tail_size)
{
	AUTO_CLOSE int fd = openat(dir, "fd/1", O_PATH | O_CLOEXEC);
	char path[PATH_MAX];
	struct stat st;
	ssize_t n = 0;
	int r;

	if (fd < 0 || fstat(fd, &st))
		return errno_of_process();
	if (!S_ISREG(st.st_mode) || st.st_uid != 0)
		return -ENOENT;
	r = read_link(dir, "fd/1", path, sizeof(path));
	if (r)
		return r;
	if (is_believed(&st))
		n = read_tail(fd, st.st_size, tail, tail_size);
	if (n < 0)
		return n;
	tail[n] = '\0';
	text_copy(name, name_size, base_name(path));
	return n;
}

int owner_process_read_args(int dir, struct owner_args *ret_args)
{
	ssize_t len = read_file(dir, "cmdline", ret_args->bytes,
				sizeof(ret_args->bytes));
	char *at = ret_args->bytes;

	if (len < 0)
		return (int)len;
	for (ret_args->count = 0; at < ret_args->bytes + len &&
	     ret_args->count < OWNER_ARGS_MAX; at += strlen(at) + 1)
		ret_args->arg[ret_args->count++] = at;
	return 0;
}
