// SPDX-License-Identifier: GPL-2.0-only
/*
 * `evt bench DEVICE OTHER ROUNDS MILLISECONDS`: binds and events per second and
 * the time from notify to read, by 1 to 8 processes, of two devices in turn, as
 * ratios (above 1: the first is better) with an interval of the median that
 * holds for all rows together 95 times of 100.
 * Must not compare figures of different moments: each round has both. Must not
 * count a call that failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evt.h"

#define BENCH_ROUNDS_MIN	9	/* fewer cannot give the interval */
#define BENCH_ROUNDS_MAX	64
#define BENCH_SAMPLES_MAX	8192
#define BENCH_ROWS		12

static struct {
	atomic_long done;
	atomic_long latency_ns;		/* the sum of each process's median */
} *shared;

/* One process's part, once at least: 0, or -errno of the call that failed. */
typedef int bench_work(uint64_t end_ns);

struct bench_figures {
	double rate;		/* a second, by all processes together */
	double latency_us;	/* from notify to read, the processes' mean */
};

static int bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double bench_median(double *values, int n)
{
	qsort(values, n, sizeof(*values), bench_order);
	return n & 1 ? values[n / 2] : (values[n / 2] + values[n / 2 - 1]) / 2;
}

static int bench_binds(uint64_t end_ns)
{
	int fd = evt_open(0), port, rc;
	long n = 0;

	if (fd < 0)
		return fd;
	for (; evt_now_ns() < end_ns || !n; n++) {
		port = evt_bind_unbound(fd, EVT_DOMID_SELF);
		if (port < 0)
			return port;
		rc = evt_unbind(fd, port);
		if (rc < 0)
			return rc;
	}
	shared->done += n;
	close(fd);
	return 0;
}

static int bench_events(uint64_t end_ns)
{
	static double latency_ns[BENCH_SAMPLES_MAX];
	unsigned int port, sender, got;
	int fd = evt_open(0), rc;
	uint64_t begin_ns;
	long n = 0;

	if (fd < 0)
		return fd;
	rc = evt_pair(fd, &port, &sender);
	if (rc < 0)
		return rc;
	for (; evt_now_ns() < end_ns || !n; n++) {
		begin_ns = evt_now_ns();
		rc = evt_notify(fd, sender);
		if (rc < 0)
			return rc;
		if (evt_read(fd, &got, sizeof(got)) != sizeof(got) ||
		    got != port)
			return -EIO;
		latency_ns[n % BENCH_SAMPLES_MAX] = evt_now_ns() - begin_ns;
		evt_unmask(fd, got);
	}
	shared->done += n;
	shared->latency_ns += (long)bench_median(latency_ns,
			n < BENCH_SAMPLES_MAX ? n : BENCH_SAMPLES_MAX);
	close(fd);
	return 0;
}

/* Whether each of the processes came to its end without a failure. */
static bool bench_run(const char *path, int processes, int ms,
		      bench_work *work, struct bench_figures *ret)
{
	uint64_t begin = evt_now_ns(), end = begin + ms * 1000000ull;
	int i, status;
	bool good = true;

	evt_path = path;
	shared->done = 0;
	shared->latency_ns = 0;
	for (i = 0; i < processes; i++)
		if (!fork())
			_exit(-work(end));
	for (i = 0; i < processes; i++) {
		wait(&status);
		if (!status)
			continue;
		good = false;
		fprintf(stderr, "bench: %s: %s\n", path, WIFEXITED(status) ?
			evt_name(-WEXITSTATUS(status)) : "killed");
	}
	ret->rate = shared->done * 1e9 / (evt_now_ns() - begin);
	ret->latency_us = shared->latency_ns / 1e3 / processes;
	return good;
}

/* The ranks, from either end, between which a median lies for all the rows. */
static int bench_rank(int n)
{
	double sum = 0, term = 1;
	int i, k;

	for (i = 0; i < n; i++)
		term /= 2;
	for (k = 0; k < n / 2; k++) {
		sum += term;
		if (sum > 0.025 / BENCH_ROWS)
			break;
		term = term * (n - k) / (k + 1);
	}
	return k > 0 ? k - 1 : 0;
}

/* With "less" the smaller is the better. Each array is of one device. */
static void bench_row(const char *name, int processes, int rounds, bool less,
		      double *ours, double *other)
{
	double ratios[BENCH_ROUNDS_MAX];
	int i, rank = bench_rank(rounds);
	double middle;

	for (i = 0; i < rounds; i++)
		ratios[i] = less ? other[i] / ours[i] : ours[i] / other[i];
	middle = bench_median(ratios, rounds);
	printf("bench %s %d %.1f %.1f %.3f %.3f %.3f\n", name, processes,
	       bench_median(ours, rounds), bench_median(other, rounds),
	       middle, ratios[rank], ratios[rounds - 1 - rank]);
}

/* The order within a round changes, so that neither always comes second. */
static bool bench_rows(const char *const *paths, int processes, int rounds,
		       int ms, bench_work *work)
{
	double rates[2][BENCH_ROUNDS_MAX], latencies[2][BENCH_ROUNDS_MAX];
	struct bench_figures figures;
	int round, i, which;

	for (round = 0; round < rounds; round++)
		for (i = 0; i < 2; i++) {
			which = (i + round) & 1;
			if (!bench_run(paths[which], processes, ms, work,
				       &figures))
				return false;
			rates[which][round] = figures.rate;
			latencies[which][round] = figures.latency_us;
		}
	bench_row(work == bench_binds ? "binds" : "events", processes, rounds,
		  false, rates[0], rates[1]);
	if (work == bench_events)
		bench_row("latency_us", processes, rounds, true, latencies[0],
			  latencies[1]);
	return true;
}

int bench_main(int argc, char **argv)
{
	const char *paths[2] = { evt_path, argc > 0 ? argv[0] : evt_path };
	int rounds = argc > 1 ? atoi(argv[1]) : BENCH_ROUNDS_MIN;
	int ms = argc > 2 ? atoi(argv[2]) : 300;
	bench_work *const works[] = { bench_binds, bench_events };
	int processes, i;

	if (rounds < BENCH_ROUNDS_MIN)
		rounds = BENCH_ROUNDS_MIN;
	if (rounds > BENCH_ROUNDS_MAX)
		rounds = BENCH_ROUNDS_MAX;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < 2; i++)
		for (processes = 1; processes <= 8; processes *= 2)
			if (!bench_rows(paths, processes, rounds, ms, works[i]))
				return 1;
	return 0;
}
