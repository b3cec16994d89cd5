/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The media that guests ejected; a separate worker handles each.  A guest can
 * request this at any rate, so a drive is emptied once, and once more if
 * another request came in between; one drive of a domain at a time, few of the
 * host.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "keeper.h"

#define AT_ONCE 2
/* As many as the watcher listens to. */
#define DRIVES_MAX 16
/* From the end of one to the next of the same drive. */
#define PAUSE_MS 1000

/* A drive, from when it was ejected until its pause is over. */
struct keeper_eject {
	struct list node;
	struct domain_id id;
	char vdev[32];
	bool is_wanted, is_busy;
	int64_t due_ms;		/* monotonic */
};

static bool is_there(const struct keeper *keeper, const struct domain_id *id)
{
	const struct domain *domain = engine_domain(keeper->engine, id->domid);

	return domain && domain_id_equal(&domain->info.id, id);
}

static struct keeper_eject *find_eject(struct keeper *keeper,
				       const struct domain_id *id, const char *vdev)
{
	struct keeper_eject *eject;

	LIST_EACH(eject, &keeper->ejects, struct keeper_eject, node)
		if (domain_id_equal(&eject->id, id) &&
		    strcmp(eject->vdev, vdev) == 0)
			return eject;
	return NULL;
}

static unsigned int count_drives(struct keeper *keeper,
				 const struct domain_id *id)
{
	struct keeper_eject *eject;
	unsigned int count = 0;

	LIST_EACH(eject, &keeper->ejects, struct keeper_eject, node)
		count += domain_id_equal(&eject->id, id);
	return count;
}

/* ID NULL: of the whole host. */
static unsigned int count_busy(struct keeper *keeper,
			       const struct domain_id *id)
{
	struct keeper_eject *eject;
	unsigned int count = 0;

	LIST_EACH(eject, &keeper->ejects, struct keeper_eject, node)
		count += eject->is_busy &&
			 (!id || domain_id_equal(&eject->id, id));
	return count;
}

static void free_eject(struct keeper_eject *eject)
{
	list_remove(&eject->node);
	free(eject);
}

/* A failure to hire a worker waits as long as a success. */
static void begin_eject(struct keeper *keeper, struct keeper_eject *eject,
			int64_t now_ms)
{
	int r = keeper_worker_eject(keeper, &eject->id, eject->vdev, eject);

	eject->is_busy = r == 0;
	eject->is_wanted = r != 0;
	eject->due_ms = now_ms + PAUSE_MS;
}

/* Starts what may start, and sets the timer for the rest.  A request that waits
 * for a place needs no timer: the end of another one calls this again. */
static void run_ejects(struct keeper *keeper)
{
	int64_t now_ms = keeper_now(keeper).mono_ms, next_ms = INT64_MAX;
	struct keeper_eject *eject;

	LIST_EACH(eject, &keeper->ejects, struct keeper_eject, node) {
		if (eject->is_busy)
			continue;
		if (!is_there(keeper, &eject->id) ||
		    (!eject->is_wanted && eject->due_ms <= now_ms)) {
			free_eject(eject);
			continue;
		}
		if (eject->due_ms <= now_ms &&
		    count_busy(keeper, NULL) < AT_ONCE &&
		    !count_busy(keeper, &eject->id))
			begin_eject(keeper, eject, now_ms);
		if (eject->due_ms > now_ms && eject->due_ms < next_ms)
			next_ms = eject->due_ms;
	}
	if (next_ms == INT64_MAX)
		ev_timer_stop(keeper->loop, &keeper->eject_due);
	else
		keeper_set_timer(keeper, &keeper->eject_due,
				 (next_ms - now_ms) / 1e3);
}

static void on_due(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	run_ejects(timer->data);
}

void keeper_eject_open(struct keeper *keeper)
{
	list_init(&keeper->ejects);
	ev_init(&keeper->eject_due, on_due);
	keeper->eject_due.data = keeper;
}

void keeper_eject_ask(struct keeper *keeper, const struct domain_id *id,
		      const char *vdev)
{
	struct keeper_eject *eject = find_eject(keeper, id, vdev);

	if (eject) {
		eject->is_wanted = true;
		return; /* the end of its job, or its pause, calls */
	}
	if (strlen(vdev) >= sizeof(eject->vdev) ||
	    count_drives(keeper, id) >= DRIVES_MAX)
		return;
	eject = calloc(1, sizeof(*eject));
	if (!eject) {
		log_event(LOG_LEVEL_ERROR, "medium-not-ejected",
			  LOG_INT("domid", id->domid),
			  LOG_TEXT("error", strerror(ENOMEM)));
		return;
	}
	eject->id = *id;
	eject->is_wanted = true;
	text_copy(eject->vdev, sizeof(eject->vdev), vdev);
	list_append(&keeper->ejects, &eject->node);
	run_ejects(keeper);
}

/* The last of the list from now on: others come first. */
void keeper_eject_done(struct keeper *keeper, struct keeper_eject *eject)
{
	eject->is_busy = false;
	eject->due_ms = keeper_now(keeper).mono_ms + PAUSE_MS;
	list_remove(&eject->node);
	list_append(&keeper->ejects, &eject->node);
	run_ejects(keeper);
}

void keeper_eject_close(struct keeper *keeper)
{
	struct keeper_eject *eject;

	ev_timer_stop(keeper->loop, &keeper->eject_due);
	LIST_EACH(eject, &keeper->ejects, struct keeper_eject, node)
		free_eject(eject);
}
