/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worker: carries out the keeper's orders, one after the other, and says
 * how each ended.  It may hang or be killed at any point; what must hold is
 * that the next worker finds out what was done by looking.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "dump/core_dump.h"
#include "port/oom.h"
#include "role/parser.h"
#include "role/roles.h"
#include "role/worker_impl.h"
#include "role/worker_lock.h"
#include "role/worker_pause.h"

/* Opened for a step and kept for the next, if that comes soon. */
#define KEEP_MS 100
/* Longer than the keeper lets a worker wait for its next order. */
#define IDLE_MS 2000

struct ways {
	struct hv *hv;
	struct toolstack *ts;
};

uint32_t worker_left_ms(const struct work *work)
{
	int64_t left = work->end_ms - clock_ms();

	return left > 0 ? (uint32_t)left : 0;
}

static void copy_text(struct wire_msg *msg, const char *text)
{
	text_copy(msg->text, sizeof(msg->text), text);
}

/* A keeper that is gone does not stop the work: its successor will look. */
static void send_or_log(const struct wire_msg *msg)
{
	int r = wire_send(WIRE_FD, msg);

	if (r)
		log_event(LOG_LEVEL_NOTICE, "message-unheard",
			  LOG_TEXT("kind", wire_kind_name(msg->kind)),
			  LOG_INT("domid", msg->id.domid),
			  LOG_TEXT("step", step_name(msg->step)),
			  LOG_INT("rc", msg->rc), LOG_TEXT("text", msg->text),
			  LOG_TEXT("error", strerror(-r)));
}

void worker_tell(const struct work *work, const char *what)
{
	struct wire_msg msg = { .kind = WIRE_PROGRESS,
				.step = work->order->step,
				.order = work->order->order,
				.id = work->order->id };

	copy_text(&msg, what);
	send_or_log(&msg);
}

void worker_found(struct work *work, enum evidence_kind kind,
		  const char *source, const char *text, const char *missing)
{
	const char *tail = evidence_tail(text ? text : "",
					 EVIDENCE_TEXT_BYTES);
	struct wire_msg msg = { .kind = WIRE_EVIDENCE,
				.step = work->order->step,
				.order = work->order->order,
				.id = work->order->id, .evidence = kind,
				.blob = (char *)tail,
				.blob_len = strlen(tail) };

	copy_text(&msg, source);
	text_copy(msg.missing, sizeof(msg.missing), missing ? missing : "");
	send_or_log(&msg);
	*(tail[0] ? &work->found : &work->missed) += 1;
}

static int lock_guest(const struct work *work, int *ret_fd)
{
	const uint8_t *uuid = work->order->id.uuid;
	int r;

	if (mkdir(WORKER_LOCK_RUN_DIR, 0700) && errno != EEXIST)
		return -errno;
	r = worker_lock_try(WORKER_LOCK_DIR, uuid, ret_fd);
	if (r != -EBUSY)
		return r;
	worker_tell(work, "waiting for an earlier worker of this guest");
	return worker_lock_wait(WORKER_LOCK_DIR, uuid, worker_left_ms(work),
				ret_fd);
}

/* A step on the hypervisor alone must work when xenstored hangs. */
static bool needs_toolstack(const struct work *work)
{
	if (work->order->step == STEP_DUMP)
		return core_dump_check(work->order->id.domid) == -ENOTSUP;
	return work->order->step != STEP_PAUSE &&
	       work->order->step != STEP_REPORT;
}

static void close_ways(struct ways *ways)
{
	toolstack_close(ways->ts);
	hv_close(ways->hv);
	*ways = (struct ways){ 0 };
}

/* A domain that an earlier worker paused for its core would stay paused. */
static void undo_pause(const struct work *work)
{
	struct domain_id id;
	int r = worker_pause_undo(work->lock, work->hv, work->order->id.uuid,
				  &id);

	if (r)
		log_event(LOG_LEVEL_NOTICE, "unpaused",
			  LOG_INT("domid", id.domid), LOG_UUID("uuid", id.uuid),
			  LOG_TEXT("text", "its core's worker was killed"),
			  LOG_TEXT("error", r < 0 ? strerror(-r) : NULL));
}

static int run_open(struct work *work, struct ways *ways)
{
	int r = ways->hv ? 0 : hv_open(&ways->hv);

	if (r) {
		text_printf(work->why, "cannot reach the hypervisor: %s",
			    strerror(-r));
		return r;
	}
	work->hv = ways->hv;
	undo_pause(work);
	if (!ways->ts && needs_toolstack(work))
		r = toolstack_open(&ways->ts);
	work->ts = ways->ts;
	if (ways->ts)
		toolstack_limit(ways->ts, work->end_ms);
	if (r)
		text_printf(work->why, "cannot open libxl: %s", strerror(-r));
	else
		r = worker_step_run(work);
	if (r) /* xenstored may have been restarted */
		close_ways(ways);
	return r;
}

