/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling the operator's hooks of transitions: one child at a time, a bounded
 * queue before it.  Waits for nothing, and no guest's handling waits for it.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "control.h"
#include "control_json.h"
#include "keeper.h"

#define WAITING_MAX 64
/* Of one guest: it must not fill the queue before others. */
#define WAITING_OF_GUEST 16
/* Kept for the host's own beside those. */
#define WAITING_OF_HOST 4
/* The toolstack may be away this long, as when its child is replaced. */
#define HUNG_AFTER_S 15.
/* As many hooks as a child runs, and a little. */
#define HOOKS_AND_MORE 17

struct hook_job {
	struct list node;
	enum transition transition;
	uint64_t incident;	/* 0: none */
	uint8_t uuid[UUID_BYTES];	/* of its guest */
	char *json;
};

struct keeper_hooks {
	struct keeper *keeper;
	char dir[512];
	struct child child;
	struct hook_job *job;	/* the child's */
	struct list waiting;
	unsigned int count;	/* of those */
	ev_timer hung;
	bool told_hung;
};

static void free_job(struct hook_job *job)
{
	if (!job)
		return;
	free(job->json);
	free(job);
}

static void log_lost(const struct hook_job *job, const char *why)
{
	log_event(LOG_LEVEL_ERROR, "hooks-not-told",
		  LOG_TEXT("transition", transition_name(job->transition)),
		  LOG_INT("incident", (int64_t)job->incident),
		  LOG_TEXT("error", why));
}

/* --- one child, one transition --- */

static void note_result(struct keeper *keeper, const struct hook_job *job,
			const struct wire_msg *msg)
{
	if (msg->rc) {
		keeper->hook_failures++;
		text_copy(keeper->hook_failed, sizeof(keeper->hook_failed),
			  msg->config.name);
	}
	log_event(msg->rc ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
		  msg->rc ? "hook-failed" : "hook-done",
		  LOG_TEXT("hook", msg->config.name),
		  LOG_TEXT("transition", transition_name(job->transition)),
		  LOG_INT("incident", (int64_t)job->incident),
		  LOG_TEXT("text", msg->text[0] ? msg->text : NULL));
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct keeper_hooks *hooks = io->data;
	struct wire_msg msg;
	int r;

	(void)events;
	while ((r = keeper_child_recv(hooks->keeper, &hooks->child, &msg)) == 0) {
		note_result(hooks->keeper, hooks->job, &msg);
		wire_clear(&msg);
	}
	if (r != -EAGAIN)
		ev_io_stop(loop, io); /* its exit follows */
}

static void on_deadline(struct child *child)
{
	struct keeper_hooks *hooks = child->data;

	keeper_child_kill(hooks->keeper, child);
}

static int send_order(struct keeper_hooks *hooks, const struct hook_job *job)
{
	struct wire_msg msg = {
		.kind = WIRE_ORDER,
		.deadline_ms = hooks->keeper->settings->hook_s * 1000,
		.blob = job->json,
		.blob_len = strlen(job->json),
	};

	text_copy(msg.text, sizeof(msg.text), hooks->dir);
	return wire_send(hooks->child.fd, &msg);
}

static int order(struct keeper_hooks *hooks, const struct hook_job *job)
{
	uint32_t limit_s = hooks->keeper->settings->hook_s;
	int r = keeper_child_spawn(hooks->keeper, &hooks->child, "hook");

	if (r < 0)
		return r;
	keeper_child_limit(hooks->keeper, &hooks->child,
			   limit_s * (double)HOOKS_AND_MORE);
	return send_order(hooks, job);
}

/* A child that could not get the message ends by itself; its exit is handled as
 * usual. */
static void start_next(struct keeper_hooks *hooks)
{
	while (!hooks->job && hooks->count) {
		struct hook_job *job =
			LIST_ITEM(hooks->waiting.next, struct hook_job,
				  node);
		int r;

		list_remove(&job->node);
		hooks->count--;
		hooks->job = job;
		r = order(hooks, job);
		if (r == 0)
			return;
		log_lost(job, strerror(-r));
		if (hooks->child.fd >= 0) {
			keeper_child_close(hooks->keeper, &hooks->child);
			return;
		}
		free_job(job);
		hooks->job = NULL;
	}
}

static void on_ended(struct child *child)
{
	struct keeper_hooks *hooks = child->data;

	if (child->fd >= 0)
		on_readable(hooks->keeper->loop, &child->readable, EV_READ);
	if (child->status)
		log_lost(hooks->job, "the child that runs hooks was lost");
	keeper_child_forget(hooks->keeper, child);
	free_job(hooks->job);
	hooks->job = NULL;
	start_next(hooks);
}

/* --- the data of a transition --- */

/* A host without hooks pays nothing. */
static bool has_hooks(const struct keeper_hooks *hooks)
{
	DIR *dir = opendir(hooks->dir);
	const struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.' &&
			strcmp(entry->d_name, "README") != 0;
	if (dir)
		closedir(dir);
	return found;
}

