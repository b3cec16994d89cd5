/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting this binary again in another role, with a socket at WIRE_FD.
 * Waits for nothing.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "keeper.h"
#include "port/owner.h"
#include "port/procview.h"

/* What the kernel does not hold is gone by then. */
#define END_MS 1000

extern char **environ;

/* Children start with an open mind: no signal blocked or ignored by us. */
static void set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK |
				       POSIX_SPAWN_SETSIGDEF);
}

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
	posix_spawnattr_init(&attr);
	set_signals(&attr);
	r = posix_spawn_file_actions_adddup2(&files, fd, WIRE_FD);
	if (r == 0)
		r = posix_spawn(ret_pid, "/proc/self/exe", &files, &attr,
				argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -r;
}

int keeper_child_spawn(struct keeper *keeper, struct child *child,
		       const char *role)
{
	int fd[2];
	int r = wire_pair(fd);

	if (r < 0)
		return r;
	r = spawn(role, fd[1], keeper->settings, &child->pid);
	close(fd[1]);
	if (r < 0) {
		log_event(LOG_LEVEL_ERROR, "spawn-failed",
			  LOG_TEXT("role", role),
			  LOG_TEXT("error", strerror(-r)));
		close(fd[0]);
		return r;
	}
	child->fd = fd[0];
	ev_child_set(&child->exited, child->pid, 0);
	ev_child_start(keeper->loop, &child->exited);
	ev_io_set(&child->readable, child->fd, EV_READ);
	ev_io_start(keeper->loop, &child->readable);
	return 0;
}

/* Our end is closed: the child sees it and ends by itself. */
void keeper_child_close(struct keeper *keeper, struct child *child)
{
	ev_timer_stop(keeper->loop, &child->deadline);
	ev_io_stop(keeper->loop, &child->readable);
	if (child->fd >= 0)
		close(child->fd);
	child->fd = -1;
}

static void log_left(pid_t pid, const char *role)
{
	struct text text = { 0 };
	struct procview view;

	if (procview_read("/proc", pid, &view))
		return; /* now it has ended */
	procview_tell(&view, &text);
	log_event(LOG_LEVEL_ERROR, "child-left", LOG_INT("pid", pid),
		  LOG_TEXT("role", role), LOG_TEXT("text", text_get(&text)));
	text_free(&text);
}

/* Without pidfds (before Linux 5.3) nobody looks whether it went. */
void keeper_child_kill(struct child *child, const char *role)
{
	AUTO_CLOSE int fd = child->pid ? owner_open_pidfd(child->pid) : -1;
	struct pollfd end = { .fd = fd, .events = POLLIN };

	if (!child->pid)
		return;
	kill(child->pid, SIGKILL);
	if (fd >= 0 && poll(&end, 1, END_MS) == 0)
		log_left(child->pid, role);
}
