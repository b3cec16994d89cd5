// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls upon an event-channel device, and main().
 * Must not judge: that is for the subcommands.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "evt.h"

const char *evt_path = "/dev/xen/evtchn";

static int evt_call(int fd, unsigned long cmd, void *arg)
{
	int rc = ioctl(fd, cmd, arg);

	return rc < 0 ? -errno : rc;
}

int evt_open(int flags)
{
	int fd = open(evt_path, O_RDWR | O_CLOEXEC | flags);

	return fd < 0 ? -errno : fd;
}

int evt_bind_unbound(int fd, unsigned int remote)
{
	struct ev_bind_unbound bind = { .remote_domain = remote };

	return evt_call(fd, EV_BIND_UNBOUND, &bind);
}

int evt_bind_interdomain(int fd, unsigned int remote, unsigned int port)
{
	struct ev_bind_interdomain bind = {
		.remote_domain = remote, .remote_port = port,
	};

	return evt_call(fd, EV_BIND_INTERDOMAIN, &bind);
}

int evt_bind_virq(int fd, unsigned int virq)
{
	struct ev_bind_virq bind = { .virq = virq };

	return evt_call(fd, EV_BIND_VIRQ, &bind);
}

static int evt_one_port(int fd, unsigned long cmd, unsigned int port)
{
	struct ev_one_port one = { .port = port };

	return evt_call(fd, cmd, &one);
}

int evt_bind_static(int fd, unsigned int port)
{
	return evt_one_port(fd, EV_BIND_STATIC, port);
}

int evt_unbind(int fd, unsigned int port)
{
	return evt_one_port(fd, EV_UNBIND, port);
}

int evt_notify(int fd, unsigned int port)
{
	return evt_one_port(fd, EV_NOTIFY, port);
}

int evt_reset(int fd)
{
	return evt_call(fd, EV_RESET, NULL);
}

int evt_restrict(int fd, unsigned int domid)
{
	struct ev_restrict to = { .domid = domid };

	return evt_call(fd, EV_RESTRICT, &to);
}

long evt_read(int fd, void *buf, size_t size_bytes)
{
	long rc = read(fd, buf, size_bytes);

	return rc < 0 ? -errno : rc;
}

long evt_write(int fd, const void *buf, size_t size_bytes)
{
	long rc = write(fd, buf, size_bytes);

	return rc < 0 ? -errno : rc;
}

int evt_unmask(int fd, unsigned int port)
{
	return evt_write(fd, &port, sizeof(port));
}

bool evt_readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1 && (p.revents & POLLIN);
}

/*
 * Two ports of one file connected to each other: an event sent by the second
 * arrives at the first. The event that binding delivers is taken away.
 */
int evt_pair(int fd, unsigned int *ret_port, unsigned int *ret_sender)
{
	unsigned int got;
	int port, sender;

	port = evt_bind_unbound(fd, EVT_DOMID_SELF);
	if (port < 0)
		return port;
	sender = evt_bind_interdomain(fd, EVT_DOMID_SELF, port);
	if (sender < 0)
		return sender;
	while (evt_readable(fd, 100)) {
		if (evt_read(fd, &got, sizeof(got)) != sizeof(got))
			return -EIO;
		if (got == (unsigned int)sender)
			break;
		evt_unmask(fd, got);
	}
	evt_unmask(fd, sender);
	*ret_port = port;
	*ret_sender = sender;
	return 0;
}

const char *evt_name(long rc)
{
	static char number[24];

	if (rc < 0 && strerrorname_np(-rc))
		return strerrorname_np(-rc);
	snprintf(number, sizeof(number), "%ld", rc);
	return number;
}

uint64_t evt_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} subcommands[] = {
	{ "conform", conform_main },
	{ "stress", stress_main },
	{ "storm", storm_main },
	{ "bench", bench_main },
};

/* usage: evt SUBCOMMAND DEVICE [ARGUMENTS] */
int main(int argc, char **argv)
{
	size_t i;

	if (argc < 3)
		return 100;
	evt_path = argv[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < sizeof(subcommands) / sizeof(*subcommands); i++)
		if (!strcmp(argv[1], subcommands[i].name))
			return subcommands[i].run(argc - 3, argv + 3);
	return 100;
}
