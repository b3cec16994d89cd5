/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device models of the domains, watched until they end.  The hypervisor
 * says whether the guest runs on without; what follows is the engine's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "keeper.h"
#include "port/model.h"
#include "port/owner.h"

/* A guest that is being torn down loses its device model, too; and another
 * toolstack may end it before it touches the domain. */
#define SETTLE_S 2.
/* Then while the domain is paused, or is worked upon. */
#define AGAIN_S 5.

struct model {
	struct list node;
	struct keeper *keeper;
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	struct device_model it;
	ev_io ended;		/* its fd: negative when it is not watched any more */
	ev_timer look;
};

static void unwatch(struct model *model)
{
	if (model->ended.fd < 0)
		return;
	ev_io_stop(model->keeper->loop, &model->ended);
	close(model->ended.fd);
	model->ended.fd = -1;
}

static void drop_model(struct model *model)
{
	unwatch(model);
	ev_timer_stop(model->keeper->loop, &model->look);
	list_remove(&model->node);
	free(model);
}

static struct model *find_model(const struct keeper *keeper, uint32_t domid)
{
	struct model *model;

	LIST_EACH(model, (struct list *)&keeper->models, struct model, node)
		if (model->domid == domid)
			return model;
	return NULL;
}

static void crash(const struct model *model)
{
	int r = hv_crash(model->keeper->hv, model->domid);

	log_event(r ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "device-model-ended",
		  LOG_INT("domid", model->domid),
		  LOG_UUID("uuid", model->uuid), LOG_INT("pid", model->it.pid),
		  LOG_INT("stub", model->it.domid),
		  LOG_TEXT("text", r ? "the guest could not be stopped" :
				       "the guest counts as crashed"),
		  LOG_TEXT("error", r ? strerror(-r) : NULL));
}

/* A stub domain was new, or has been made again. */
static bool runs_after_all(const struct model *model)
{
	return model->it.domid &&
	       engine_model_stub(model->keeper->engine, model->domid,
				 model->it.domid, keeper_now(model->keeper));
}

/* By the list of this moment, which may take the domain and MODEL away. */
static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct model *model = timer->data;
	struct keeper *keeper = model->keeper;
	enum engine_model next;
	uint32_t domid = model->domid;

	(void)loop;
	(void)events;
	keeper_set_timer(keeper, timer, AGAIN_S);
	keeper_scan(keeper);
	model = find_model(keeper, domid);
	if (!model)
		return;
	if (runs_after_all(model)) {
		ev_timer_stop(keeper->loop, timer);
		return;
	}
	next = engine_model_ended(keeper->engine, domid, model->uuid,
				  &model->it, keeper_now(keeper));
	if (next == ENGINE_MODEL_CRASH)
		crash(model);
	if (next != ENGINE_MODEL_LATER) {
		drop_model(model);
		keeper_scan(keeper);
	}
	keeper_rearm(keeper);
}

static void on_ended(struct ev_loop *loop, ev_io *io, int events)
{
	struct model *model = io->data;

	(void)loop;
	(void)events;
	unwatch(model);
	keeper_set_timer(model->keeper, &model->look, SETTLE_S);
}

/* The descriptor first: what it stands for cannot become another process. */
static void watch_process(struct model *model, uid_t user)
{
	pid_t pid = (pid_t)model->it.pid;
	int fd = owner_open_pidfd(pid);
	int r = fd < 0 ? fd : model_check("/proc", fd, pid, model->domid,
					  user);

	if (r == 0) {
		ev_io_set(&model->ended, fd, EV_READ);
		ev_io_start(model->keeper->loop, &model->ended);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (r == -ESRCH)
		keeper_set_timer(model->keeper, &model->look, SETTLE_S);
	else
		log_event(LOG_LEVEL_WARN, "device-model-unwatched",
			  LOG_INT("domid", model->domid),
			  LOG_INT("pid", pid),
			  LOG_TEXT("error", strerror(-r)));
}

static void watch_stub(struct model *model)
{
	struct keeper *keeper = model->keeper;

	if (!engine_model_stub(keeper->engine, model->domid, model->it.domid,
			       keeper_now(keeper)))
		keeper_set_timer(keeper, &model->look, SETTLE_S);
}

static struct model *add_model(struct keeper *keeper, const struct domain_id *id,
			       const struct device_model *it)
{
	struct model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL; /* the next watcher reports it */
	model->keeper = keeper;
	model->domid = id->domid;
	memcpy(model->uuid, id->uuid, UUID_BYTES);
	model->it = *it;
	ev_io_init(&model->ended, on_ended, -1, EV_READ);
	ev_init(&model->look, on_look);
	model->ended.data = model->look.data = model;
	list_append(&keeper->models, &model->node);
	return model;
}

void keeper_model_take(struct keeper *keeper, const struct wire_msg *msg)
{
	struct model *model = find_model(keeper, msg->id.domid);
	struct device_model it;
	unsigned int user;

	if (sscanf(msg->text, "%u %u %u", &it.pid, &user, &it.domid) != 3)
		return;
	if (model && model->it.pid == it.pid && model->it.domid == it.domid &&
	    uuid_equal(model->uuid, msg->id.uuid))
		return; /* a new watcher reports it again */
	if (model)
		drop_model(model);
	model = add_model(keeper, &msg->id, &it);
	if (model && it.domid)
		watch_stub(model);
	else if (model && it.pid)
		watch_process(model, user);
}

/* Of a guest, or of a domain that serves one. */
void keeper_model_note(struct keeper *keeper, enum engine_note note,
		       const struct domain *domain)
{
	struct model *model;

	if (!domain || (note != ENGINE_NOTE_DOMAIN_GONE &&
			note != ENGINE_NOTE_MODEL_DOWN))
		return;
	model = find_model(keeper, domain->info.id.domid);
	if (model && note == ENGINE_NOTE_DOMAIN_GONE)
		drop_model(model);
	model = domain->serves ? find_model(keeper, domain->serves) : NULL;
	if (model && model->it.domid == domain->info.id.domid)
		keeper_set_timer(keeper, &model->look, SETTLE_S);
}

void keeper_model_close(struct keeper *keeper)
{
	struct model *model;

	LIST_EACH(model, &keeper->models, struct model, node)
		drop_model(model);
}
