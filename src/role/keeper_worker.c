/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The workers: one process an incident at a time, one order at a time, each
 * with a deadline.  Decides nothing.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "keeper.h"

/* To start one costs more than most steps: it waits this long for its next
 * order, of any incident once its own is over.  Not for ever, nor again and
 * again: what libxl may leak goes with it. */
#define LINGER_S 1.
#define JOBS_MAX 64

static void free_worker(struct keeper_worker *worker)
{
	keeper_child_forget(worker->keeper, &worker->child);
	list_remove(&worker->node);
	free(worker);
}

/* The worker that wrote it is dead: nobody else will remove it. */
static void remove_partial_core(struct keeper_worker *worker)
{
	char part[sizeof(worker->core_path) + 8];

	if (!worker->core_path[0])
		return;
	snprintf(part, sizeof(part), "%s.part", worker->core_path);
	unlink(part);
	worker->core_path[0] = '\0';
}

/* It stays for what comes next, or ends. */
static void release(struct keeper_worker *worker)
{
	struct keeper *keeper = worker->keeper;

	worker->incident = 0;
	if (worker->how || worker->jobs >= JOBS_MAX)
		keeper_child_close(keeper, &worker->child);
}

/* --- what comes back --- */

/* May begin another, with this worker if it is at rest. */
static void end_eject(struct keeper_worker *worker)
{
	struct keeper_eject *eject = worker->eject;

	worker->eject = NULL;
	if (eject)
		keeper_eject_done(worker->keeper, eject);
}

static void handle_result(struct keeper_worker *worker,
			  const struct wire_msg *msg)
{
	struct keeper *keeper = worker->keeper;
	struct engine_result result = {
		.rc = msg->rc,
		.text = msg->text,
		.new_id = msg->new_id,
	};

	if (msg->order != worker->order)
		return;
	worker->order = 0;
	worker->progress[0] = '\0';
	keeper_child_set_due(keeper, &worker->child, LINGER_S);
	if (msg->step == STEP_SAVE && msg->rc == 0 && msg->blob)
		keeper_config_set(keeper, msg->id.uuid, &msg->config,
				  msg->blob);
	if (msg->step == STEP_REPORT) {
		result.panic = msg->blob;
		result.printed = msg->evidence == EVIDENCE_CONSOLE ||
				 msg->evidence == EVIDENCE_CONSOLE_LOG;
	}
	if (msg->step == STEP_DUMP && msg->rc == 0) {
		result.core_path = worker->core_path;
		result.core = &msg->core;
	}
	if (msg->step == STEP_EJECT)
		log_event(msg->rc ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
			  "medium-ejected", LOG_INT("domid", msg->id.domid),
			  LOG_TEXT("text", msg->text));
	if (worker->capture)
		keeper_capture_done(worker->capture, msg->rc, msg->text,
				    &msg->core);
	worker->capture = NULL;
	if (!worker->incident) {
		release(worker);
		end_eject(worker);
	} else {
		keeper_scan(keeper);
		engine_result(keeper->engine, msg->order, &result,
			      keeper_now(keeper));
	}
}

static void handle(struct keeper_worker *worker, const struct wire_msg *msg)
{
	if (msg->kind == WIRE_TAKEN && msg->order == worker->order)
		worker->has_begun = true;
	if (msg->kind == WIRE_PROGRESS && worker->capture)
		keeper_capture_tell(worker->capture, msg->text);
	if (msg->kind == WIRE_PROGRESS)
		text_copy(worker->progress, sizeof(worker->progress),
			  msg->text);
	else if (msg->kind == WIRE_EVIDENCE && worker->incident &&
		 msg->order == worker->order)
		/* At once: the next one may be the death of the worker. */
		keeper_evidence_store(worker->keeper, worker->incident, msg);
	else if (msg->kind == WIRE_RESULT)
		handle_result(worker, msg);
}

