/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * corelib CORE: reads each page that our own reader of cores finds by
 * libkdumpfile as well, as crash's successors do, and prints "PAGES DIFFERENT
 * FORMAT RELEASE".  Ends with 1 when any differs or cannot be read.
 */
#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core_read.h"

static kdump_ctx_t *open_by_library(const char *path)
{
	kdump_ctx_t *ctx = kdump_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (!ctx || fd < 0)
		return NULL;
	/* Without a kernel it knows no way from the address to the page. */
	if (kdump_open_fd(ctx, fd) == KDUMP_OK &&
	    kdump_set_string_attr(ctx, KDUMP_ATTR_OSTYPE, "linux") == KDUMP_OK)
		return ctx;
	fprintf(stderr, "corelib: %s: %s\n", path, kdump_get_err(ctx));
	return NULL;
}

/* 0: the same; else it says what is wrong. */
static int compare(kdump_ctx_t *ctx, const struct core_read *core, size_t i)
{
	unsigned char ours[CORE_READ_PAGE], theirs[CORE_READ_PAGE];
	size_t len = sizeof(theirs);
	kdump_addr_t at = core->frames[i].pfn * CORE_READ_PAGE;

	if (core_read_page(core, i, ours))
		return -1;
	if (kdump_read(ctx, KDUMP_KPHYSADDR, at, theirs, &len) == KDUMP_OK &&
	    len == sizeof(theirs))
		return memcmp(ours, theirs, sizeof(ours)) != 0;
	fprintf(stderr, "corelib: %#llx: %s\n", (unsigned long long)at,
		kdump_get_err(ctx));
	return -1;
}

static const char *attribute(kdump_ctx_t *ctx, const char *key)
{
	const char *value;

	return kdump_get_string_attr(ctx, key, &value) == KDUMP_OK ? value :
								      "unknown";
}

int main(int argc, char **argv)
{
	struct core_read core;
	size_t different = 0;
	kdump_ctx_t *ctx;

	if (argc != 2 || core_read_open(argv[1], &core))
		return 100;
	ctx = open_by_library(argv[1]);
	if (!ctx)
		return 1;
	/* A core that is broken altogether needs not be told page for page. */
	for (size_t i = 0; i < core.count && different < 10; i++)
		different += compare(ctx, &core, i) != 0;
	printf("%zu %zu %s %s\n", core.count, different,
	       attribute(ctx, KDUMP_ATTR_FILE_FORMAT),
	       attribute(ctx, "linux.uts.release"));
	kdump_free(ctx);
	core_read_close(&core);
	return different != 0;
}
