// SPDX-License-Identifier: GPL-2.0-only
/*
 * `evt stress DEVICE PROCESSES BINDS MODE`: processes that bind and unbind
 * against each other, each with files of its own; `evt storm DEVICE SECONDS`:
 * events as fast as they go.
 * Must not hide an error: each is counted by its errno and fails the run.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evt.h"

#define STRESS_MANY	64

static struct {
	atomic_long binds, errors, first_error;
} *total;

static int stress_bind(int fd)
{
	int port = evt_bind_unbound(fd, EVT_DOMID_SELF);

	total->binds++;
	if (port < 0) {
		long none = 0;

		total->errors++;
		atomic_compare_exchange_strong(&total->first_error, &none,
					       port);
	}
	return port;
}

static void stress_same_file(long binds)
{
	int fd = evt_open(0), port;

	while (total->binds < binds) {
		port = stress_bind(fd);
		if (port >= 0)
			evt_unbind(fd, port);
	}
	close(fd);
}

static void stress_files(long binds, int ports)
{
	int fd, i;

	while (total->binds < binds) {
		fd = evt_open(0);
		for (i = 0; i < ports; i++)
			stress_bind(fd);
		close(fd);
	}
}

/* With an event for each port, half of them never read. */
static void stress_events(long binds)
{
	unsigned int got;
	int fd = evt_open(O_NONBLOCK), a, b, n = 0;

	while (total->binds < binds) {
		a = stress_bind(fd);
		if (a < 0)
			continue;
		total->binds++;
		b = evt_bind_interdomain(fd, EVT_DOMID_SELF, a);
		if (b >= 0)
			evt_notify(fd, b);
		if (n++ & 1)
			while (evt_read(fd, &got, sizeof(got)) == sizeof(got))
				evt_unmask(fd, got);
		if (b >= 0)
			evt_unbind(fd, b);
		evt_unbind(fd, a);
	}
	close(fd);
}

static void stress_run(const char *mode, long binds, int i)
{
	if (!strcmp(mode, "same"))
		stress_same_file(binds);
	else if (!strcmp(mode, "one"))
		stress_files(binds, 1);
	else if (!strcmp(mode, "many"))
		stress_files(binds, STRESS_MANY);
	else if (!strcmp(mode, "events"))
		stress_events(binds);
	else
		stress_run(i % 4 == 0 ? "same" : i % 4 == 1 ? "one" :
			   i % 4 == 2 ? "many" : "events", binds, 0);
}

static void *stress_share(size_t size_bytes)
{
	return mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

int stress_main(int argc, char **argv)
{
	int processes = argc > 0 ? atoi(argv[0]) : 8, i, status, broken = 0;
	long binds = argc > 1 ? atol(argv[1]) : 20000;
	const char *mode = argc > 2 ? argv[2] : "mixed";
	uint64_t begin = evt_now_ns();

	total = stress_share(sizeof(*total));
	for (i = 0; i < processes; i++)
		if (!fork()) {
			stress_run(mode, binds, i);
			_exit(0);
		}
	for (i = 0; i < processes; i++) {
		wait(&status);
		broken += status != 0;
	}
	printf("%s - stress %s by %d processes: %ld binds, ",
	       total->errors || broken ? "not ok" : "ok", mode, processes,
	       total->binds);
	printf("%ld errors (%s), %d broke off, %llu ms\n", total->errors,
	       evt_name(total->first_error), broken,
	       (unsigned long long)(evt_now_ns() - begin) / 1000000);
	return total->errors || broken;
}

/* One process sends without a pause, another reads and unmasks. */
int storm_main(int argc, char **argv)
{
	uint64_t end = evt_now_ns() +
		       1000000000ull * (argc > 0 ? atoi(argv[0]) : 2);
	long sent = 0, got = 0, wrong = 0;
	unsigned int a, b, read_port;
	int fd = evt_open(O_NONBLOCK), rc = evt_pair(fd, &a, &b);
	pid_t child;

	if (rc) {
		printf("not ok - storm: %s\n", evt_name(rc));
		return 1;
	}
	child = fork();
	if (!child) {
		while (evt_now_ns() < end)
			evt_notify(fd, b);
		_exit(0);
	}
	while (evt_now_ns() < end || evt_readable(fd, 200)) {
		if (!evt_readable(fd, 100))
			continue;
		if (evt_read(fd, &read_port, 4) != 4 || read_port != a)
			wrong++;
		else
			got++;
		evt_unmask(fd, read_port);
		sent++;
	}
	waitpid(child, NULL, 0);
	printf("%s - storm: %ld events read, %ld wrong\n",
	       wrong || !got ? "not ok" : "ok", got, wrong);
	return wrong || !got;
}
