/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keeper's end of a child: what is read when memory is wanting, and which
 * of a message and a deadline counts when the keeper was late.  Starts no
 * process: the other end of the socket is the test's.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "role/keeper.h"

#include "tap.h"

static struct keeper keeper;
static struct child child;
static int fd[2];
static int wanting;	/* how often there is no memory */
static int got, ended, late;

/* The linker puts it before wire_recv(). */
int __real_wire_recv(int from, struct wire_msg *ret_msg);
int __wrap_wire_recv(int from, struct wire_msg *ret_msg);

int __wrap_wire_recv(int from, struct wire_msg *ret_msg)
{
	if (wanting > 0 && wanting--)
		return -ENOMEM;
	return __real_wire_recv(from, ret_msg);
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct wire_msg msg;
	int r;

	(void)events;
	while ((r = keeper_child_recv(&keeper, &child, &msg)) == 0) {
		got++;
		keeper_child_limit(&keeper, &child, 60.);
		wire_clear(&msg);
	}
	if (r != -EAGAIN)
		ev_io_stop(loop, io);
}

static void on_late(struct child *of)
{
	(void)of;
	late++;
}

static void on_ended(struct child *of)
{
	(void)of;
	ended++;
}

static void begin(void)
{
	static const struct child_calls calls = { on_readable, on_late, on_ended };

	got = ended = late = 0;
	keeper_child_init(&child, &calls, NULL);
	if (wire_pair(fd))
		return;
	child.fd = fd[0];
	child.pid = getpid();
	ev_io_set(&child.readable, child.fd, EV_READ);
	ev_io_start(keeper.loop, &child.readable);
}

static void finish(void)
{
	child.pid = 0;
	keeper_child_forget(&keeper, &child);
	close(fd[1]);
}

static void say(void)
{
	struct wire_msg msg = { .kind = WIRE_BEAT };

	ok(wire_send(fd[1], &msg) == 0, "the child says something");
}

/* We, the keeper, stand still. */
static void stall(int ms)
{
	(void)poll(NULL, 0, ms);
}

static void on_end_of_turns(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void run_for(double seconds)
{
	ev_timer end;

	ev_now_update(keeper.loop);
	ev_timer_init(&end, on_end_of_turns, seconds, 0.);
	ev_timer_start(keeper.loop, &end);
	ev_run(keeper.loop, 0);
	ev_timer_stop(keeper.loop, &end);
}

static void test_memory(void)
{
	begin();
	wanting = 3;
	say();
	run_for(1.);
	ok(wanting == 0 && got == 1, "want of memory makes nobody deaf");
	say();
	run_for(0.2);
	ok(got == 2, "and what comes later is heard");
	finish();
}

static void test_stall(void)
{
	begin();
	keeper_child_limit(&keeper, &child, 0.05);
	say();
	stall(800);
	run_for(0.05);
	ok(got == 1 && late == 0,
	   "what was said during a stall counts before the deadline");
	finish();
}

static void test_deadline(void)
{
	begin();
	keeper_child_limit(&keeper, &child, 0.1);
	run_for(0.4);
	ok(late == 1, "a deadline that is noticed in time counts at once");
	finish();
	begin();
	keeper_child_limit(&keeper, &child, 0.1);
	stall(800);
	run_for(0.3);
	ok(late == 0, "after a stall there is more time");
	say();
	run_for(0.1);
	ok(got == 1 && late == 0, "to say something");
	finish();
	begin();
	keeper_child_limit(&keeper, &child, 0.1);
	stall(800);
	run_for(0.1);
	stall(3800);
	run_for(0.1);
	ok(late == 1, "once");
	finish();
}

int main(void)
{
	keeper.loop = ev_default_loop(EVFLAG_AUTO);
	if (!keeper.loop)
		return 1;
	test_memory();
	test_stall();
	test_deadline();
	return done_testing();
}
