/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store against a disk that is cut, stops, breaks or is full at the
 * points of a recorded run: no acknowledged record is lost, none is half
 * there, and the file opens again within a second.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../sim/memvfs.h"
#include "store/store.h"

#include "tap.h"

#define OPS 100

/* Every third byte, each with LONG in the environment.  A sanitized build is
 * slow: it tries every 41st. */
#if defined(__SANITIZE_ADDRESS__)
#define STRIDE 41
#else
#define STRIDE (getenv("LONG") ? 1 : 3)
#endif

static uint64_t acked_at[OPS];	/* bytes written when it was acknowledged */
static bool acked[OPS];
static double slowest_s;

static double clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct store *open_store(bool *ret_replaced)
{
	struct store *store = NULL;
	struct text why = { 0 };
	double began = clock_s();

	store_open("/tmp", "boot", &store, &why);
	*ret_replaced = text_get(&why)[0] != '\0';
	text_free(&why);
	if (clock_s() - began > slowest_s)
		slowest_s = clock_s() - began;
	return store;
}

/* --- the run: each operation leaves a trace of its own --- */

static int record_incident(struct store *store, int op)
{
	struct incident *incident = incident_new();
	int r;

	incident->number = (uint64_t)(op / 3) + 1;
	incident->cpu_time_ns = (uint64_t)op + 1;
	incident->verdict.action = ACTION_RESTART;
	for (int i = 0; i <= op % 3; i++) {
		incident_begin_step(incident, 1);
		incident_end_step(incident, 2, -1 - i, "as the test has it");
	}
	r = store_record(store, incident);
	incident_free(incident);
	return r;
}

static int do_op(struct store *store, int op)
{
	static const struct domain_config config = { .name = "guest" };
	struct guest guest = { .uuid = { 1 }, .hold = true };

	guest.budget.streak = (uint32_t)op;
	if (op % 7 == 3)
		return store_record_guest(store, &guest);
	if (op % 7 == 5)
		return store_set_config(store, guest.uuid, &config, "{}");
	return record_incident(store, op);
}

static bool is_incident(int op)
{
	return op % 7 != 3 && op % 7 != 5;
}

static void run_ops(struct store *store, int from, int to)
{
	for (int op = from; op < to; op++) {
		acked[op] = do_op(store, op) == 0;
		acked_at[op] = memvfs_record_bytes();
	}
}

/* --- what is found afterwards --- */

static uint64_t found_cpu[OPS];	/* by number: the last operation's mark */
static uint32_t found_steps[OPS];
static uint32_t found_streak;

static int see_incident(void *ctx, struct incident *incident)
{
	(void)ctx;
	if (incident->number < OPS) {
		found_cpu[incident->number] = incident->cpu_time_ns;
		found_steps[incident->number] = incident->step_count;
	}
	incident_free(incident);
	return 0;
}

static int see_guest(void *ctx, const struct guest *guest)
{
	(void)ctx;
	found_streak = guest->budget.streak;
	return 0;
}

static bool look(struct store *store)
{
	memset(found_cpu, 0, sizeof(found_cpu));
	memset(found_steps, 0, sizeof(found_steps));
	found_streak = 0;
	return store_each_since(store, 0, OPS, see_incident, NULL) == 0 &&
	       store_each_guest(store, see_guest, NULL) == 0;
}

/* Is OP's mark there, or that of a later operation in its place? */
static bool is_there(int op)
{
	uint64_t number = (uint64_t)(op / 3) + 1;

	if (op % 7 == 3)
		return found_streak >= (uint32_t)op;
	if (!is_incident(op))
		return true;
	return found_cpu[number] >= (uint64_t)op + 1;
}

/* A record is one transaction: its steps are those of its last mark. */
static bool is_whole(void)
{
	for (uint64_t number = 1; number < OPS; number++)
		if (found_cpu[number] &&
		    found_steps[number] != (found_cpu[number] - 1) % 3 + 1)
			return false;
	return true;
}

/* Opens what is there now.  Returns whether all that was acknowledged by
 * the time that BYTES were written is there. */
