/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains that a worker paused for their core, and did not let run again as it
 * was killed: after an earlier keeper's end, or under our own eyes.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "keeper.h"
#include "role/worker_lock.h"
#include "role/worker_pause.h"

/* A worker that outlived its keeper still writes the core. */
#define AGAIN_S 2.

static void log_unpaused(const struct domain_id *id, int r)
{
	log_event(r < 0 ? LOG_LEVEL_ERROR : LOG_LEVEL_NOTICE, "unpaused",
		  LOG_INT("domid", id->domid), LOG_UUID("uuid", id->uuid),
		  LOG_TEXT("text", "its core's worker was killed"),
		  LOG_TEXT("error", r < 0 ? strerror(-r) : NULL));
}

/* Returns whether a worker has the guest. */
static bool undo(struct keeper *keeper, const uint8_t *uuid)
{
	AUTO_CLOSE int lock = -1;
	struct domain_id id;
	int r = worker_lock_try(WORKER_LOCK_DIR, uuid, &lock);

	if (r < 0)
		return r == -EBUSY;
	r = worker_pause_undo(lock, keeper->hv, uuid, &id);
	if (r)
		log_unpaused(&id, r);
	return false;
}

void keeper_pause_look(struct keeper *keeper)
{
	DIR *dir = opendir(WORKER_LOCK_DIR);
	const struct dirent *entry;
	uint8_t uuid[UUID_BYTES];
	bool again = false;

	while (dir && (entry = readdir(dir)))
		if (uuid_parse(entry->d_name, uuid) == 0 &&
		    worker_pause_is_noted(WORKER_LOCK_DIR, entry->d_name))
			again |= undo(keeper, uuid);
	if (dir)
		closedir(dir);
	if (again)
		keeper_set_timer(keeper, &keeper->pause_again, AGAIN_S);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	keeper_pause_look(timer->data);
}

void keeper_pause_open(struct keeper *keeper)
{
	ev_init(&keeper->pause_again, on_again);
	keeper->pause_again.data = keeper;
	keeper_pause_look(keeper);
}

void keeper_pause_close(struct keeper *keeper)
{
	ev_timer_stop(keeper->loop, &keeper->pause_again);
}
