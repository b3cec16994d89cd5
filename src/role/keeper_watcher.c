/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starts the watcher child, reads its messages, and replaces it when it dies or
 * becomes silent.  Its events are hints; each leads to a scan.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/trim.h"
#include "keeper.h"

/* However much it has to do before it is ready or answers a ping, it says
 * something at least this often. */
#define ANSWER_S 10.
/* The timeout of its first message, on a host whose processors are all busy. */
#define FIRST_S 30.
/* Between attempts to replace it: doubling up to the second, or to the third
 * for one that was ready.  One that waits for a xenstored that hangs takes long
 * by itself. */
#define AGAIN_MIN_S 0.1
#define AGAIN_MAX_S 1.
#define AGAIN_READY_MAX_S 10.
/* One that was ready for so long was well. */
#define WELL_MS 60000
/* Of what it says, in one turn of the loop. */
#define TURN_MAX 1024
/* How often the hypervisor is asked while there is no watcher. */
#define POLL_S 1.

static void expect_within(struct keeper *keeper, double seconds)
{
	keeper_child_limit(keeper, &keeper->watcher, seconds);
}

/* Its own beat comes that often; one missed is one too many. */
static double silence_s(const struct keeper *keeper)
{
	return keeper->settings->sweep_s + ANSWER_S;
}

/* It sent a message, so xenstored answered it: every message results from an
 * answer.  It answers a ping after its current work. */
static void expect_more(struct keeper *keeper)
{
	expect_within(keeper, keeper->watcher_ready && !keeper->watcher_asked ?
		      silence_s(keeper) : ANSWER_S);
}

static int send_ping(struct keeper *keeper)
{
	struct wire_msg msg = {
		.kind = WIRE_PING,
		.deadline_ms = keeper->settings->sweep_s * 1000,
	};

	return wire_send(keeper->watcher.fd, &msg);
}

/* --- messages --- */

static void on_ready(struct keeper *keeper, const struct wire_msg *msg)
{
	keeper->watcher_ready = true;
	keeper->watcher_asked = false;
	keeper->watcher_ready_ms = keeper_now(keeper).mono_ms;
	ev_timer_stop(keeper->loop, &keeper->poll);
	text_copy(keeper->toolstack, sizeof(keeper->toolstack), msg->text);
	keeper_look_at_caps(keeper);
	log_event(LOG_LEVEL_NOTICE, "watcher-ready",
		  LOG_INT("pid", keeper->watcher.pid),
		  LOG_TEXT("toolstack", msg->text));
	keeper_scan(keeper);
	engine_set_toolstack(keeper->engine, true, keeper_now(keeper));
	keeper_hook_toolstack(keeper, true);
	keeper_metrics_changed(keeper);
	keeper_takeover_look(keeper);
	keeper_watcher_ping(keeper); /* sets its heartbeat */
}

/* xenstored answered it just now. */
static void on_beat(struct keeper *keeper)
{
	keeper->watcher_asked = false;
	keeper_hvlog_read(keeper); /* on the one beat there is */
	keeper_notify_beat(keeper);
	keeper_scan(keeper);
	keeper_calls_look_at_owners(keeper);
	engine_set_toolstack(keeper->engine, true, keeper_now(keeper));
}

static void on_named(struct keeper *keeper, const struct wire_msg *msg)
{
	keeper_scan(keeper);
	engine_named(keeper->engine, msg->id.domid, msg->id.uuid, msg->text,
		     msg->peer, keeper_now(keeper));
}

static void on_ejected(struct keeper *keeper, const struct wire_msg *msg)
{
	const struct domain *domain =
		engine_domain(keeper->engine, msg->id.domid);

	/* libvirt does what its guests ask for, as it sees fit. */
	if (domain && !engine_is_foreign(keeper->engine, domain))
		keeper_eject_ask(keeper, &domain->info.id, msg->text);
}

/* Returns whether the list should be scanned. */
static bool handle(struct keeper *keeper, const struct wire_msg *msg)
{
	switch (msg->kind) {
	case WIRE_READY:
		on_ready(keeper, msg);
		return false;
	case WIRE_HINT:
		if (msg->has_reason)
			engine_hint(keeper->engine, msg->id.domid,
				    msg->reason_code);
		return true;
	case WIRE_CONFIG:
		keeper_config_told(keeper, msg);
		return false;
	case WIRE_NAMED:
		on_named(keeper, msg);
		return false;
	case WIRE_UPDATE:
		log_event(LOG_LEVEL_INFO, "config-update-pending",
			  LOG_INT("domid", msg->id.domid),
			  LOG_UUID("uuid", msg->id.uuid),
			  LOG_TEXT("state", msg->blob ? "pending" : "taken"));
		return false;
	case WIRE_EJECTED:
		on_ejected(keeper, msg);
		return false;
	case WIRE_MODEL:
		keeper_model_take(keeper, msg);
		return false;
	case WIRE_BEAT:
		on_beat(keeper);
		return false;
	default:
		return false;
	}
}

