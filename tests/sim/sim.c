/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulation's command: runs seeds in several processes, prints the
 * first failing schedule made short, or the figures.
 *
 *   sim [--seeds N] [--first N] [--jobs N] [--must-fail] [--seed N]
 *       [--each memory|sqlite|call]
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/planted.h"
#include "memvfs.h"
#include "sim.h"

#define EXIT_FOUND 3
#define HEAP_BYTES (64 << 20)
#define CLOCKS 4	/* of so many seeds one runs without clock steps, too */

static struct options {
	uint64_t seeds, first;
	unsigned int jobs;
	bool must_fail, verbose;
	enum sim_trouble each;	/* this fails at every place in turn */
	uint64_t places;	/* at most so many of a seed, spread */
} options = { .seeds = 20000, .first = 1, .places = 300 };

static struct sim sim;

/* Runs it, and where the clock was stepped once more without: the decisions
 * must be the same, each at the same moment. */
static bool run_both(const struct sim_plan *plan, bool verbose)
{
	static struct sim_plan steady;
	uint64_t decisions;

	sim_run(&sim, plan, verbose);
	if (sim.failed || !sim.clock_steps || plan->seed % CLOCKS)
		return sim.failed;
	decisions = sim.decisions;
	steady = *plan;
	steady.steady = true;
	sim_run(&sim, &steady, false);
	if (!sim.failed && sim.decisions != decisions)
		sim_fail(&sim, "steps of the wall clock change a decision");
	return sim.failed;
}

static bool fails(const struct sim_plan *plan)
{
	return run_both(plan, false);
}

static void report(struct sim_plan *plan)
{
	printf("# seed %llu: %s\n", (unsigned long long)plan->seed, sim.why);
	if (plan->trouble_at)
		printf("# fails: %s, number %llu\n",
		       sim_trouble_name(plan->trouble),
		       (unsigned long long)plan->trouble_at);
	if (options.must_fail)
		return;
	sim_plan_shrink(plan, fails);
	sim_plan_print(plan);
	run_both(plan, true);
}

struct figures {
	uint64_t seeds, ticks, closed, kills, starts;
};

static void add(struct figures *figures)
{
	figures->seeds++;
	figures->ticks += sim.ticks;
	figures->closed += sim.closed;
	figures->kills += sim.kills;
	figures->starts += sim.starts;
}

/* Runs it; with --each once more for every place where something can fail.
 * Leaves in PLAN what failed. */
static bool run_seed(struct sim_plan *plan, struct figures *figures)
{
	uint64_t count, stride;

	run_both(plan, options.verbose);
	add(figures);
	if (sim.failed || !plan->trouble)
		return sim.failed;
	count = sim.trouble_count;
	stride = count / options.places + 1;
	for (uint64_t at = 1 + plan->seed % stride; at <= count; at += stride) {
		plan->trouble_at = at;
		sim_run(&sim, plan, false);
		add(figures);
		if (sim.failed)
			return true;
	}
	return false;
}

/* One process: every JOBS-th seed from FIRST on. */
static int work(unsigned int job, int out)
{
	static struct sim_plan plan;
	struct figures figures = { 0 };
	int status = 0;

	for (uint64_t i = job; i < options.seeds; i += options.jobs) {
		sim_plan_make(&plan, options.first + i);
		plan.trouble = options.each;
		plan.trouble_at = 0;
		if (run_seed(&plan, &figures)) {
			report(&plan);
			status = EXIT_FOUND;
			break;
		}
	}
	fflush(stdout);
	if (write(out, &figures, sizeof(figures)) != sizeof(figures))
		return 1;
	return status;
}

/* Returns whether one of them failed; a planted fault may end one. */
static bool wait_for(unsigned int jobs)
{
	bool found = false;

	for (unsigned int i = 0; i < jobs; i++) {
		int status;

		if (wait(&status) < 0)
			return true;
		found |= status != 0;
		if (status && (!WIFEXITED(status) ||
			       WEXITSTATUS(status) != EXIT_FOUND))
			printf("# a process of the simulation died\n");
	}
	return found;
}

static void print_figures(int in, double took_s)
{
	struct figures all = { 0 }, one;

	while (read(in, &one, sizeof(one)) == sizeof(one)) {
		all.seeds += one.seeds;
		all.ticks += one.ticks;
		all.closed += one.closed;
		all.kills += one.kills;
		all.starts += one.starts;
	}
	printf("# %llu seeds in %.1f s: %llu moments, %llu incidents, "
	       "%llu starts, %llu kills of the daemon\n",
	       (unsigned long long)all.seeds, took_s,
	       (unsigned long long)all.ticks, (unsigned long long)all.closed,
	       (unsigned long long)all.starts, (unsigned long long)all.kills);
}

static double clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool run_all(void)
{
	double began = clock_s();
	int pipes[2];
	bool found;

	if (pipe(pipes) < 0)
		exit(1);
	fflush(stdout);
	for (unsigned int job = 0; job < options.jobs; job++)
		if (fork() == 0)
			exit(work(job, pipes[1]));
	close(pipes[1]);
	found = wait_for(options.jobs);
	print_figures(pipes[0], clock_s() - began);
	return found;
}

static const char *planted_text(void)
{
	static const char *const texts[] = {
		[0] = "nothing is planted",
#define X(name, number, text) [number] = text,
		PLANTED_LIST(X)
#undef X
	};

	return texts[SIM_FAULT];
}

static void read_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		uint64_t number = i + 1 < argc ?
				  strtoull(argv[i + 1], NULL, 10) : 0;

		if (strcmp(argv[i], "--must-fail") == 0) {
			options.must_fail = true;
			continue;
		}
		if (strcmp(argv[i], "--seeds") == 0) {
			options.seeds = number;
		} else if (strcmp(argv[i], "--first") == 0) {
			options.first = number;
		} else if (strcmp(argv[i], "--jobs") == 0) {
			options.jobs = number;
		} else if (strcmp(argv[i], "--seed") == 0) {
			options.first = number;
			options.seeds = options.jobs = 1;
			options.verbose = true;
		} else if (strcmp(argv[i], "--each") == 0 && i + 1 < argc) {
			options.each = strcmp(argv[i + 1], "memory") == 0 ?
				       SIM_TROUBLE_MEMORY :
				       strcmp(argv[i + 1], "sqlite") == 0 ?
				       SIM_TROUBLE_SQLITE : SIM_TROUBLE_CALL;
		} else {
			fprintf(stderr, "usage: sim [--seeds N] [--first N] "
				"[--jobs N] [--must-fail] [--seed N] "
				"[--each memory|sqlite|call]\n");
			exit(100);
		}
		i++;
	}
}

int main(int argc, char **argv)
{
	bool found;

	options.jobs = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	read_options(argc, argv);
	mallopt(M_TRIM_THRESHOLD, HEAP_BYTES); /* it is needed again at once */
	mallopt(M_TOP_PAD, HEAP_BYTES / 16);
	sim_trouble_init();
	memvfs_register();
	memvfs_never_cut();
	found = run_all();
	if (options.must_fail)
		printf("%s - found where planted: %s\n",
		       found ? "ok" : "not ok", planted_text());
	else
		printf("%s - %llu seeds keep every invariant%s%s\n",
		       found ? "not ok" : "ok",
		       (unsigned long long)options.seeds,
		       options.each ? ", whichever fails: " : "",
		       options.each ? sim_trouble_name(options.each) : "");
	return found == options.must_fail ? 0 : 1;
}
