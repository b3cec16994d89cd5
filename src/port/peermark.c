/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libvirt keeps two marks: a user data file of libxl, from before the domain's
 * first run until its removal, and libvirt's status file, which outlives the
 * domain by a moment.  Qubes uses libvirt.  Writes nothing.
 */
#include "port/peermark.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/owner_impl.h"

/* The domain's id, name and uuid stand at the begin of its status. */
#define STATUS_BYTES (64 * 1024)

const struct peermark_places peermark_places = {
	.userdata = "/var/lib/xen",
	.libvirt = "/var/run/libvirt/libxl",
	.qubes = "/var/lib/qubes/qubes.xml",
};

/* Opens what libvirt or libxl keep PATH's files in.  -ENOENT: there is none,
 * or another user can put files there. */
static int open_dir(const char *path)
{
	char copy[PATH_MAX];
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	snprintf(copy, sizeof(copy), "%s/.", path);
	if (owner_dirs_are_roots(copy))
		return fd;
	close(fd);
	return -ENOENT;
}

static bool is_roots_file(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == 0 &&
	       !(st->st_mode & S_IWOTH) &&
	       (st->st_gid == 0 || !(st->st_mode & S_IWGRP));
}

/* 1: it is there, 0: it is not. */
static int has_file(const char *dir_path, const char *name)
{
	AUTO_CLOSE int dir = open_dir(dir_path);
	struct stat st;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	return is_roots_file(&st);
}

static int has_userdata(const char *dir, const struct domain_id *id)
{
	char name[NAME_MAX], uuid[UUID_TEXT_BYTES];

	snprintf(name, sizeof(name), "userdata-d.%u.%s.libvirt-xml",
		 id->domid, uuid_format(id->uuid, uuid));
	return has_file(dir, name);
}

/* --- libvirt's status --- */

/* "<domain type='xen' id='7'> <name>..</name> <uuid>..</uuid>": text cannot
 * hold a '<', so the first ones are libvirt's own. */
static bool is_status_of(const char *xml, const struct domain_id *id)
{
	const char *tag = strstr(xml, "<domain ");
	const char *end = tag ? strchr(tag, '>') : NULL;
	const char *at = tag ? strstr(tag, " id='") : NULL;
	uint8_t uuid[UUID_BYTES];
	char text[UUID_TEXT_BYTES];

	if (!end || !at || at > end ||
	    strtoul(at + strlen(" id='"), NULL, 10) != id->domid)
		return false;
	at = strstr(end, "<uuid>");
	if (!at)
		return false;
	snprintf(text, sizeof(text), "%s", at + strlen("<uuid>"));
	return uuid_parse(text, uuid) == 0 && uuid_equal(uuid, id->uuid);
}

static int read_status(int dir, const char *name, char *xml)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW |
				   O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 && errno == ELOOP)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!is_roots_file(&st))
		return -ENOENT;
	n = read(fd, xml, STATUS_BYTES - 1);
	if (n < 0)
		return -errno;
	xml[n] = '\0';
	return 0;
}

static int has_status(const char *dir_path, const struct domain_id *id,
		      const char *domain_name)
{
	AUTO_CLOSE int dir = -1;
	AUTO_FREE char *xml = NULL;
	char name[NAME_MAX + 1];
	int r;

	/* libvirt takes no name with a slash. */
	if (!domain_name[0] || strchr(domain_name, '/') ||
	    snprintf(name, sizeof(name), "%s.xml", domain_name) >=
	    (int)sizeof(name))
		return 0;
	dir = open_dir(dir_path);
	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	xml = malloc(STATUS_BYTES);
	if (!xml)
		return -ENOMEM;
	r = read_status(dir, name, xml);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return is_status_of(xml, id);
}

/* --- all of them --- */

static enum peer user_of_libvirt(const struct peermark_places *places)
{
	struct stat st;

	return lstat(places->qubes, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_uid == 0 ? PEER_QUBES : PEER_LIBVIRT;
}

int peermark_find(const struct peermark_places *places,
		  const struct domain_id *id, const char *name,
		  enum peer *ret_peer)
{
	int r = has_userdata(places->userdata, id);

	if (r == 0)
		r = has_status(places->libvirt, id, name);
	if (r < 0)
		return r;
	*ret_peer = r ? user_of_libvirt(places) : PEER_NONE;
	return 0;
}
