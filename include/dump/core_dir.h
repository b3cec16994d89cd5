/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory where cores are kept, and how many stay.  A core is
 * UUID-TIME-NUMBER.core, one that is being written has .part after it.
 */
#ifndef DUMP_CORE_DIR_H
#define DUMP_CORE_DIR_H

#include <stdint.h>

#include "base/text.h"
#include "base/uuid.h"

/*
 * Opens the directory PATH.  -EPERM: it is not ours alone.  Returns 0, or
 * -errno.
 */
int core_dir_open(const char *path, int *ret_fd);

/* 0: no bound. */
struct core_dir_bounds {
	uint64_t total_bytes;	/* on disk, of all cores */
	uint64_t free_bytes;	/* of the file system */
	uint32_t per_guest;	/* cores of GUEST */
	const char *guest;	/* uuid, as in the names */
	const char *keep;	/* this one stays; NULL: none has to */
};

/*
 * Removes cores until the bounds hold, and says in SAID which: of the guest
 * whose cores take the most, its oldest first.  The newest core of a guest goes
 * only when TOTAL_BYTES does not hold the newest of all guests; for FREE_BYTES
 * it never goes, and no core goes when all older ones together are not enough.
 * Other files are left alone.  Returns 0, or -errno.
 */
int core_dir_trim(int dir, const struct core_dir_bounds *bounds,
		  struct text *said);

/* Calls EACH with what is not finished: whoever wrote it may be at it still.
 * Returns 0, or -errno. */
int core_dir_each_part(int dir,
		       void (*each)(void *ctx, int dir, const char *name,
				    const uint8_t uuid[UUID_BYTES]),
		       void *ctx);

#endif
