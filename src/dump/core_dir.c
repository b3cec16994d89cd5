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
	bool kept;	/* it is not removed */
};

struct cores {
	struct core *at;	/* by guest, the newest last */
	size_t count, cap;
	uint64_t bytes;
};

/* The cores of one guest that are left. */
struct owner {
	const struct core *oldest;
	size_t count;
	uint64_t bytes;
};

struct trim {
	int dir;
	struct owner *owners;
	size_t count;
	uint64_t bytes;		/* of all cores that are left */
	struct text *said;
};

int core_dir_open(const char *path, int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r = fd < 0 || fstat(fd, &st) ? -errno : 0;

	/* Guest memory is secret, and a user who may write here could swap
	 * files. */
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

static int add_core(struct cores *cores, const char *name, const char *keep,
		    uint64_t number, const struct stat *st)
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
	core->kept = keep && strcmp(name, keep) == 0;
	core->bytes = (uint64_t)st->st_blocks * 512;
	cores->bytes += core->bytes;
	return 0;
}

/* By guest, by time, then by the incident's number.  The kept core counts as
 * the newest of its guest, whatever its time. */
static int by_age(const void *a, const void *b)
{
	const struct core *x = a, *y = b;
	int r = strncmp(x->name, y->name, UUID_TEXT_BYTES - 1);

	if (r == 0)
		r = (int)x->kept - (int)y->kept;
	if (r == 0)
		r = strncmp(x->name + UUID_TEXT_BYTES,
			    y->name + UUID_TEXT_BYTES, TIME_LEN);
	return r ? r : x->number < y->number ? -1 : x->number > y->number;
}

static int list_cores(int dir, const char *keep, struct cores *cores)
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
			r = add_core(cores, entry->d_name, keep, number, &st);
	closedir(list);
	if (r == 0 && cores->count)
		qsort(cores->at, cores->count, sizeof(*cores->at), by_age);
	return r;
}

static bool is_of(const struct core *core, const char *guest)
{
	return guest && strncmp(core->name, guest, UUID_TEXT_BYTES - 1) == 0;
}

/* --- what goes --- */

static int list_owners(const struct cores *cores, struct trim *trim)
{
	trim->owners = calloc(cores->count + 1, sizeof(*trim->owners));
	if (!trim->owners)
		return -ENOMEM;
	for (size_t i = 0; i < cores->count; i++) {
		const struct core *core = &cores->at[i];
		struct owner *owner = &trim->owners[trim->count];

		if (trim->count && is_of(core, owner[-1].oldest->name))
			owner--;
		else
			trim->count++;
		if (!owner->count++)
			owner->oldest = core;
		owner->bytes += core->bytes;
	}
	return 0;
}

static int remove_oldest(struct trim *trim, struct owner *owner)
{
	const struct core *core = owner->oldest;

	if (unlinkat(trim->dir, core->name, 0) && errno != ENOENT)
		return -errno;
	text_printf(trim->said, "%sremoved %s", trim->said->len ? ", " : "",
		    core->name);
	trim->bytes -= core->bytes;
	owner->bytes -= core->bytes;
	owner->oldest++;
	owner->count--;
	return 0;
}

/* The guest whose cores use the most space, among guests with more than LEFT
 * cores whose oldest may be removed.  NULL: none. */
static struct owner *find_largest(const struct trim *trim, size_t left)
{
	struct owner *largest = NULL;

	for (size_t i = 0; i < trim->count; i++) {
		struct owner *owner = &trim->owners[i];

		if (owner->count > left && !owner->oldest->kept &&
		    (!largest || owner->bytes > largest->bytes))
			largest = owner;
	}
	return largest;
}

static int trim_guest(struct trim *trim, const char *guest, uint32_t most)
{
	int r = 0;

	for (size_t i = 0; most && i < trim->count; i++) {
		struct owner *owner = &trim->owners[i];

		while (r == 0 && owner->count > most &&
		       !owner->oldest->kept && is_of(owner->oldest, guest))
			r = remove_oldest(trim, owner);
	}
	return r;
}

/* A guest's newest core goes only when the newest of all have no room. */
static int trim_total(struct trim *trim, uint64_t most)
{
	struct owner *owner;
	int r = 0;

	while (r == 0 && most && trim->bytes > most) {
		owner = find_largest(trim, 1);
		if (!owner)
			owner = find_largest(trim, 0);
		if (!owner)
			break;
		r = remove_oldest(trim, owner);
	}
	return r;
}

/* The space of all cores except each guest's newest. */
static uint64_t older_bytes(const struct trim *trim)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < trim->count; i++)
		for (size_t k = 0; k + 1 < trim->owners[i].count; k++)
			bytes += trim->owners[i].oldest[k].bytes;
	return bytes;
}

/* The disk may be full of other things: cores go when that is enough, and not
 * one of them when it is not. */
static int trim_free(struct trim *trim, uint64_t wanted)
{
	struct owner *owner;
	struct statvfs fs;
	uint64_t lacks, begun = trim->bytes;
	int r = 0;

	if (!wanted || fstatvfs(trim->dir, &fs) ||
	    (uint64_t)fs.f_bavail * fs.f_frsize >= wanted)
		return 0;
	lacks = wanted - (uint64_t)fs.f_bavail * fs.f_frsize;
	if (older_bytes(trim) < lacks) {
		text_printf(trim->said, "%sno core was removed to free space: "
			    "%llu MiB are missing, older cores use %llu MiB",
			    trim->said->len ? ", " : "",
			    (unsigned long long)((lacks - 1) >> 20) + 1,
			    (unsigned long long)older_bytes(trim) >> 20);
		return 0;
	}
	while (r == 0 && begun - trim->bytes < lacks &&
	       (owner = find_largest(trim, 1)))
		r = remove_oldest(trim, owner);
	return r;
}

int core_dir_trim(int dir, const struct core_dir_bounds *bounds,
		  struct text *said)
{
	struct cores cores = {0};
	struct trim trim = { .dir = dir, .said = said };
	int r = list_cores(dir, bounds->keep, &cores);

	trim.bytes = cores.bytes;
	if (r == 0)
		r = list_owners(&cores, &trim);
	if (r == 0)
		r = trim_guest(&trim, bounds->guest, bounds->per_guest);
	if (r == 0)
		r = trim_total(&trim, bounds->total_bytes);
	if (r == 0)
		r = trim_free(&trim, bounds->free_bytes);
	free(trim.owners);
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
