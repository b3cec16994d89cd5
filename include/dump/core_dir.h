/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of the cores, and how many are kept.  A core is
 * UUID-TIME-NUMBER.core; while it is written, .part follows.
 */
#ifndef DUMP_CORE_DIR_H
#define DUMP_CORE_DIR_H

#include <stdint.h>

#include "base/text.h"
#include "base/uuid.h"

/*
 * Opens the directory PATH.  -EPERM: other users have access.  Returns 0, or
 * -errno.
 */
int core_dir_open(const char *path, int *ret_fd);

/* 0: no limit. */
struct core_dir_bounds {
	uint64_t total_bytes;	/* on disk, of all cores */
	uint64_t free_bytes;	/* of the file system */
	uint32_t per_guest;	/* cores of GUEST */
	const char *guest;	/* uuid, as in the names */
	const char *keep;	/* this one is kept; NULL: none must be */
};

/*
 * Removes cores until the limits hold, and names them in SAID: the oldest cores
 * of the guest whose cores use the most space first.  The newest core of a
 * guest is removed only if the newest cores of all guests together exceed
 * TOTAL_BYTES, and never for FREE_BYTES.  For FREE_BYTES no core is removed if
 * all older ones are not enough. Other files are not touched.  Returns 0, or
 * -errno.
 */
int core_dir_trim(int dir, const struct core_dir_bounds *bounds,
		  struct text *said);

/* Calls EACH with each unfinished core; its writer may still be running.
 * Returns 0, or -errno. */
int core_dir_each_part(int dir,
		       void (*each)(void *ctx, int dir, const char *name,
				    const uint8_t uuid[UUID_BYTES]),
		       void *ctx);

#endif
