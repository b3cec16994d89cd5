// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions about waiting: blocking reads, signals, epoll, SIGIO, and two
 * threads upon one file.
 * Must not leave a port bound.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "evt.h"

#define WAIT_PORTS	16
#define WAIT_EVENTS	2000

static unsigned int port, sender;

static void on_signal(int number)
{
	(void)number;
}

/* A timer of this thread's, again and again: one may come before the read. */
static timer_t interrupt_soon(void)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGUSR1 };
	struct itimerspec when = { .it_value.tv_nsec = 50000000,
				   .it_interval.tv_nsec = 50000000 };
	timer_t timer;

	sigaction(SIGUSR1, &act, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &when, NULL);
	return timer;
}

static void ask_signals(int fd)
{
	unsigned int got;
	timer_t timer = interrupt_soon();

	conform_errno("blocking read and a signal", "EINTR",
		      evt_read(fd, &got, sizeof(got)));
	timer_delete(timer);
	evt_notify(fd, sender);
	conform_errno("blocking read", "4", evt_read(fd, &got, sizeof(got)));
	evt_unmask(fd, port);
}

static int edges(int ep, int timeout_ms)
{
	struct epoll_event event;

	return epoll_wait(ep, &event, 1, timeout_ms);
}

static void ask_epoll(int fd, unsigned int mode, const char *name,
		      const char *again)
{
	struct epoll_event event = { .events = EPOLLIN | mode };
	char question[64];
	unsigned int got;
	int ep = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
	snprintf(question, sizeof(question), "epoll %s, no event", name);
	conform_answer(question, "0", "%d", edges(ep, 0));
	evt_notify(fd, sender);
	snprintf(question, sizeof(question), "epoll %s, an event", name);
	conform_answer(question, "1", "%d", edges(ep, 1000));
	snprintf(question, sizeof(question), "epoll %s, unread", name);
	conform_answer(question, again, "%d", edges(ep, 0));
	evt_read(fd, &got, sizeof(got));
	snprintf(question, sizeof(question), "epoll %s, read", name);
	conform_answer(question, "0", "%d", edges(ep, 0));
	evt_unmask(fd, port);
	evt_notify(fd, sender);
	snprintf(question, sizeof(question), "epoll %s, the next", name);
	conform_answer(question, "1", "%d", edges(ep, 1000));
	evt_read(fd, &got, sizeof(got));
	evt_unmask(fd, port);
	close(ep);
}

static void ask_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&p, 1, 0);
	conform_answer("poll with nothing pending", "writable", "%s",
		       p.revents == POLLOUT ? "writable" : "else");
	evt_notify(fd, sender);
	evt_readable(fd, 1000);
	poll(&p, 1, 0);
	conform_answer("poll with one pending", "both", "%s",
		       p.revents == (POLLIN | POLLOUT) ? "both" : "else");
	evt_reset(fd);
	evt_unmask(fd, port);
}

static bool sigio_comes(int timeout_ms)
{
	struct timespec limit = { .tv_nsec = timeout_ms * 1000000l };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	return sigtimedwait(&set, NULL, &limit) == SIGIO;
}