static bool survives(int ops, uint64_t bytes, const char **ret_what)
{
	bool replaced, good = true;
	struct store *store = open_store(&replaced);

	*ret_what = !store ? "it does not open" :
		    replaced ? "it was taken for damaged" :
		    !look(store) ? "it cannot be read" :
		    !is_whole() ? "a record is half there" : NULL;
	if (*ret_what) {
		store_close(store);
		return false;
	}
	for (int op = 0; good && op < ops; op++)
		if (acked[op] && acked_at[op] <= bytes && !is_there(op))
			good = false;
	*ret_what = good ? "" : "an acknowledged record is lost";
	store_close(store);
	return good;
}

/* --- cut between any two bytes --- */

static void test_cut(int ops, uint64_t stride)
{
	bool replaced;
	struct store *store;
	uint64_t bytes, cuts = 0, bad = 0;
	const char *what = "";

	memvfs_reset();
	store_close(open_store(&replaced));
	memvfs_record_start();
	store = open_store(&replaced);
	run_ops(store, 0, ops);
	bytes = memvfs_record_bytes();
	for (uint64_t at = 0; at <= bytes; at += stride, cuts++) {
		memvfs_record_replay(at);
		if (survives(ops, at, &what))
			continue;
		if (!bad++)
			printf("# cut at byte %llu: %s\n",
			       (unsigned long long)at, what);
	}
	ok(bad == 0 && cuts > 20, "%llu cuts in %llu bytes of %d records",
	   (unsigned long long)cuts, (unsigned long long)bytes, ops);
	memvfs_reset();
	store_close(store); /* its files have gone: it only frees */
	memvfs_record_free();
}

/* --- stopped at every operation --- */

static void run_stopped(uint64_t nth, int ops, enum memvfs_trouble trouble)
{
	bool replaced;
	struct store *store;

	memvfs_reset();
	memset(acked, 0, sizeof(acked));
	memset(acked_at, 0, sizeof(acked_at));
	memvfs_set_trouble(trouble, nth);
	store = open_store(&replaced);
	if (store)
		run_ops(store, 0, ops);
	memvfs_set_trouble(MEMVFS_STOPPED, 0);
	store_close(store);
}

static uint64_t count_operations(int ops)
{
	run_stopped(UINT32_MAX, ops, MEMVFS_STOPPED);
	return memvfs_operations();
}

static void test_stopped(int ops, bool power)
{
	uint64_t operations = count_operations(ops), bad = 0;
	const char *what;

	for (uint64_t nth = 0; nth < operations; nth++) {
		run_stopped(nth, ops, MEMVFS_STOPPED);
		memvfs_set_trouble(MEMVFS_NONE, 0);
		if (power)
			memvfs_power_cut(nth * 77 + 5);
		if (!survives(ops, UINT64_MAX, &what) && !bad++)
			printf("# %s at operation %llu: %s\n",
			       power ? "without power" : "killed",
			       (unsigned long long)nth, what);
	}
	ok(bad == 0 && operations > 100, "%s at each of %llu operations",
	   power ? "the power fails" : "killed",
	   (unsigned long long)operations);
}

/* --- with room reserved --- */

#define RESERVE (1u << 20)

/* How many records are refused when the disk is full from the NTH on. */
static int run_reserved(uint64_t nth, int ops)
{
	bool replaced;
	struct store *store;
	int refused = 0;

	memvfs_reset();
	memset(acked, 0, sizeof(acked));
	memset(acked_at, 0, sizeof(acked_at));
	store = open_store(&replaced);
	if (store_reserve(store, RESERVE) < 0)
		refused++;
	memvfs_set_trouble(MEMVFS_FULL, nth);
	run_ops(store, 0, ops);
	memvfs_set_trouble(MEMVFS_STOPPED, 0);
	store_close(store);
	for (int op = 0; op < ops; op++)
		refused += !acked[op];
	return refused;
}

