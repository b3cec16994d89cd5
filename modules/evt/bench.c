// SPDX-License-Identifier: GPL-2.0-only
/*
 * `evt bench DEVICE OTHER ROUNDS MILLISECONDS`: binds per second and the time
 * from notify to read, by 1 to 8 processes, of two devices in turn, as ratios
 * of the first to the second with a 95 % interval of the median.
 * Must not compare figures of different moments: each round has both.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evt.h"

#define BENCH_ROUNDS_MAX	64

static struct {
	atomic_int ready;
	atomic_long done;
} *shared;

static void bench_binds(uint64_t end_ns)
{
	int fd = evt_open(0), port;
	long n = 0;

	while (evt_now_ns() < end_ns) {
		port = evt_bind_unbound(fd, EVT_DOMID_SELF);
		evt_unbind(fd, port);
		n++;
	}
	shared->done += n;
	close(fd);
}

static void bench_events(uint64_t end_ns)
{
	unsigned int a, b, got;
	int fd = evt_open(0);
	long n = 0;

	evt_pair(fd, &a, &b);
	while (evt_now_ns() < end_ns) {
		evt_notify(fd, b);
		if (evt_read(fd, &got, sizeof(got)) != sizeof(got))
			break;
		evt_unmask(fd, got);
		n++;
	}
	shared->done += n;
	close(fd);
}

/* How often a second all the processes together got through. */
static double bench_rate(const char *path, int processes, int ms,
			 void (*work)(uint64_t end_ns))
{
	uint64_t begin, end;
	int i;

	evt_path = path;
	shared->done = 0;
	begin = evt_now_ns();
	end = begin + ms * 1000000ull;
	for (i = 0; i < processes; i++)
		if (!fork()) {
			work(end);
			_exit(0);
		}
	for (i = 0; i < processes; i++)
		wait(NULL);
	return shared->done * 1e9 / (evt_now_ns() - begin);
}

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

/* The ranks, from either end, between which a median lies 95 times of 100. */
static int bench_rank(int n)
{
	double sum = 0, term = 1;
	int i, k;

	for (i = 0; i < n; i++)
		term /= 2;
	for (k = 0; k < n / 2; k++) {
		sum += term;
		if (sum > 0.025)
			break;
		term = term * (n - k) / (k + 1);
	}
	return k > 0 ? k - 1 : 0;
}

/* The order within a round changes, so that neither always comes second. */
static void bench_row(const char *name, const char *const *paths,
		      int processes, int rounds, int ms,
		      void (*work)(uint64_t end_ns))
{
	double rates[2][BENCH_ROUNDS_MAX], ratios[BENCH_ROUNDS_MAX];
	int round, i, which, rank = bench_rank(rounds);

	for (round = 0; round < rounds; round++) {
		for (i = 0; i < 2; i++) {
			which = (i + round) & 1;
			rates[which][round] = bench_rate(paths[which],
							 processes, ms, work);
		}
		ratios[round] = rates[0][round] / rates[1][round];
	}
	printf("bench %s %d %.0f %.0f %.3f", name, processes,
	       bench_median(rates[0], rounds), bench_median(rates[1], rounds),
	       bench_median(ratios, rounds));
	printf(" %.3f %.3f\n", ratios[rank], ratios[rounds - 1 - rank]);
}

int bench_main(int argc, char **argv)
{
	const char *paths[2] = { evt_path, argc > 0 ? argv[0] : evt_path };
	int rounds = argc > 1 ? atoi(argv[1]) : 5;
	int ms = argc > 2 ? atoi(argv[2]) : 300;
	int processes;

	if (rounds > BENCH_ROUNDS_MAX)
		rounds = BENCH_ROUNDS_MAX;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (processes = 1; processes <= 8; processes *= 2)
		bench_row("binds", paths, processes, rounds, ms, bench_binds);
	for (processes = 1; processes <= 8; processes *= 2)
		bench_row("events", paths, processes, rounds, ms,
			  bench_events);
	return 0;
}
