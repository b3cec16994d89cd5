/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starts this binary in another role, with a socket at WIRE_FD: as a child, or
 * by the service manager in a separate unit.  Waits for nothing, except at the
 * keeper's end for a short time for processes that must have started.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/start.h"
#include "keeper.h"
#include "port/owner.h"
#include "port/procview.h"

/* A process that the kernel does not block has ended by then. */
#define END_MS 1000
/* A busy manager (one that reloads its units, for example) has started it by
 * then. */
#define BEGIN_S 30.
/* At the keeper's own end the wait is shorter. */
#define LAST_BEGIN_MS 3000
/* A deadline that is noticed this much too late was missed by us: by what stops
 * us the child may have been stopped, too, and it has that much more. */
#define LATE_MS 500
#define SPARED_S 3.
/* Memory that was wanting is asked for again after this. */
#define MEMORY_S 0.1
/* In one turn of the loop what a child says comes first, then its end, and
 * then the deadlines (0). */
#define FIRST EV_MAXPRI
#define SECOND (EV_MAXPRI - 1)

extern char **environ;

/* --- a child process --- */

static int spawn(const char *role, int fd, const struct settings *settings,
		 pid_t *ret_pid)
{
	char role_arg[32], log_arg[48];
	char *argv[] = { "xenvigild", role_arg, log_arg, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r;

	snprintf(role_arg, sizeof(role_arg), "--role=%s", role);
	snprintf(log_arg, sizeof(log_arg), "--log=%d,%d",
		 settings->log_target, settings->log_level);
	posix_spawn_file_actions_init(&files);
	start_prepare_program(&attr, 0);
	r = posix_spawn_file_actions_adddup2(&files, fd, WIRE_FD);
	if (r == 0)
		r = posix_spawn(ret_pid, "/proc/self/exe", &files, &attr,
				argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -r;
}

static int start_child(struct keeper *keeper, struct child *child)
{
	int fd[2];
	int r = wire_pair(fd);

	if (r < 0)
		return r;
	r = spawn(child->role, fd[1], keeper->settings, &child->pid);
	close(fd[1]);
	if (r < 0) {
		close(fd[0]);
		return r;
	}
	child->fd = fd[0];
	ev_child_set(&child->exited, child->pid, 0);
	ev_child_start(keeper->loop, &child->exited);
	return 0;
}

static void on_exited(struct ev_loop *loop, ev_child *watcher, int events)
{
	struct child *child = watcher->data;

	(void)events;
	ev_child_stop(loop, watcher);
	child->status = watcher->rstatus;
	child->calls->ended(child);
}

/* --- one in a unit --- */

/* What it is to know is there before it is. */
static int start_unit(struct keeper *keeper, struct child *child)
{
	struct wire_msg log = { .kind = WIRE_LOG };
	int fd, r = unit_ask(keeper->spawn_dir, child->role, &fd);

	if (r < 0)
		return r;
	snprintf(log.text, sizeof(log.text), "%d,%d,%s",
		 keeper->settings->log_target, keeper->settings->log_level,
		 XENVIGIL_VERSION);
	r = wire_send(fd, &log);
	if (r < 0) {
		close(fd);
		return r;
	}
	child->fd = fd;
	child->is_unit = true;
	return 0;
}

/* Its process, from its first message. */
static int meet(struct keeper *keeper, struct child *child)
{
	struct ucred sender;
	int r = unit_peek_sender(child->fd, &sender);

	if (r < 0)
		return r;
	if (sender.uid != geteuid())
		return -EPERM;
	child->pid = sender.pid;
	if (child->limit_s > 0 && ev_is_active(&child->deadline))
		keeper_child_set_due(keeper, child, child->limit_s);
	child->limit_s = 0;
	child->pidfd = unit_open_pidfd(child->fd, child->pid);
	if (child->pidfd >= 0) {
		ev_io_set(&child->unit_ended, child->pidfd, EV_READ);
		ev_io_start(keeper->loop, &child->unit_ended);
	}
	return 0;
}

static void on_unit_ended(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct child *child = watcher->data;

	(void)events;
	ev_io_stop(loop, watcher);
	child->has_ended = true;
	child->calls->ended(child);
}

/* Without a pidfd the end of the socket shows it, in the loop's next turn. */
static void tell_end(struct keeper *keeper, struct child *child)
{
	if (child->is_unit && child->pidfd < 0 && !child->has_ended)
		ev_feed_event(keeper->loop, &child->unit_ended, EV_CUSTOM);
}

/* Without a pidfd (before Linux 5.3) its number has to do. */
static void kill_unit(struct keeper *keeper, struct child *child)
{
	if (child->fd >= 0 && !child->pid) {
		/* A process without a message until now cannot send one any
		 * more. */
		shutdown(child->fd, SHUT_RD);
		(void)meet(keeper, child);
	}
	if (child->pidfd >= 0)
		(void)owner_signal(child->pidfd, SIGKILL);
	else if (child->pid && child->pidfd != -ESRCH)
		kill(child->pid, SIGKILL);
	else
		tell_end(keeper, child);
	if (child->fd >= 0 && !child->pid)
		log_event(LOG_LEVEL_ERROR, "unit-not-started",
			  LOG_TEXT("role", child->role),
			  LOG_TEXT("text", "the service manager did not start "
					   "it"));
}

/* What is for us, not for its owner. */
static bool take_greeting(struct child *child, struct wire_msg *msg)
{
	if (!child->is_unit ||
	    (msg->kind != WIRE_HELLO && msg->kind != WIRE_END))
		return false;
	if (msg->kind == WIRE_END)
		child->status = (msg->rc & 0xff) << 8;
	wire_clear(msg);
	return true;
}

/* --- both --- */

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct child *child = timer->data;

	(void)events;
	if (clock_ms() - child->due_ms < LATE_MS || child->is_spared) {
		child->calls->deadline(child);
		return;
	}
	child->is_spared = true;
	ev_now_update(loop);
	ev_timer_set(timer, SPARED_S, 0.);
	ev_timer_start(loop, timer);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct child *child = timer->data;

	(void)events;
	ev_io_start(loop, &child->readable);
}

void keeper_child_init(struct child *child, const struct child_calls *calls,
		       void *data)
{
	*child = (struct child){
		.calls = calls, .data = data, .fd = -1, .pidfd = -1,
	};
	ev_init(&child->exited, on_exited);
	ev_init(&child->unit_ended, on_unit_ended);
	ev_init(&child->readable, calls->readable);
	ev_init(&child->deadline, on_deadline);
	ev_init(&child->again, on_again);
	ev_set_priority(&child->readable, FIRST);
	ev_set_priority(&child->exited, SECOND);
	ev_set_priority(&child->unit_ended, SECOND);
	child->exited.data = child;
	child->unit_ended.data = child;
	child->readable.data = data;
	child->deadline.data = child;
	child->again.data = child;
}

int keeper_child_spawn(struct keeper *keeper, struct child *child,
		       const char *role)
{
	int r;

	child->role = role;
	child->status = -1;
	child->limit_s = 0;
	r = keeper->spawn_dir[0] ? start_unit(keeper, child) :
				   start_child(keeper, child);
	if (r < 0) {
		log_event(LOG_LEVEL_ERROR, "spawn-failed",
			  LOG_TEXT("role", role),
			  LOG_TEXT("sockets", keeper->spawn_dir[0] ?
				   keeper->spawn_dir : NULL),
			  LOG_TEXT("error", strerror(-r)));
		return r;
	}
	child->is_there = true;
	ev_io_set(&child->readable, child->fd, EV_READ);
	ev_io_start(keeper->loop, &child->readable);
	return 0;
}

void keeper_child_limit(struct keeper *keeper, struct child *child,
			double seconds)
{
	bool is_begun = child->pid || !child->is_unit;

	child->limit_s = is_begun ? 0 : seconds;
	keeper_child_set_due(keeper, child,
			     is_begun ? seconds : BEGIN_S + seconds);
}

void keeper_child_set_due(struct keeper *keeper, struct child *child,
			  double seconds)
{
	child->due_ms = clock_ms() + (int64_t)(seconds * 1e3);
	child->is_spared = false;
	keeper_set_timer(keeper, &child->deadline, seconds);
}

/* The packet is still there, but for one that was taken in part: not to read it
 * at once again leaves the others their turn. */
static int wait_for_memory(struct keeper *keeper, struct child *child)
{
	ev_io_stop(keeper->loop, &child->readable);
	keeper_set_timer(keeper, &child->again, MEMORY_S);
	return -EAGAIN;
}

int keeper_child_recv(struct keeper *keeper, struct child *child,
		      struct wire_msg *ret_msg)
{
	int r;

	do {
		r = child->is_unit && !child->pid ? meet(keeper, child) : 0;
		if (r == 0)
			r = wire_recv(child->fd, ret_msg);
	} while (r == 0 && take_greeting(child, ret_msg));
	if (r == -ENOMEM || r == -ENOBUFS)
		return wait_for_memory(keeper, child);
	if (r < 0 && r != -EAGAIN)
		tell_end(keeper, child);
	return r;
}

void keeper_child_close(struct keeper *keeper, struct child *child)
{
	ev_timer_stop(keeper->loop, &child->deadline);
	ev_timer_stop(keeper->loop, &child->again);
	ev_io_stop(keeper->loop, &child->readable);
	if (child->fd < 0)
		return;
	if (child->is_unit && !child->pid)
		(void)meet(keeper, child);
	close(child->fd);
	child->fd = -1;
	tell_end(keeper, child);
}

void keeper_child_forget(struct keeper *keeper, struct child *child)
{
	keeper_child_close(keeper, child);
	ev_child_stop(keeper->loop, &child->exited);
	ev_io_stop(keeper->loop, &child->unit_ended);
	if (child->pidfd >= 0)
		close(child->pidfd);
	child->pidfd = -1;
	child->pid = 0;
	child->is_there = child->is_unit = child->has_ended = false;
}

void keeper_child_kill(struct keeper *keeper, struct child *child)
{
	if (child->is_unit)
		kill_unit(keeper, child);
	else if (child->pid)
		kill(child->pid, SIGKILL);
	child->status = SIGKILL;
}

static void log_left(const struct child *child)
{
	struct text text = { 0 };
	struct procview view;

	if (procview_read("/proc", child->pid, &view))
		return; /* now it has ended */
	procview_tell(&view, &text);
	log_event(LOG_LEVEL_ERROR, "child-left", LOG_INT("pid", child->pid),
		  LOG_TEXT("role", child->role),
		  LOG_TEXT("text", text_get(&text)));
	text_free(&text);
}

/* Without pidfds its end is not checked. */
void keeper_child_end(struct keeper *keeper, struct child *child)
{
	AUTO_CLOSE int fd = -1;
	struct pollfd end = { .events = POLLIN };

	if (!child->is_there)
		return;
	if (child->is_unit && !child->pid && child->fd >= 0 &&
	    meet(keeper, child) < 0) {
		keeper_child_forget(keeper, child); /* it finds no peer and exits */
		return;
	}
	fd = child->pid && !child->is_unit ? owner_open_pidfd(child->pid) : -1;
	keeper_child_kill(keeper, child);
	end.fd = child->is_unit ? child->pidfd : fd;
	if (end.fd >= 0 && poll(&end, 1, END_MS) == 0)
		log_left(child);
	keeper_child_forget(keeper, child);
}

void keeper_child_await(struct child *child)
{
	struct pollfd word = { .fd = child->fd, .events = POLLIN };

	if (child->is_unit && !child->pid && child->fd >= 0)
		(void)poll(&word, 1, LAST_BEGIN_MS);
}
