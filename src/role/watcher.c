/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watcher: sends the events of port/watch to the keeper.  Decides nothing,
 * changes nothing, and ends when it loses xenstore: the keeper starts another.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/trim.h"
#include "role/confine.h"
#include "role/outbox.h"
#include "port/watch.h"
#include "role/roles.h"
#include "role/wire.h"

/* libev's longest sleep is 59.743 s; a minute's would wake us once more. */
#define BEAT_S 55.0
#define LONGEST_SLEEP_S 60.0
/* The shortest interval of progress messages. */
#define PROGRESS_MS 1000
/* While it starts it waits for a keeper that is this far behind. */
#define BEHIND_MAX 256

struct watcher {
	struct ev_loop *loop;
	struct watch *watch;
	struct outbox box;
	ev_io in, out;
	ev_timer beat;
	int64_t told_ms;	/* the last message, whatever it was */
	bool ended, started;
	int status;
};

static void end_loop(struct watcher *watcher, int status)
{
	if (watcher->ended)
		return;
	watcher->ended = true;
	watcher->status = status;
	ev_break(watcher->loop, EVBREAK_ALL);
}

/* The keeper is gone or does not read: no message can be sent any more. */
static void end_unheard(struct watcher *watcher, int r)
{
	if (r != -EPIPE)
		log_event(LOG_LEVEL_ERROR, "keeper-unreachable",
			  LOG_TEXT("error", strerror(-r)));
	end_loop(watcher, r == -EPIPE ? 0 : ROLE_EXIT_SYSTEM);
}

/* Thousands of domains cause more messages than the queue holds, and the loop
 * does not run yet. */
static int await_keeper(struct watcher *watcher)
{
	struct pollfd room = { .fd = WIRE_FD, .events = POLLOUT };
	int r = 0;

	while (!watcher->started && watcher->box.count > BEHIND_MAX &&
	       (r == 0 || r == -EAGAIN)) {
		(void)poll(&room, 1, -1);
		r = outbox_flush(&watcher->box);
	}
	return r == -EAGAIN ? 0 : r;
}

/* Takes MSG's blob.  Silence is counted from here. */
static void send_message(struct watcher *watcher, struct wire_msg *msg)
{
	int r = outbox_send(&watcher->box, msg);

	if (r == 0)
		r = await_keeper(watcher);
	if (r) {
		end_unheard(watcher, r);
		return;
	}
	watcher->told_ms = clock_ms();
	ev_timer_again(watcher->loop, &watcher->beat);
	if (watcher->box.count)
		ev_io_start(watcher->loop, &watcher->out);
}

static void set_id(struct wire_msg *msg, uint32_t domid, const uint8_t *uuid)
{
	msg->id.domid = domid;
	memcpy(msg->id.uuid, uuid, UUID_BYTES);
}

static void set_blob(struct wire_msg *msg, const char *text)
{
	msg->blob = text ? strdup(text) : NULL;
	msg->blob_len = msg->blob ? strlen(msg->blob) : 0;
}

static void on_hint(void *ctx, uint32_t domid, int reason_code)
{
	struct wire_msg msg = { .kind = WIRE_HINT, .id.domid = domid };

	msg.has_reason = reason_code >= 0;
	msg.reason_code = reason_code >= 0 ? (uint8_t)reason_code : 0;
	send_message(ctx, &msg);
}

static void on_config(void *ctx, uint32_t domid, const uint8_t *uuid,
		      const struct domain_config *config, const char *json)
{
	struct wire_msg msg = { .kind = WIRE_CONFIG, .config = *config };

	set_id(&msg, domid, uuid);
	text_copy(msg.text, sizeof(msg.text), config->made_as);
	set_blob(&msg, json);
	send_message(ctx, &msg);
}

static void on_named(void *ctx, uint32_t domid, const uint8_t *uuid,
		     const char *name, enum peer peer)
{
	struct wire_msg msg = { .kind = WIRE_NAMED, .peer = peer };

	set_id(&msg, domid, uuid);
	text_copy(msg.text, sizeof(msg.text), name);
	send_message(ctx, &msg);
}

static void on_update(void *ctx, uint32_t domid, const uint8_t *uuid,
		      const char *xl_cfg)
{
	struct wire_msg msg = { .kind = WIRE_UPDATE };

	set_id(&msg, domid, uuid);
	set_blob(&msg, xl_cfg);
	send_message(ctx, &msg);
}

static void on_ejected(void *ctx, uint32_t domid, const uint8_t *uuid,
		       const char *vdev)
{
	struct wire_msg msg = { .kind = WIRE_EJECTED };

	set_id(&msg, domid, uuid);
	text_copy(msg.text, sizeof(msg.text), vdev);
	send_message(ctx, &msg);
}

static void on_model(void *ctx, uint32_t domid, const uint8_t *uuid,
		     uint32_t pid, uint32_t user, uint32_t stub)
{
	struct wire_msg msg = { .kind = WIRE_MODEL };

	set_id(&msg, domid, uuid);
	snprintf(msg.text, sizeof(msg.text), "%u %u %u", pid, user, stub);
	send_message(ctx, &msg);
}