/* After a beat nothing is to be done for a while. */
static void rest(struct keeper *keeper)
{
	keeper_records_check(keeper);
	store_rest(keeper->store);
	trim_heap();
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct keeper *keeper = io->data;
	bool look = false, may_rest = false;
	struct wire_msg msg;
	int count = 0, r = 0;

	(void)events;
	/* Unread messages make the socket readable again. */
	while (count < TURN_MAX && (r = keeper_child_recv(keeper, &keeper->watcher,
							  &msg)) == 0) {
		look |= handle(keeper, &msg);
		may_rest = msg.kind == WIRE_BEAT;
		wire_clear(&msg);
		count++;
	}
	if (r != 0 && r != -EAGAIN)
		ev_io_stop(loop, io); /* its exit follows */
	else if (count)
		expect_more(keeper);
	if (look)
		keeper_scan(keeper);
	keeper_rearm(keeper);
	if (may_rest)
		rest(keeper);
}

/* --- its life --- */

/* Doubles with each loss, but for one that was well. */
static double wait_again_s(struct keeper *keeper)
{
	double most_s = keeper->watcher_ready ? AGAIN_READY_MAX_S : AGAIN_MAX_S;
	double wait_s = AGAIN_MIN_S;

	if (keeper->watcher_ready && keeper_now(keeper).mono_ms -
	    keeper->watcher_ready_ms >= WELL_MS)
		keeper->watcher_losses = 0;
	for (unsigned int i = 0; i < keeper->watcher_losses && wait_s < most_s;
	     i++)
		wait_s *= 2;
	keeper->watcher_losses++;
	return wait_s < most_s ? wait_s : most_s;
}

static void on_ended(struct child *child)
{
	struct keeper *keeper = child->data;
	double wait_s = wait_again_s(keeper);

	log_event(LOG_LEVEL_WARN, "watcher-lost",
		  LOG_INT("pid", child->pid),
		  LOG_INT("status", child->status));
	keeper_child_forget(keeper, child);
	keeper->watcher_ready = false;
	engine_set_toolstack(keeper->engine, false, keeper_now(keeper));
	keeper_hook_toolstack(keeper, false);
	keeper_probe_ask(keeper);
	keeper_metrics_changed(keeper);
	keeper_set_timer(keeper, &keeper->watcher_again, wait_s);
	ev_timer_again(keeper->loop, &keeper->poll);
	keeper_scan(keeper);
	keeper_rearm(keeper);
}

static void on_silence(struct child *child)
{
	struct keeper *keeper = child->data;

	log_event(LOG_LEVEL_ERROR, "xenstore-silent",
		  LOG_INT("watcher", keeper->watcher.pid),
		  LOG_TEXT("text", "actions wait until xenstored answers"));
	keeper_probe_ask(keeper);
	keeper_child_kill(keeper, &keeper->watcher);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper *keeper = timer->data;

	(void)loop;
	(void)events;
	if (keeper_child_spawn(keeper, &keeper->watcher, "watcher") < 0) {
		keeper_set_timer(keeper, timer, AGAIN_MAX_S);
		return;
	}
	expect_within(keeper, FIRST_S);
}

static void on_poll(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper *keeper = timer->data;

	(void)loop;
	(void)events;
	keeper_scan(keeper);
	keeper_rearm(keeper);
}

void keeper_watcher_start(struct keeper *keeper)
{
	static const struct child_calls calls = {
		on_readable, on_silence, on_ended
	};

	keeper_child_init(&keeper->watcher, &calls, keeper);
	ev_init(&keeper->watcher_again, on_again);
	ev_timer_init(&keeper->poll, on_poll, 0., POLL_S);
	keeper->watcher_again.data = keeper;
	keeper->poll.data = keeper;
	ev_timer_again(keeper->loop, &keeper->poll);
	on_again(keeper->loop, &keeper->watcher_again, 0);
}

void keeper_watcher_stop(struct keeper *keeper)
{
	ev_timer_stop(keeper->loop, &keeper->watcher_again);
	ev_timer_stop(keeper->loop, &keeper->poll);
	/* It may hang on xenstored, and only reads. */
	keeper_child_end(keeper, &keeper->watcher);
}

/* The answer is due from the first time it was asked for.  When it cannot
 * even be asked, it does not read: that is no answer either. */
void keeper_watcher_ping(struct keeper *keeper)
{
	if (!keeper->watcher_ready || keeper->watcher_asked)
		return;
	keeper->watcher_asked = true;
	send_ping(keeper);
	expect_within(keeper, ANSWER_S);
}
