/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What starts guests on this host: which xl a person and the services run, and
 * the files of guests that are started with the host.  Runs nothing.
 */
#include "port/audit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "port/conf_parse.h"

#define FILE_BYTES_MAX (1 << 20)

/* --- which xl --- */

/* The first xl in DIRS, as a shell finds it.  Returns whether there is one. */
static bool find_xl(const char *dirs, char *path, size_t size,
		    struct stat *ret_st)
{
	size_t len;

	for (;; dirs += len + 1) {
		len = strcspn(dirs, ":");
		if ((size_t)snprintf(path, size, "%.*s/xl", (int)len,
				     dirs) < size &&
		    len && stat(path, ret_st) == 0 &&
		    S_ISREG(ret_st->st_mode) && access(path, X_OK) == 0)
			return true;
		if (!dirs[len])
			return false;
	}
}

bool audit_start_same_xl(const char *dirs, const char *service_dirs,
			 char ours[AUDIT_PATH_BYTES],
			 char theirs[AUDIT_PATH_BYTES])
{
	struct stat own, other;

	if (!find_xl(dirs, ours, AUDIT_PATH_BYTES, &own) ||
	    !find_xl(service_dirs, theirs, AUDIT_PATH_BYTES, &other))
		return true;
	return own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

const char *audit_start_service_dirs(bool systemd)
{
	return systemd ? AUDIT_SYSTEMD_DIRS : "/sbin:/bin:/usr/sbin:/usr/bin";
}

static void check_xl(const struct audit *audit)
{
	char ours[AUDIT_PATH_BYTES], theirs[AUDIT_PATH_BYTES];
	const char *path = getenv("PATH");

	const char *services = audit_start_service_dirs(
		access("/run/systemd/system", F_OK) == 0);

	if (!path || audit_start_same_xl(path, services, ours, theirs))
		audit_report(audit, AUDIT_OK, "", "services run the same xl "
			     "as this shell");
	else
		audit_report(audit, AUDIT_WARN, "remove one of the two, or "
			     "change the order in PATH", "xl is %s in this "
			     "shell's PATH, but services run %s", ours,
			     theirs);
}

/* --- the files of guests --- */

/* A line for each fault. */
static void report_faults(const struct audit *audit, const char *path,
			  struct text *why)
{
	char *save = NULL, fix[AUDIT_PATH_BYTES + 64];

	snprintf(fix, sizeof(fix), "correct the file; xl create --dryrun %s "
		 "checks it", path);
	for (char *line = why->len ? strtok_r(why->at, "\n", &save) : NULL;
	     line; line = strtok_r(NULL, "\n", &save))
		audit_report(audit, AUDIT_ERROR, fix,
			     "this guest does not start with the host: %s",
			     line);
}

static ssize_t read_whole(const char *path, char *data)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
				 O_NOCTTY);
	size_t len = 0;
	struct stat st;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	while (len < FILE_BYTES_MAX && n > 0) {
		n = read(fd, data + len, FILE_BYTES_MAX - len);
		if (n < 0)
			return -errno;
		len += (size_t)n;
	}
	return n ? -EFBIG : (ssize_t)len;
}

/* Returns whether xl can read it. */
static bool check_file(const struct audit *audit, const char *path)
{
	AUTO_FREE char *data = malloc(FILE_BYTES_MAX);
	struct text why = { 0 };
	ssize_t len = data ? read_whole(path, data) : -ENOMEM;
	int r = (int)len;

	if (len >= 0)
		r = conf_parse_syntax(path, data, (size_t)len, &why);
	if (r < 0 && !why.len) {
		text_append_escaped(&why, path, strlen(path));
		text_printf(&why, ": %s", strerror(-r));
	}
	if (r < 0)
		report_faults(audit, path, &why);
	text_free(&why);
	return r == 0;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void audit_start_files(const struct audit *audit, const char *dir)
{
	struct dirent **list;
	int count = scandir(dir, &list, is_shown, alphasort);
	int good = 0;

	if (count < 0 && errno != ENOENT)
		audit_report(audit, AUDIT_WARN, "", "%s cannot be read: %s",
			     dir, strerror(errno));
	for (int i = 0; i < count; i++) {
		char path[AUDIT_PATH_BYTES];

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir,
				     list[i]->d_name) < sizeof(path))
			good += check_file(audit, path);
		free(list[i]);
	}
	if (count >= 0)
		free(list);
	if (count <= 0 || good)
		audit_report(audit, AUDIT_OK, "", "xl can read %d files of "
			     "guests in %s", good, dir);
}

void audit_start(const struct audit *audit)
{
	check_xl(audit);
	audit_start_files(audit, "/etc/xen/auto");
}
