/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen's version out of sysfs and out of a program's list of libraries.  Opens
 * no device and runs nothing.
 */
#include "port/hvversion.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define SYS_DIR "/sys/hypervisor/version/"
/* A program's list of libraries stands near its beginning. */
#define PROGRAM_BYTES (1024 * 1024)

static const char library[] = "libxenlight.so.";

static int read_number(const char *path, unsigned int *ret_number)
{
	AUTO_FILE FILE *file = fopen(path, "re");

	if (!file)
		return -errno;
	return fscanf(file, "%4u", ret_number) == 1 ? 0 : -EBADMSG;
}

int hvversion_running(char ret_version[HVVERSION_BYTES])
{
	unsigned int major, minor;
	int r = read_number(SYS_DIR "major", &major);

	if (r == 0)
		r = read_number(SYS_DIR "minor", &minor);
	if (r == 0)
		snprintf(ret_version, HVVERSION_BYTES, "%u.%u", major, minor);
	return r;
}

/* "libxenlight.so.4.17" stands in the list of what the program is linked to. */
static int find_version(const char *bytes, size_t size,
			char ret_version[HVVERSION_BYTES])
{
	const char *at = memmem(bytes, size, library, sizeof(library) - 1);
	char text[HVVERSION_BYTES] = "";
	unsigned int major, minor;
	size_t left;

	if (!at)
		return -ENOENT;
	at += sizeof(library) - 1;
	left = size - (size_t)(at - bytes);
	memcpy(text, at, left < sizeof(text) ? left : sizeof(text) - 1);
	if (sscanf(text, "%4u.%4u", &major, &minor) != 2)
		return -ENOENT;
	snprintf(ret_version, HVVERSION_BYTES, "%u.%u", major, minor);
	return 0;
}

int hvversion_of_program(const char *path,
			  char ret_version[HVVERSION_BYTES])
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
				       O_NOCTTY);
	AUTO_FREE char *bytes = malloc(PROGRAM_BYTES);
	struct stat st;
	ssize_t size;

	if (!bytes)
		return -ENOMEM;
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	size = read(fd, bytes, PROGRAM_BYTES);
	return size < 0 ? -errno :
			  find_version(bytes, (size_t)size, ret_version);
}
