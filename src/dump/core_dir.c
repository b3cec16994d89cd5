/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of the cores: held by a descriptor, its files by plain names.
 * Never follows a link, never goes into a directory, touches only what has a
 * core's name.
 */
#include "dump/core_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define TIME_LEN 16	/* 20261121T060000Z */
#define NAME_LEN 96

struct core {
	char name[NAME_LEN];
	uint64_t number, bytes;
};

struct cores {
	struct core *at;
	size_t count, cap;
	uint64_t bytes;
};

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

/* UUID-TIME-NUMBER and SUFFIX, and nothing else. */
static bool is_named(const char *name, const char *suffix,
		     uint8_t ret_uuid[UUID_BYTES], uint64_t *ret_number)
{
	const char *at = name + UUID_TEXT_BYTES - 1;
	char uuid[UUID_TEXT_BYTES], *end;

	if (strlen(name) >= NAME_LEN ||
	    strlen(name) < UUID_TEXT_BYTES + TIME_LEN + 1)
		return false;
	text_copy(uuid, sizeof(uuid), name);
	if (uuid_parse(uuid, ret_uuid) || at[0] != '-' ||
	    strspn(at + 1, "0123456789TZ") != TIME_LEN ||
	    at[TIME_LEN + 1] != '-')
		return false;
	at += TIME_LEN + 2;
	if (*at < '0' || *at > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(at, &end, 10);
	return errno == 0 && strcmp(end, suffix) == 0;
}

static int open_list(int dir, DIR **ret_list)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (!list) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		return r;
	}
	*ret_list = list;
	return 0;
}

static int add(struct cores *cores, const char *name, uint64_t number,
	       const struct stat *st)
{
	struct core *core;

	if (cores->count == cores->cap) {
		size_t cap = cores->cap ? cores->cap * 2 : 64;

		core = realloc(cores->at, cap * sizeof(*core));
		if (!core)
			return -ENOMEM;
		cores->at = core;
		cores->cap = cap;
	}
	core = &cores->at[cores->count++];
	text_copy(core->name, sizeof(core->name), name);
	core->number = number;
	core->bytes = (uint64_t)st->st_blocks * 512;
	cores->bytes += core->bytes;
	return 0;
}

/* By time, then by the incident's number. */
static int by_age(const void *a, const void *b)
{
	const struct core *x = a, *y = b;
	int r = strncmp(x->name + UUID_TEXT_BYTES, y->name + UUID_TEXT_BYTES,
			TIME_LEN);

	return r ? r : x->number < y->number ? -1 : x->number > y->number;
}

static int list_cores(int dir, struct cores *cores)
{
	uint8_t uuid[UUID_BYTES];
	struct dirent *entry;
	uint64_t number;
	struct stat st;
	DIR *list;
	int r = open_list(dir, &list);

	if (r)
		return r;
	while (r == 0 && (entry = readdir(list)))
		if (is_named(entry->d_name, ".core", uuid, &number) &&
		    fstatat(dir, entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
			r = add(cores, entry->d_name, number, &st);
	closedir(list);
	if (r == 0 && cores->count)
		qsort(cores->at, cores->count, sizeof(*cores->at), by_age);
	return r;
}

static bool is_of(const struct core *core, const char *guest)
{
	return guest && strncmp(core->name, guest, UUID_TEXT_BYTES - 1) == 0;
}

static bool lacks_room(int dir, uint64_t free_bytes)
{
	struct statvfs fs;

	return free_bytes && fstatvfs(dir, &fs) == 0 &&
	       (uint64_t)fs.f_bavail * fs.f_frsize < free_bytes;
}

static int trim(int dir, const struct core_dir_bounds *bounds,
		struct cores *cores, struct text *said)
{
	uint32_t of_guest = 0;

	for (size_t i = 0; i < cores->count; i++)
		of_guest += is_of(&cores->at[i], bounds->guest);
	for (size_t i = 0; i < cores->count; i++) {
		const struct core *core = &cores->at[i];
		bool guest = is_of(core, bounds->guest);

		if ((bounds->keep && strcmp(core->name, bounds->keep) == 0) ||
		    !((guest && bounds->per_guest &&
		       of_guest > bounds->per_guest) ||
		      (bounds->total_bytes &&
		       cores->bytes > bounds->total_bytes) ||
		      lacks_room(dir, bounds->free_bytes)))
			continue;
		if (unlinkat(dir, core->name, 0) && errno != ENOENT)
			return -errno;
		cores->bytes -= core->bytes;
		of_guest -= guest;
		text_printf(said, "%sremoved %s", said->len ? ", " : "",
			    core->name);
	}
	return 0;
}

int core_dir_trim(int dir, const struct core_dir_bounds *bounds,
		  struct text *said)
{
	struct cores cores = {0};
	int r = list_cores(dir, &cores);

	if (r == 0)
		r = trim(dir, bounds, &cores, said);
	free(cores.at);
	return r;
}

int core_dir_each_part(int dir,
		       void (*each)(void *ctx, int dir, const char *name,
				    const uint8_t uuid[UUID_BYTES]),
		       void *ctx)
{
	uint8_t uuid[UUID_BYTES];
	struct dirent *entry;
	uint64_t number;
	DIR *list;
	int r = open_list(dir, &list);

	if (r)
		return r;
	while ((entry = readdir(list)))
		if (is_named(entry->d_name, ".core.part", uuid, &number))
			each(ctx, dir, entry->d_name, uuid);
	closedir(list);
	return 0;
}