/* Reads all there is.  The socket may be closed by what a message does. */
static void drain(struct keeper_worker *worker)
{
	struct wire_msg msg;

	while (worker->child.fd >= 0 &&
	       keeper_child_recv(worker->keeper, &worker->child, &msg) == 0) {
		handle(worker, &msg);
		wire_clear(&msg);
	}
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct keeper_worker *worker = io->data;
	struct keeper *keeper = worker->keeper;
	char byte;

	(void)events;
	drain(worker);
	/* At end of file the exit follows; do not spin until then. */
	if (worker->child.fd >= 0 &&
	    recv(worker->child.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		ev_io_stop(loop, io);
	keeper_rearm(keeper);
}

static const char *describe_exit(const struct keeper_worker *worker,
				 int status, char *text, size_t size)
{
	if (worker->how)
		return worker->how;
	if (status < 0)
		return "worker ended unexpectedly";
	if (WIFSIGNALED(status))
		snprintf(text, size, "worker killed by signal %d",
			 WTERMSIG(status));
	else
		snprintf(text, size, "worker ended with status %d",
			 WEXITSTATUS(status));
	return text;
}

/* HAS_BEGUN: else nothing was done, as by a worker of another version. */
static void tell_lost(struct keeper *keeper, uint64_t order, bool has_begun,
		      const char *how)
{
	keeper_scan(keeper);
	if (has_begun)
		engine_lost(keeper->engine, order, how, keeper_now(keeper));
	else
		engine_unbegun(keeper->engine, order, how, keeper_now(keeper));
}

static void on_ended(struct child *child)
{
	struct keeper_worker *worker = child->data;
	struct keeper *keeper = worker->keeper;
	bool has_begun;
	uint64_t order;
	char text[64];

	drain(worker); /* it may have answered first */
	order = worker->order;
	has_begun = worker->has_begun;
	if (order) {
		const char *how = describe_exit(worker, child->status, text,
						sizeof(text));

		remove_partial_core(worker);
		if (worker->capture)
			keeper_capture_lost(keeper, worker->capture, how);
		end_eject(worker);
		free_worker(worker);
		tell_lost(keeper, order, has_begun, how);
	} else {
		free_worker(worker);
	}
	keeper_rearm(keeper);
}

static void on_deadline(struct child *child)
{
	struct keeper_worker *worker = child->data;

	if (!worker->order) { /* nothing came for it */
		keeper_child_close(worker->keeper, &worker->child);
		return;
	}
	worker->how = worker->child.limit_s > 0 ?
		"the service manager did not start a worker in time" :
		"worker overran its deadline and was killed";
	keeper_child_kill(worker->keeper, &worker->child);
	keeper_watcher_ping(worker->keeper);
}

/* --- orders --- */

/* INCIDENT 0: a spare one. */
static struct keeper_worker *find_idle(struct keeper *keeper,
				       uint64_t incident)
{
	struct keeper_worker *worker;

	LIST_EACH(worker, &keeper->workers, struct keeper_worker, node)
		if (worker->incident == incident && !worker->order &&
		    worker->child.fd >= 0)
			return worker;
	return NULL;
}

static struct keeper_worker *new_worker(struct keeper *keeper)
{
	static const struct child_calls calls = {
		on_readable, on_deadline, on_ended
	};
	struct keeper_worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->keeper = keeper;
	list_init(&worker->node);
	keeper_child_init(&worker->child, &calls, worker);
	if (keeper_child_spawn(keeper, &worker->child, "worker") < 0) {
		free(worker);
		return NULL;
	}
	list_append(&keeper->workers, &worker->node);
	return worker;
}

static struct keeper_worker *hire(struct keeper *keeper)
{
	struct keeper_worker *worker = find_idle(keeper, 0) ?:
				       new_worker(keeper);

	if (worker)
		worker->jobs++;
	return worker;
}

/* The same path whenever it is asked for: a second attempt after our death
 * finds what the first one made. */
static void core_path(const struct keeper *keeper,
		      const struct incident *incident, char *ret, size_t size)
{
	char uuid[UUID_TEXT_BYTES], when[32];
	time_t seen = incident->seen_ms / 1000;
	struct tm tm;

	gmtime_r(&seen, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(ret, size, "%s/%s-%s-%llu.core", keeper->settings->core_dir,
		 uuid_format(incident->id.uuid, uuid), when,
		 (unsigned long long)incident->number);
}

static void rename_suffix(const struct incident *incident, char *ret,
			  size_t size)
{
	time_t seen = incident->seen_ms / 1000;
	struct tm tm;
	char when[32];

	gmtime_r(&seen, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(ret, size, "-%s-%llu", when,
		 (unsigned long long)incident->number);
}

static void prepare_dump(const struct keeper *keeper, const char *name,
			 struct wire_msg *msg)
{
	const struct settings *set = keeper->settings;

	msg->capture = settings_for(set, name)->capture;
	msg->capture.total_mib = set->core_total_mib;
	msg->capture.free_percent = set->core_free_percent;
}

/* Did a worker not come back from this step?  What hung may hang again. */
static bool was_lost(const struct incident *incident)
{
	for (uint32_t i = 0; i < incident->step_count; i++)
		if (incident->steps[i].step == incident_step(incident) &&
		    incident->steps[i].ended_ms &&
		    incident->steps[i].rc == -ECHILD)
			return true;
	return false;
}

/* Fills in what the step needs beside the incident. */
static int prepare(struct keeper *keeper, const struct incident *incident,
		   struct wire_msg *msg)
{
	const struct guest *guest =
		engine_guest(keeper->engine, incident->id.uuid);
	int r = 0;

	if (guest)
		msg->config = guest->config;
	text_copy(msg->config.name, sizeof(msg->config.name), incident->name);
	switch (msg->step) {
	case STEP_DUMP:
		core_path(keeper, incident, msg->text, sizeof(msg->text));
		prepare_dump(keeper, incident->name, msg);
		keeper_evidence_task(keeper, incident->number,
				     &msg->capture.task);
		return 0;
	case STEP_RENAME:
		rename_suffix(incident, msg->text, sizeof(msg->text));
		msg->new_id = incident->id;
		memcpy(msg->new_id.uuid, incident->copy_uuid, UUID_BYTES);
		break;
	case STEP_SAVE:
		if (was_lost(incident))
			text_copy(msg->text, sizeof(msg->text),
				  WIRE_SAVE_STORED);
		break;
	case STEP_DESTROY:
		if (incident->wants_reattach && incident_starts_later(incident))
			text_copy(msg->text, sizeof(msg->text),
				  WIRE_DESTROY_REATTACH);
		return 0;
	case STEP_REATTACH:
		return keeper_reattach_prepare(keeper, msg);
	case STEP_ROOM:
	case STEP_CREATE:
	case STEP_SOFT_RESET:
		break;
	default:
		return 0;
	}
	r = keeper_config_get(keeper, incident->id.uuid, &msg->blob);
	if (msg->blob)
		msg->blob_len = strlen(msg->blob);
	return r == -ENOENT && msg->step == STEP_SAVE ? 0 : r;
}

static int send_order(struct keeper *keeper, struct keeper_worker *worker,
		      struct wire_msg *msg)
{
	uint32_t deadline_s = keeper_deadline_s(keeper, msg);
	/* It ends by itself in time; a guest must not gain more. */
	double extra_s = msg->step == STEP_REPORT ? 1. : 5.;
	int r;

	msg->kind = WIRE_ORDER;
	msg->deadline_ms = deadline_s * 1000;
	r = wire_send(worker->child.fd, msg);
	if (r < 0)
		return r;
	worker->order = msg->order;
	worker->has_begun = false;
	/* With a core the peak of its own memory is told. */
	if (msg->step == STEP_DUMP)
		worker->jobs = JOBS_MAX;
	text_copy(worker->core_path, sizeof(worker->core_path),
		  msg->step == STEP_DUMP ? msg->text : "");
	keeper_child_limit(keeper, &worker->child, deadline_s + extra_s);
	/* It may have been quiet for long: does xenstored answer? */
	keeper_watcher_ping(keeper);
	return 0;
}

int keeper_worker_order(struct keeper *keeper,
			const struct incident *incident, uint64_t order)
{
	struct keeper_worker *worker = find_idle(keeper, incident->number);
	struct wire_msg msg = {
		.order = order,
		.step = incident_step(incident),
	};
	int r;

	incident_aim(incident, &msg.id, &msg.new_id);
	r = prepare(keeper, incident, &msg);

	if (r == 0 && !worker) {
		worker = hire(keeper);
		if (!worker)
			r = -EAGAIN;
		else
			worker->incident = incident->number;
	}
	if (r == 0)
		r = send_order(keeper, worker, &msg);
	wire_clear(&msg);
	return r;
}

void keeper_worker_dismiss(struct keeper *keeper,
			   const struct incident *incident)
{
	struct keeper_worker *worker = find_idle(keeper, incident->number);

	if (worker)
		release(worker);
}

int keeper_worker_capture(struct keeper *keeper,
			  struct keeper_capture *capture)
{
	struct keeper_worker *worker = hire(keeper);
	struct wire_msg msg = {
		.order = UINT64_MAX,
		.step = STEP_DUMP,
		.id = capture->id,
	};
	int r;

	if (!worker)
		return -EAGAIN;
	text_copy(msg.text, sizeof(msg.text), capture->path);
	prepare_dump(keeper, capture->name, &msg);
	msg.capture.pause = capture->pauses;
	r = send_order(keeper, worker, &msg);
	if (r < 0)
		keeper_child_close(keeper, &worker->child);
	else
		worker->capture = capture;
	return r;
}

int keeper_worker_eject(struct keeper *keeper, const struct domain_id *id,
			const char *vdev, struct keeper_eject *eject)
{
	struct keeper_worker *worker = hire(keeper);
	struct wire_msg msg = {
		.order = UINT64_MAX,
		.step = STEP_EJECT,
		.id = *id,
	};
	int r;

	if (!worker)
		return -EAGAIN;
	text_copy(msg.text, sizeof(msg.text), vdev);
	r = send_order(keeper, worker, &msg);
	if (r < 0)
		keeper_child_close(keeper, &worker->child);
	else
		worker->eject = eject;
	return r;
}

const char *keeper_worker_progress(const struct keeper *keeper,
				   uint64_t order)
{
	struct keeper_worker *worker;

	LIST_EACH(worker, &keeper->workers, struct keeper_worker, node)
		if (worker->order == order)
			return worker->progress;
	return "";
}

void keeper_worker_leave(struct keeper *keeper)
{
	struct keeper_worker *worker;

	LIST_EACH(worker, &keeper->workers, struct keeper_worker, node)
		free_worker(worker);
}
