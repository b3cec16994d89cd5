/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records in a directory of the test's own, on SQLite's own files.  Knows
 * nothing of what is in them.
 */
#ifndef TESTS_UNIT_STORE_DIR_H
#define TESTS_UNIT_STORE_DIR_H

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store.h"

static char store_dir[] = "/tmp/test-store-XXXXXX";

static inline bool store_dir_make(void)
{
	return mkdtemp(store_dir) != NULL;
}

/* What store_open() has to return is EXPECTED; all else is shown. */
static inline struct store *store_dir_open(const char *boot, int expected)
{
	struct store *store = NULL;
	struct text why = { 0 };
	int r = store_open(store_dir, boot, &store, &why);

	if (r != expected)
		printf("# store_open: %d, %s\n", r, text_get(&why));
	text_free(&why);
	return store;
}

static inline void store_dir_empty(void)
{
	char pattern[sizeof(store_dir) + 2];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*", store_dir);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
	globfree(&found);
}

static inline bool store_dir_remove(void)
{
	store_dir_empty();
	return rmdir(store_dir) == 0;
}

#endif
