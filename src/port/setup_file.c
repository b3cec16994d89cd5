/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a small file as a whole, and replacing it so that at any moment the
 * old one or the new one is there.  Knows nothing of what is in it.
 */
#include "port/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FILE_BYTES_MAX (1 << 20)

/* --- reading --- */

static int read_all(int fd, struct setup_file *file)
{
	ssize_t n = 1;

	file->data = malloc(FILE_BYTES_MAX + 2);
	if (!file->data)
		return -ENOMEM;
	while (n > 0 && file->len <= FILE_BYTES_MAX) {
		n = read(fd, file->data + file->len,
			 FILE_BYTES_MAX + 1 - file->len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return -errno;
		else
			file->len += (size_t)n;
	}
	file->data[file->len] = '\0';
	return file->len > FILE_BYTES_MAX ? -EFBIG : 0;
}

int setup_file_read(const char *path, struct setup_file *ret_file)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
				 O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int r;

	memset(ret_file, 0, sizeof(*ret_file));
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = read_all(fd, ret_file);
	if (r < 0) {
		setup_file_free(ret_file);
		return r;
	}
	ret_file->exists = true;
	ret_file->mode = st.st_mode & 07777;
	ret_file->uid = st.st_uid;
	ret_file->gid = st.st_gid;
	return 0;
}

bool setup_file_is_one(const char *a, const char *b)
{
	struct stat a_st, b_st;

	return lstat(a, &a_st) == 0 && lstat(b, &b_st) == 0 &&
	       a_st.st_dev == b_st.st_dev && a_st.st_ino == b_st.st_ino;
}

void setup_file_free(struct setup_file *file)
{
	free(file->data);
	memset(file, 0, sizeof(*file));
}

/* --- writing --- */

/* "DIR/.NAME.xenvigil-setup": no program takes such a name for a setting. */
static int name_rest(const char *path, char rest[SETUP_PATH_BYTES])
{
	const char *slash = strrchr(path, '/');
	int len = snprintf(rest, SETUP_PATH_BYTES, "%.*s/.%s.xenvigil-setup",
			   (int)(slash - path), path, slash + 1);

	return len < SETUP_PATH_BYTES ? 0 : -ENAMETOOLONG;
}

void setup_file_drop_rest(const char *path)
{
	char rest[SETUP_PATH_BYTES];

	if (name_rest(path, rest) == 0)
		unlink(rest);
}

int setup_file_sync_dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir = strndup(path, (size_t)(slash - path));
	AUTO_CLOSE int fd = -1;

	if (!dir)
		return -ENOMEM;
	fd = open(dir[0] ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd))
		return -errno;
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int fill(const char *rest, const struct setup_file *file)
{
	AUTO_CLOSE int fd = open(rest, O_WRONLY | O_CREAT | O_EXCL |
				 O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, file->data, file->len);
	if (r == 0 && (fchown(fd, file->uid, file->gid) ||
		       fchmod(fd, file->mode) || fsync(fd)))
		r = -errno;
	return r;
}

/* What is ready under the name REST becomes PATH. */
static int settle(const char *rest, const char *path, int r)
{
	if (r == 0 && rename(rest, path))
		r = -errno;
	if (r < 0) {
		unlink(rest);
		return r;
	}
	return setup_file_sync_dir_of(path);
}

int setup_file_write(const char *path, const struct setup_file *file)
{
	char rest[SETUP_PATH_BYTES];
	int r = name_rest(path, rest);

	if (r == 0 && file->len > FILE_BYTES_MAX)
		r = -EFBIG; /* setup_file_read() would refuse it */
	if (r < 0)
		return r;
	unlink(rest);
	return settle(rest, path, fill(rest, file));
}

int setup_file_link(const char *path, const char *target)
{
	char rest[SETUP_PATH_BYTES];
	int r = name_rest(path, rest);

	if (r < 0)
		return r;
	unlink(rest);
	return settle(rest, path, symlink(target, rest) ? -errno : 0);
}
