/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxl's event hooks on libev: each file descriptor and timeout that libxl
 * registers is one watcher.  The hooks run inside libxl and must not call it.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/time.h>

#include "port/watch_impl.h"

struct loop_fd {
	ev_io io;
	struct watch *watch;
	void *for_libxl;
	short events;
};

struct loop_timeout {
	ev_timer timer;
	struct watch *watch;
	void *for_libxl;
};

static void fd_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct loop_fd *reg = io->data;
	struct pollfd now = { .fd = io->fd, .events = reg->events };

	(void)loop, (void)revents;
	if (reg->watch->lost)
		return;
	/* libev has no POLLHUP, but libxl needs it to notice a lost
	 * connection. */
	if (poll(&now, 1, 0) > 0)
		libxl_osevent_occurred_fd(reg->watch->light, reg->for_libxl,
					  now.fd, now.events, now.revents);
}

static void fd_start(struct loop_fd *reg, int fd, short events)
{
	reg->events = events;
	ev_io_set(&reg->io, fd, (events & POLLIN ? EV_READ : 0) |
				(events & POLLOUT ? EV_WRITE : 0));
	if (events)
		ev_io_start(reg->watch->loop, &reg->io);
}

static int fd_register(void *user, int fd, void **ret_reg, short events,
		       void *for_libxl)
{
	struct loop_fd *reg = calloc(1, sizeof(*reg));

	if (!reg)
		return ERROR_OSEVENT_REG_FAIL;
	reg->watch = user;
	reg->for_libxl = for_libxl;
	ev_init(&reg->io, fd_ready);
	reg->io.data = reg;
	fd_start(reg, fd, events);
	*ret_reg = reg;
	return 0;
}

static int fd_modify(void *user, int fd, void **reg_update, short events)
{
	struct loop_fd *reg = *reg_update;

	(void)user;
	ev_io_stop(reg->watch->loop, &reg->io);
	fd_start(reg, fd, events);
	return 0;
}

static void fd_deregister(void *user, int fd, void *for_app)
{
	struct loop_fd *reg = for_app;

	(void)user, (void)fd;
	ev_io_stop(reg->watch->loop, &reg->io);
	free(reg);
}

static void timeout_due(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct loop_timeout *reg = timer->data;
	struct watch *watch = reg->watch;
	void *for_libxl = reg->for_libxl;

	(void)loop, (void)revents;
	if (watch->lost)
		return;
	free(reg); /* libxl forgets the registration when it occurs */
	libxl_osevent_occurred_timeout(watch->light, for_libxl);
}

static double seconds_until(struct timeval at)
{
	struct timeval now;
	double left;

	gettimeofday(&now, NULL);
	left = (double)(at.tv_sec - now.tv_sec) +
	       (double)(at.tv_usec - now.tv_usec) / 1e6;
	return left > 0 ? left : 0;
}

static int timeout_register(void *user, void **ret_reg, struct timeval at,
			    void *for_libxl)
{
	struct loop_timeout *reg = calloc(1, sizeof(*reg));

	if (!reg)
		return ERROR_OSEVENT_REG_FAIL;
	reg->watch = user;
	reg->for_libxl = for_libxl;
	ev_timer_init(&reg->timer, timeout_due, seconds_until(at), 0);
	reg->timer.data = reg;
	ev_timer_start(reg->watch->loop, &reg->timer);
	*ret_reg = reg;
	return 0;
}

/* Only ever called to make it occur as soon as possible. */
static int timeout_modify(void *user, void **reg_update, struct timeval at)
{
	struct loop_timeout *reg = *reg_update;

	(void)user, (void)at;
	ev_timer_stop(reg->watch->loop, &reg->timer);
	ev_timer_set(&reg->timer, 0, 0);
	ev_timer_start(reg->watch->loop, &reg->timer);
	return 0;
}

static void timeout_deregister(void *user, void *for_app)
{
	(void)user, (void)for_app; /* libxl promises never to call it */
}

void watch_loop_attach(struct watch *watch)
{
	static const libxl_osevent_hooks hooks = {
		.fd_register = fd_register,
		.fd_modify = fd_modify,
		.fd_deregister = fd_deregister,
		.timeout_register = timeout_register,
		.timeout_modify = timeout_modify,
		.timeout_deregister = timeout_deregister,
	};

	libxl_osevent_register_hooks(watch->light, &hooks, watch);
}