static void on_progress(void *ctx)
{
	struct wire_msg msg = { .kind = WIRE_PROGRESS };
	struct watcher *watcher = ctx;

	if (clock_ms() - watcher->told_ms >= PROGRESS_MS)
		send_message(watcher, &msg);
}

static void on_lost(void *ctx, const char *why)
{
	log_event(LOG_LEVEL_ERROR, "xenstore-lost", LOG_TEXT("error", why));
	end_loop(ctx, ROLE_EXIT_SYSTEM);
}

/* A heartbeat also means that xenstore answers; otherwise on_lost() is
 * called. */
static void tell_beat(struct watcher *watcher)
{
	struct wire_msg msg = { .kind = WIRE_BEAT };

	if (!watch_probe(watcher->watch))
		send_message(watcher, &msg);
	trim_heap();
}

static void beat_due(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	tell_beat(timer->data);
}

/* At least as often as the keeper says. */
static void set_beat(struct watcher *watcher, uint32_t every_ms)
{
	double every_s = every_ms / 1e3;

	if (every_s > BEAT_S && every_s <= LONGEST_SLEEP_S)
		every_s = BEAT_S;
	if (every_s > 0)
		watcher->beat.repeat = every_s;
}

static void out_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct watcher *watcher = io->data;
	int r = outbox_flush(&watcher->box);

	(void)revents;
	if (!r)
		ev_io_stop(loop, io);
	else if (r != -EAGAIN)
		end_unheard(watcher, r);
}

static void take_message(struct watcher *watcher, const struct wire_msg *msg)
{
	if (msg->kind != WIRE_PING) {
		log_event(LOG_LEVEL_WARN, "message-unexpected",
			  LOG_TEXT("kind", wire_kind_name(msg->kind)));
		return;
	}
	set_beat(watcher, msg->deadline_ms);
	tell_beat(watcher);
}

static void in_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct watcher *watcher = io->data;
	struct wire_msg msg = {0};
	int r;

	(void)loop, (void)revents;
	while (!watcher->ended && !(r = wire_recv(io->fd, &msg))) {
		take_message(watcher, &msg);
		wire_clear(&msg);
	}
	if (!watcher->ended && r != -EAGAIN)
		end_unheard(watcher, r);
}

static void arm(struct watcher *watcher)
{
	ev_io_init(&watcher->in, in_ready, WIRE_FD, EV_READ);
	ev_io_init(&watcher->out, out_ready, WIRE_FD, EV_WRITE);
	ev_timer_init(&watcher->beat, beat_due, 0., BEAT_S);
	watcher->in.data = watcher->out.data = watcher->beat.data = watcher;
	ev_io_start(watcher->loop, &watcher->in);
	ev_timer_again(watcher->loop, &watcher->beat);
}

static void run_watch(struct watcher *watcher)
{
	struct wire_msg ready = { .kind = WIRE_READY };

	watch_start(watcher->watch);
	if (!watcher->ended) {
		text_copy(ready.text, sizeof(ready.text),
			  watch_toolstack_version(watcher->watch));
		watcher->started = true;
		send_message(watcher, &ready);
	}
	if (!watcher->ended)
		ev_run(watcher->loop, 0);
}

/* Only this end is non-blocking: the keeper may be slow. */
static int adopt_wire(void)
{
	int flags = fcntl(WIRE_FD, F_GETFL);

	if (flags < 0 || fcntl(WIRE_FD, F_SETFD, FD_CLOEXEC) ||
	    fcntl(WIRE_FD, F_SETFL, flags | O_NONBLOCK))
		return -errno;
	return 0;
}

int watcher_main(void)
{
	static const struct watch_calls calls = {
		.hint = on_hint,
		.config = on_config,
		.named = on_named,
		.update = on_update,
		.ejected = on_ejected,
		.model = on_model,
		.progress = on_progress,
		.lost = on_lost,
	};
	struct watcher watcher = { .status = ROLE_EXIT_SYSTEM };
	int r = adopt_wire();

	/* A process that hangs on xenstored would not notice the keeper's
	 * end. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	confine_enter(&confine_watcher);
	/* Not the default loop: that one would take SIGCHLD from libxl. */
	watcher.loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (!watcher.loop)
		r = -ENOMEM;
	outbox_init(&watcher.box, WIRE_FD);
	signal(SIGPIPE, SIG_IGN);
	if (!r) {
		arm(&watcher);
		on_progress(&watcher); /* so far it takes no xenstored */
		r = watch_open(watcher.loop, &calls, &watcher, &watcher.watch);
	}
	if (r) {
		log_event(LOG_LEVEL_ERROR, "watcher-start-failed",
			  LOG_TEXT("error", strerror(-r)));
		return ROLE_EXIT_SYSTEM;
	}
	run_watch(&watcher);
	watch_close(watcher.watch);
	outbox_clear(&watcher.box);
	ev_loop_destroy(watcher.loop);
	return watcher.status;
}