static int run_locked(struct work *work, struct ways *ways)
{
	AUTO_CLOSE int lock = -1;
	int r = lock_guest(work, &lock);

	if (r) {
		text_printf(work->why, "cannot lock the guest: %s",
			    r == -ETIMEDOUT ? "an earlier worker still has it"
					    : strerror(-r));
		return r;
	}
	work->lock = lock;
	return run_open(work, ways);
}

/*
 * The keeper ends a worker that exceeds its deadline.  A worker whose keeper
 * died could hang or be stopped, and still hold the guest's lock, so the kernel
 * ends it.
 */
#define ORPHAN_MORE_S 10

static void limit_life(uint32_t deadline_ms)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGKILL };
	struct itimerspec due = { 0 };
	static timer_t timer;
	static bool is_there;

	if (!is_there && timer_create(CLOCK_MONOTONIC, &event, &timer))
		return; /* then the keeper's own has to do */
	is_there = true;
	due.it_value.tv_sec = deadline_ms / 1000 + ORPHAN_MORE_S;
	timer_settime(timer, 0, &due, NULL);
}

/* If the keeper does not get the notice of the start, the order does not start:
 * the keeper gives it to another worker. */
static int take_order(const struct wire_msg *order)
{
	struct wire_msg taken = { .kind = WIRE_TAKEN, .step = order->step,
				  .order = order->order, .id = order->id };

	return wire_send(WIRE_FD, &taken);
}

static void do_order(const struct wire_msg *order, struct ways *ways)
{
	struct wire_msg result = { .kind = WIRE_RESULT, .step = order->step,
				   .order = order->order, .id = order->id };
	struct text why = {0};
	struct work work = { .order = order, .result = &result, .why = &why,
			     .lock = -1,
			     .end_ms = clock_ms() + order->deadline_ms };
	int64_t began = clock_ms();

	limit_life(order->deadline_ms);
	result.rc = run_locked(&work, ways);
	limit_life(IDLE_MS);
	copy_text(&result, text_get(&why));
	log_event(LOG_LEVEL_DEBUG, "order-done",
		  LOG_INT("domid", order->id.domid),
		  LOG_UUID("uuid", order->id.uuid),
		  LOG_TEXT("step", step_name(order->step)),
		  LOG_INT("rc", result.rc), LOG_TEXT("text", result.text),
		  LOG_INT("duration_ms", clock_ms() - began));
	send_or_log(&result);
	wire_clear(&result);
	text_free(&why);
}

static void no_handler(int signal)
{
	(void)signal;
}

/*
 * libxl's children (device models, hotplug scripts) inherit from the worker: so
 * it blocks and ignores no signal, and leaves no descriptor open.  A handler,
 * unlike SIG_IGN, ends with the exec.  And a signal to the daemon's group must
 * not end a worker halfway.
 */
static int become_worker(void)
{
	struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signal = 1; signal <= SIGRTMAX; signal++)
		(void)sigaction(signal, &act, NULL); /* some cannot be set */
	act.sa_handler = no_handler;
	act.sa_flags = SA_RESTART;
	sigaction(SIGPIPE, &act, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid(); /* fails for a group leader, which does not need it */
	return fcntl(WIRE_FD, F_SETFD, FD_CLOEXEC) ? -errno : 0;
}

/* What is open while nothing comes is closed. */
static int await_order(struct ways *ways, struct wire_msg *ret_order)
{
	struct pollfd wire = { .fd = WIRE_FD, .events = POLLIN };

	if (ways->hv && poll(&wire, 1, KEEP_MS) == 0)
		close_ways(ways);
	return wire_recv(WIRE_FD, ret_order);
}

int worker_main(void)
{
	struct wire_msg order = {0};
	struct ways ways = { 0 };
	int r = become_worker();

	/* A device model that we start must not be spared as the keeper is. */
	(void)oom_set(OOM_USUAL);
	if (!r)
		r = parser_client_setup();
	limit_life(IDLE_MS);
	while (!r) {
		r = await_order(&ways, &order);
		if (r)
			break;
		r = order.kind == WIRE_ORDER ? take_order(&order) : -EBADMSG;
		if (!r)
			do_order(&order, &ways);
		wire_clear(&order);
	}
	close_ways(&ways);
	if (r == -EPIPE)
		return 0;
	log_event(LOG_LEVEL_ERROR, "worker-failed",
		  LOG_TEXT("error", strerror(-r)));
	return ROLE_EXIT_SYSTEM;
}
