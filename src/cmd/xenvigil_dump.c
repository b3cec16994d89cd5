/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An incident's core into a file of the operator's.  Holes stay holes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "xenvigil_cmd.h"

#define BLOCK_BYTES (1u << 20)

/* From AT up to END, all of it data. */
static int copy_data(int from, int to, off_t at, off_t end, char *block)
{
	while (at < end) {
		size_t part = end - at < (off_t)BLOCK_BYTES ?
			(size_t)(end - at) : BLOCK_BYTES;
		ssize_t n = pread(from, block, part, at);

		if (n <= 0)
			return n ? -errno : -EIO;
		for (ssize_t done = 0; done < n;) {
			ssize_t w = pwrite(to, block + done, n - done,
					   at + done);

			if (w < 0)
				return -errno;
			done += w;
		}
		at += n;
	}
	return 0;
}

static int copy_sparse(int from, int to)
{
	AUTO_FREE char *block = malloc(BLOCK_BYTES);
	struct stat st;
	off_t at = 0;
	int r = block ? 0 : -ENOMEM;

	if (fstat(from, &st))
		return -errno;
	while (r == 0 && (at = lseek(from, at, SEEK_DATA)) >= 0) {
		off_t end = lseek(from, at, SEEK_HOLE);

		r = copy_data(from, to, at, end, block);
		at = end;
	}
	if (r == 0 && at < 0 && errno != ENXIO)
		r = -errno;
	return r ? r : ftruncate(to, st.st_size) || fsync(to) ? -errno : 0;
}

static int copy(const char *core, const char *path)
{
	AUTO_CLOSE int from = open(core, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_CLOSE int to = -1;
	int r;

	if (from < 0) {
		fprintf(stderr, "xenvigil: %s: %s\n", core, strerror(errno));
		return EXIT_FAILURE;
	}
	/* Guest memory is for root alone, wherever it is put. */
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = to < 0 ? -errno : copy_sparse(from, to);
	if (r == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "xenvigil: %s: %s\n", path, strerror(-r));
	if (to >= 0)
		unlink(path);
	return EXIT_FAILURE;
}

int xenvigil_dump_copy(json_object *answer, const char *path)
{
	const char *core = json_object_get_string(
		json_object_object_get(answer, "core"));

	if (core && *core)
		return copy(core, path);
	fprintf(stderr, "xenvigil: incident %lld has no core\n",
		(long long)json_object_get_int64(
			json_object_object_get(answer, "incident")));
	return EXIT_FAILURE;
}