static void ask_sigio(int fd)
{
	unsigned int got;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	fcntl(fd, F_SETOWN, getpid());
	fcntl(fd, F_SETFL, O_ASYNC);
	evt_notify(fd, sender);
	conform_answer("SIGIO", "comes", "%s",
		       sigio_comes(900) ? "comes" : "does not");
	evt_read(fd, &got, sizeof(got));
	evt_unmask(fd, port);
	conform_answer("SIGIO without an event", "does not", "%s",
		       sigio_comes(100) ? "comes" : "does not");
	evt_notify(fd, sender);
	conform_answer("SIGIO again", "comes", "%s",
		       sigio_comes(900) ? "comes" : "does not");
	evt_reset(fd);
	evt_unmask(fd, port);
	fcntl(fd, F_SETFL, 0);
	evt_notify(fd, sender);
	conform_answer("SIGIO turned off", "does not", "%s",
		       sigio_comes(100) ? "comes" : "does not");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void conform_waits(void)
{
	int fd = evt_open(0);

	evt_pair(fd, &port, &sender);
	ask_signals(fd);
	ask_poll(fd);
	ask_epoll(fd, 0, "by level", "1");
	ask_epoll(fd, EPOLLET, "by edge", "0");
	ask_sigio(fd);
	close(fd);
}

/* --- two threads upon one file --- */

static struct {
	int fd;
	unsigned int ports[WAIT_PORTS], senders[WAIT_PORTS];
	atomic_int reads, wrong;
	atomic_bool stop;
} shared;

static void *reader(void *unused)
{
	unsigned int got;

	(void)unused;
	while (!shared.stop) {
		if (!evt_readable(shared.fd, 20))
			continue;
		if (evt_read(shared.fd, &got, sizeof(got)) != sizeof(got))
			continue;
		shared.reads++;
		evt_unmask(shared.fd, got);
	}
	return NULL;
}

static bool reads_reach(int n)
{
	uint64_t end = evt_now_ns() + 5000000000ull;

	while (shared.reads < n && evt_now_ns() < end)
		evt_readable(shared.fd, 1);
	return shared.reads >= n;
}

/* Each round sends one event per port and waits until all were read. */
static void ask_two_readers(void)
{
	pthread_t threads[2];
	int i, round, rounds = WAIT_EVENTS / WAIT_PORTS;
	bool all = true;

	shared.fd = evt_open(O_NONBLOCK);
	for (i = 0; i < WAIT_PORTS; i++)
		evt_pair(shared.fd, &shared.ports[i], &shared.senders[i]);
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, reader, NULL);
	for (round = 1; all && round <= rounds; round++) {
		for (i = 0; i < WAIT_PORTS; i++)
			evt_notify(shared.fd, shared.senders[i]);
		all = reads_reach(round * WAIT_PORTS);
	}
	shared.stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	conform_answer("two readers and 2000 events", "each read once", "%s",
		       all && shared.reads == WAIT_EVENTS ? "each read once"
							   : "else");
	close(shared.fd);
}

static void *blocked_reader(void *ret)
{
	unsigned int got;

	*(long *)ret = evt_read(shared.fd, &got, sizeof(got));
	if (got != shared.ports[1])
		shared.wrong++;
	return NULL;
}

/* The reader sleeps on a file whose ports come and go under it. */
static void ask_unbind_under_reader(void)
{
	pthread_t thread;
	long rc = 0;

	shared.fd = evt_open(0);
	shared.wrong = 0;
	evt_pair(shared.fd, &shared.ports[0], &shared.senders[0]);
	evt_pair(shared.fd, &shared.ports[1], &shared.senders[1]);
	pthread_create(&thread, NULL, blocked_reader, &rc);
	evt_unbind(shared.fd, shared.senders[0]);
	evt_unbind(shared.fd, shared.ports[0]);
	evt_notify(shared.fd, shared.senders[1]);
	pthread_join(thread, NULL);
	conform_errno("unbind under a sleeping reader", "4", rc);
	conform_answer("it reads the other port", "yes", "%s",
		       shared.wrong ? "no" : "yes");
	close(shared.fd);
}

static void ask_close_with_events(void)
{
	unsigned int a, b;
	int i, fd, first = 0, last = 0;

	for (i = 0; i < 50; i++) {
		fd = evt_open(0);
		if (evt_pair(fd, &a, &b))
			break;
		if (!i)
			first = a;
		last = a;
		evt_notify(fd, b);
		evt_readable(fd, 1000);
		close(fd);
	}
	conform_answer("50 closes with an event queued", "no port is lost",
		       "%s", i == 50 && first == last ? "no port is lost"
						      : "ports are lost");
}

void conform_threads(void)
{
	ask_two_readers();
	ask_unbind_under_reader();
	ask_close_with_events();
}
