/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints versions: Xenvigil's, the running Xen's from sysfs, the libraries'
 * from the names of the mapped files.  Opens no device.
 */
#include "port/version.h"

#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/hvversion.h"

/* These differ between hosts and matter to what the programs do. */
static const char *const libraries[] = {
	"libxenlight.", "libxenctrl.", "libxenstore.", "libxenguest.",
	"libxlutil.", "libsqlite3.",
};

static bool is_told(const char *name)
{
	for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++)
		if (!strncmp(name, libraries[i], strlen(libraries[i])))
			return true;
	return false;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The loader knows "libxenctrl.so.4.17"; the file behind it may say more. */
static int print_library(struct dl_phdr_info *info, size_t size, void *ctx)
{
	char path[PATH_MAX];

	(void)size;
	(void)ctx;
	if (is_told(last_part(info->dlpi_name)))
		printf(" %s", last_part(realpath(info->dlpi_name, path) ?
						path : info->dlpi_name));
	return 0;
}

void version_print(const char *program)
{
	char xen[HVVERSION_BYTES];

	printf("%s " XENVIGIL_VERSION "\n", program);
	if (hvversion_running(xen) == 0)
		printf("Xen: %s\n", xen);
	else
		puts("Xen: not running on this machine");
	fputs("Libraries:", stdout);
	dl_iterate_phdr(print_library, NULL);
	putchar('\n');
}
