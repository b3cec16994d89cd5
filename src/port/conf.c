/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds and reads the configuration files.  Builds no path from a domain's
 * name: a guest's settings belong to the name its file has.
 */
#include "port/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/conf_parse.h"

#define FILE_BYTES_MAX (1024 * 1024)
#define GUEST_FILES_MAX 4096

#define HOST_FILE "xenvigil.conf"
#define GUEST_FOLDER "domains.d"
#define GUEST_ENDING ".conf"

/* A fault of the file itself, which has no better line.  Returns RC. */
static int add_file_fault(struct text *why, const char *path, const char *text,
			  int rc)
{
	conf_parse_begin_fault(why, path, 1);
	text_printf(why, "%s\n", text);
	return rc;
}

/* To the end of FD, or one byte more than is allowed. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, buf + len, size - len);

		if (got == 0)
			break;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		len += got;
	}
	return len;
}

/*
 * Opens a regular file and nothing else: O_NONBLOCK, so that a FIFO does not
 * stop us.  Returns the descriptor, or -errno with a fault in WHY.
 */
static int open_regular(int dir_fd, const char *name, int flags,
			const char *path, struct text *why)
{
	struct stat st;
	int fd = openat(dir_fd, name, flags | O_RDONLY | O_NONBLOCK |
			O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ELOOP)
		return add_file_fault(why, path, "is a symbolic link", -ELOOP);
	if (fd < 0)
		return add_file_fault(why, path, strerror(errno), -errno);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return add_file_fault(why, path, "is not a regular file",
				      -EINVAL);
	}
	return fd;
}

static int read_file(int dir_fd, const char *name, int flags, const char *path,
		     struct settings *settings, struct guest_settings *guest,
		     struct text *why)
{
	AUTO_CLOSE int fd = open_regular(dir_fd, name, flags, path, why);
	AUTO_FREE char *data = NULL;
	ssize_t len;

	if (fd < 0)
		return fd;
	data = malloc(FILE_BYTES_MAX + 1);
	if (!data)
		return -ENOMEM;
	len = read_all(fd, data, FILE_BYTES_MAX + 1);
	if (len < 0)
		return add_file_fault(why, path, strerror(-len), len);
	if (len > FILE_BYTES_MAX)
		return add_file_fault(why, path, "is larger than 1 MiB",
				      -EFBIG);
	return conf_parse(path, data, len, settings, guest, why);
}

/* Editors' and packagers' leftovers are no guests: .#web.conf, web.conf.bak. */
static int is_guest_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name), ending = strlen(GUEST_ENDING);

	return entry->d_name[0] != '.' && len > ending &&
	       strcmp(entry->d_name + len - ending, GUEST_ENDING) == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_guest(int folder_fd, const char *folder, const char *file,
		      struct settings *settings, struct text *why)
{
	AUTO_FREE char *path = NULL;
	char name[DOMAIN_NAME_BYTES];
	struct settings_guest *guest;

	if (asprintf(&path, "%s/%s", folder, file) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	text_copy(name, sizeof(name), file);
	name[strlen(name) - strlen(GUEST_ENDING)] = '\0';
	guest = settings_add_guest(settings, name);
	if (!guest)
		return -ENOMEM;
	return read_file(folder_fd, file, O_NOFOLLOW, path, settings,
			 &guest->guest, why);
}

/* Goes on after a fault, so that one run shows all of them. */
static int read_guests(int dir_fd, const char *folder,
		       struct settings *settings, struct text *why)
{
	AUTO_CLOSE int folder_fd = openat(dir_fd, GUEST_FOLDER,
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries;
	int rc = 0, count;

	if (folder_fd < 0 && errno == ENOENT)
		return 0;
	if (folder_fd >= 0)
		count = scandirat(folder_fd, ".", &entries, is_guest_file,
				  compare_names);
	if (folder_fd < 0 || count < 0)
		return add_file_fault(why, folder, strerror(errno), -errno);
	if (count > GUEST_FILES_MAX)
		rc = add_file_fault(why, folder,
				    "has more than 4096 files", -E2BIG);
	for (int i = 0; i < count; i++) {
		int one = count > GUEST_FILES_MAX ? 0 :
			read_guest(folder_fd, folder, entries[i]->d_name,
				   settings, why);

		rc = rc ? rc : one;
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int read_host(int dir_fd, const char *path, struct settings *settings,
		     struct text *why)
{
	struct stat st;

	/* A link that leads nowhere is not a file that is missing. */
	if (fstatat(dir_fd, HOST_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		return 0;
	return read_file(dir_fd, HOST_FILE, 0, path, settings, NULL, why);
}

static int read_host_of(int dir_fd, const char *dir, struct settings *settings,
			struct text *why)
{
	AUTO_FREE char *host = NULL;

	if (asprintf(&host, "%s/" HOST_FILE, dir) < 0) {
		host = NULL;
		return -ENOMEM;
	}
	return read_host(dir_fd, host, settings, why);
}

static int read_dir(int dir_fd, const char *dir, struct settings *settings,
		    struct text *why)
{
	AUTO_FREE char *folder = NULL;
	int host_rc, guests_rc;

	if (asprintf(&folder, "%s/" GUEST_FOLDER, dir) < 0) {
		folder = NULL;
		return -ENOMEM;
	}
	host_rc = read_host_of(dir_fd, dir, settings, why);
	guests_rc = read_guests(dir_fd, folder, settings, why);
	return host_rc ? host_rc : guests_rc;
}

static int load(const char *dir,
		int (*read_from)(int dir_fd, const char *dir,
				 struct settings *settings, struct text *why),
		struct settings **ret_settings, struct text *why)
{
	AUTO_CLOSE int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct settings *settings;
	int rc = dir_fd < 0 ? -errno : 0;

	if (rc && rc != -ENOENT)
		return add_file_fault(why, dir, strerror(-rc), rc);
	settings = settings_new();
	if (!settings)
		return -ENOMEM;
	rc = rc ? 0 : read_from(dir_fd, dir, settings, why);
	if (rc) {
		settings_free(settings);
		return rc;
	}
	*ret_settings = settings;
	return 0;
}

int conf_load(const char *dir, struct settings **ret_settings,
	      struct text *why)
{
	return load(dir, read_dir, ret_settings, why);
}

int conf_load_host(const char *dir, struct settings **ret_settings,
		   struct text *why)
{
	return load(dir, read_host_of, ret_settings, why);
}