static struct hook_job *new_job(enum transition transition,
				const struct incident *incident,
				json_object *about)
{
	struct hook_job *job = calloc(1, sizeof(*job));
	const char *json;

	if (!job)
		return NULL;
	control_json_text(about, "transition", transition_name(transition));
	/* Of many guests in trouble there is more to say than fits. */
	control_json_fit(about, DOMAIN_CONFIG_MAX_BYTES);
	job->transition = transition;
	if (incident) {
		job->incident = incident->number;
		memcpy(job->uuid, incident->id.uuid, UUID_BYTES);
	}
	json = json_object_to_json_string_ext(about, CONTROL_JSON_FLAGS);
	job->json = json ? strdup(json) : NULL;
	if (!job->json) {
		free(job);
		return NULL;
	}
	return job;
}

/* NULL, or why not. */
static const char *check_room(const struct keeper_hooks *hooks,
			      const struct hook_job *job)
{
	const struct hook_job *other;
	unsigned int count = 0;

	if (!job->incident)
		return hooks->count < WAITING_MAX + WAITING_OF_HOST ? NULL :
			"too many transitions wait for their hooks";
	LIST_EACH(other, (struct list *)&hooks->waiting, const struct hook_job,
		  node)
		count += other->incident && uuid_equal(other->uuid, job->uuid);
	if (count >= WAITING_OF_GUEST)
		return "too many transitions of this guest wait for their hooks";
	return hooks->count < WAITING_MAX ? NULL :
		"too many transitions wait for their hooks";
}

static void queue_transition(struct keeper_hooks *hooks, enum transition transition,
			     const struct incident *incident)
{
	json_object *about;
	struct hook_job *job;
	const char *why;

	if (!has_hooks(hooks))
		return;
	about = incident ? control_show_incident(incident) :
			   control_show_status(hooks->keeper);
	job = new_job(transition, incident, about);
	json_object_put(about);
	if (!job)
		return;
	why = check_room(hooks, job);
	if (why) {
		log_lost(job, why);
		free_job(job);
		return;
	}
	list_append(&hooks->waiting, &job->node);
	hooks->count++;
	start_next(hooks);
}

void keeper_hook_note(struct keeper *keeper, enum engine_note note,
		      const struct incident *incident)
{
	enum transition transition = transition_of(note, incident);

	if (keeper->hooks && transition != TRANSITION_NONE)
		queue_transition(keeper->hooks, transition, incident);
}

static void on_hung(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper_hooks *hooks = timer->data;

	(void)loop;
	(void)events;
	hooks->told_hung = true;
	queue_transition(hooks, TRANSITION_HOST_HUNG, NULL);
}

void keeper_hook_host_hung(struct keeper *keeper)
{
	struct keeper_hooks *hooks = keeper->hooks;

	if (!hooks || hooks->told_hung)
		return;
	ev_timer_stop(keeper->loop, &hooks->hung);
	hooks->told_hung = true;
	queue_transition(hooks, TRANSITION_HOST_HUNG, NULL);
}

void keeper_hook_toolstack(struct keeper *keeper, bool answers)
{
	struct keeper_hooks *hooks = keeper->hooks;

	if (!hooks)
		return;
	if (answers) {
		ev_timer_stop(keeper->loop, &hooks->hung);
		if (hooks->told_hung)
			queue_transition(hooks, TRANSITION_HOST_BACK, NULL);
		hooks->told_hung = false;
	} else if (!hooks->told_hung && !ev_is_active(&hooks->hung)) {
		keeper_set_timer(keeper, &hooks->hung, HUNG_AFTER_S);
	}
}

void keeper_hook_records(struct keeper *keeper, bool temporary)
{
	if (keeper->hooks)
		queue_transition(keeper->hooks, temporary ? TRANSITION_RECORDS_TEMPORARY :
							    TRANSITION_RECORDS_BACK, NULL);
}

/* --- its life --- */

void keeper_hook_open(struct keeper *keeper)
{
	static const struct child_calls calls = {
		on_readable, on_deadline, on_ended
	};
	struct keeper_hooks *hooks = calloc(1, sizeof(*hooks));

	if (!hooks)
		return;
	hooks->keeper = keeper;
	keeper_child_init(&hooks->child, &calls, hooks);
	list_init(&hooks->waiting);
	snprintf(hooks->dir, sizeof(hooks->dir), "%s/hooks.d",
		 keeper->config_dir);
	ev_init(&hooks->hung, on_hung);
	hooks->hung.data = hooks;
	keeper->hooks = hooks;
}

/* When we end: to the child that runs, or to another if that is at its end. */
static void hand_over(struct keeper_hooks *hooks, const struct hook_job *job)
{
	int r = hooks->child.fd < 0 ? -EPIPE : send_order(hooks, job);

	if (r == -EPIPE || r == -ECONNRESET) {
		keeper_child_forget(hooks->keeper, &hooks->child);
		r = order(hooks, job);
	}
	if (r < 0)
		log_lost(job, strerror(-r));
}

/* A hook that runs ends within its bounds by itself, and those after it. */
void keeper_hook_close(struct keeper *keeper)
{
	struct keeper_hooks *hooks = keeper->hooks;
	struct hook_job *job;

	if (!hooks)
		return;
	ev_timer_stop(keeper->loop, &hooks->hung);
	LIST_EACH(job, &hooks->waiting, struct hook_job, node) {
		hand_over(hooks, job);
		list_remove(&job->node);
		free_job(job);
	}
	keeper_child_await(&hooks->child);
	keeper_child_forget(keeper, &hooks->child);
	free_job(hooks->job);
	free(hooks);
	keeper->hooks = NULL;
}
