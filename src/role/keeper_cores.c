/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a killed worker left in the cores' directory.  A worker that outlived
 * its keeper may still be writing: it holds the guest's lock.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "keeper.h"
#include "dump/core_dir.h"
#include "role/worker_lock.h"

static void remove_part(void *ctx, int dir, const char *name,
			const uint8_t uuid[UUID_BYTES])
{
	AUTO_CLOSE int lock = -1;

	(void)ctx;
	if (worker_lock_try(WORKER_LOCK_DIR, uuid, &lock))
		return;
	if (unlinkat(dir, name, 0))
		log_event(LOG_LEVEL_WARN, "partial-core-stays",
			  LOG_TEXT("name", name),
			  LOG_TEXT("error", strerror(errno)));
	else
		log_event(LOG_LEVEL_NOTICE, "partial-core-removed",
			  LOG_TEXT("name", name));
}

void keeper_cores_clean(struct keeper *keeper)
{
	const char *path = keeper->settings->core_dir;
	AUTO_CLOSE int dir = -1;
	int r = core_dir_open(path, &dir);

	if (r == 0) {
		(void)mkdir(WORKER_LOCK_RUN_DIR, 0700);
		r = core_dir_each_part(dir, remove_part, NULL);
	}
	if (r)
		log_event(LOG_LEVEL_WARN, "cores-not-looked-at",
			  LOG_TEXT("path", path),
			  LOG_TEXT("error", strerror(-r)));
}