static void test_reserved(int ops)
{
	uint64_t operations = count_operations(ops), bad = 0;
	const char *what = "a record was refused";

	for (uint64_t nth = 0; nth < operations; nth++) {
		int refused = run_reserved(nth, ops);

		memvfs_set_trouble(MEMVFS_NONE, 0);
		memvfs_power_cut(nth * 77 + 5);
		if ((refused || !survives(ops, UINT64_MAX, &what)) && !bad++)
			printf("# full at operation %llu: %s\n",
			       (unsigned long long)nth, what);
	}
	ok(bad == 0 && operations > 100, "with room reserved the disk may be "
	   "full at each of %llu operations: none refused, none lost",
	   (unsigned long long)operations);
}

static void test_no_room(void)
{
	bool replaced;
	struct store *store;

	memvfs_reset();
	store = open_store(&replaced);
	memvfs_set_trouble(MEMVFS_FULL, 3);
	ok(store_reserve(store, RESERVE) == -ENOSPC, "no room to reserve is said");
	memvfs_set_trouble(MEMVFS_NONE, 0);
	ok(do_op(store, 0) == 0 && store_reserve(store, RESERVE) == 0,
	   "and is no harm: there is room later");
	store_close(store);
}

/* --- in trouble for a while --- */

/* A later record of the same thing says all that this one would. */
static bool is_superseded(int op, int ops)
{
	for (int later = op + 1; later < ops; later++) {
		bool same = is_incident(op) ?
			    later / 3 == op / 3 && is_incident(later) :
			    later % 7 == op % 7;

		if (same && acked[later])
			return true;
	}
	return false;
}

static bool recovers(struct store *store, int ops, const char **ret_what)
{
	memvfs_set_trouble(MEMVFS_NONE, 0);
	for (int op = 0; op < ops; op++)
		if (!acked[op])
			acked[op] = is_superseded(op, ops) ||
				    do_op(store, op) == 0;
	for (int op = 0; op < ops; op++)
		if (!acked[op]) {
			*ret_what = "it does not write again";
			store_close(store);
			return false;
		}
	store_close(store);
	return true;
}

static void test_trouble(enum memvfs_trouble trouble, bool once, int ops,
			 const char *name)
{
	uint64_t operations = count_operations(ops), bad = 0, failed = 0;
	const char *what = "";

	for (uint64_t nth = 0; nth < operations; nth++) {
		bool replaced;
		struct store *store;

		memvfs_reset();
		memset(acked_at, 0, sizeof(acked_at));
		if (once)
			memvfs_fail_once(trouble, nth);
		else
			memvfs_set_trouble(trouble, nth);
		store = open_store(&replaced);
		if (!store) {
			memvfs_set_trouble(MEMVFS_NONE, 0);
			store = open_store(&replaced);
		}
		if (store)
			run_ops(store, 0, ops);
		for (int op = 0; op < ops; op++)
			failed += !acked[op];
		if ((!store || replaced || !recovers(store, ops, &what) ||
		     !survives(ops, UINT64_MAX, &what)) && !bad++)
			printf("# from operation %llu: %s\n",
			       (unsigned long long)nth, what);
	}
	ok(bad == 0 && failed > 0, "%s at each of %llu operations: %llu "
	   "records refused, none lost, all written later", name,
	   (unsigned long long)operations, (unsigned long long)failed);
}

int main(void)
{
	memvfs_register();
	test_cut(6, STRIDE);
	test_cut(OPS, STRIDE * 1999); /* with checkpoints on the way */
	test_stopped(40, false);
	test_stopped(40, true);
	test_stopped(OPS, true); /* with a checkpoint */
	test_reserved(30);
	test_no_room();
	test_trouble(MEMVFS_FULL, false, 20, "the disk is full");
	test_trouble(MEMVFS_BROKEN, false, 20, "the disk is broken");
	test_trouble(MEMVFS_FULL, true, 20, "full once");
	test_trouble(MEMVFS_BROKEN, true, 20, "one operation fails");
	ok(slowest_s < 1, "the slowest opening took %.3f s of the CPU", slowest_s);
	memvfs_reset();
	return done_testing();
}
