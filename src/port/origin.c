/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One small file a domain.  Must not touch libxl's files, nor wait for its
 * lock: a file that is read is whole, or not there.
 */
#include "port/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ORIGIN_KIND "xenvigil-origin"

static void make_path(char path[PATH_MAX], const char *dir, uint32_t domid,
		      const uint8_t *uuid)
{
	char text[UUID_TEXT_BYTES];

	snprintf(path, PATH_MAX, "%s/userdata-d.%u.%s." ORIGIN_KIND, dir,
		 domid, uuid_format(uuid, text));
}

int origin_set(const char *dir, uint32_t domid, const uint8_t uuid[UUID_BYTES],
	       const char *word)
{
	char path[PATH_MAX];
	size_t len = strlen(word);
	AUTO_CLOSE int fd = -1;
	ssize_t n;

	if (len == 0 || len >= ORIGIN_BYTES)
		return -EINVAL;
	make_path(path, dir, domid, uuid);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return -errno;
	n = write(fd, word, len);
	return n < 0 ? -errno : (size_t)n == len ? 0 : -ENOSPC;
}

void origin_get(const char *dir, uint32_t domid,
		const uint8_t uuid[UUID_BYTES], char ret_word[ORIGIN_BYTES])
{
	char path[PATH_MAX];
	AUTO_CLOSE int fd = -1;
	ssize_t n;

	make_path(path, dir, domid, uuid);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, ret_word, ORIGIN_BYTES - 1);
	ret_word[n > 0 ? n : 0] = '\0';
	ret_word[strspn(ret_word, "abcdefghijklmnopqrstuvwxyz-")] = '\0';
}
