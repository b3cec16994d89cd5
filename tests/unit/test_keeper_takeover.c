/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * adopt = "xl" over the turns of its timer: which monitors are taken over, and
 * when a domain is known to have none.  The processes are this test's own.
 */
#include <ev.h>

#include "engine_host.h"
#include "port/owner.h"
#include "role/keeper.h"
#include "tap.h"

static struct keeper keeper;
static ev_timer *due;		/* NULL: not armed */
static enum owner found;	/* by the look for a builder */
static uint32_t monitored;	/* the domid that the walk finds a monitor of */
static int walks, adopted;
static const char *refused;

struct engine_time __wrap_keeper_now(const struct keeper *k);
void __wrap_keeper_scan(struct keeper *k);
void __wrap_keeper_rearm(struct keeper *k);
void __wrap_keeper_set_timer(struct keeper *k, ev_timer *timer, double seconds);
void __wrap_keeper_owner_query(struct keeper *k, const struct domain *domain,
			       struct owner_query *ret_query);
const char *__wrap_keeper_adopt_from_monitor(struct keeper *k,
					     struct domain *domain, pid_t pid);
int __wrap_owner_each_monitor(const char *proc,
			      void (*each)(void *ctx,
					   const struct owner_monitor *monitor),
			      void *ctx);
int __wrap_owner_find(const char *proc, const struct owner_query *query,
		      enum owner *ret_owner, pid_t *ret_pid);

struct engine_time __wrap_keeper_now(const struct keeper *k)
{
	(void)k;
	return host.now;
}

void __wrap_keeper_scan(struct keeper *k)
{
	(void)k;
	scan();
}

void __wrap_keeper_rearm(struct keeper *k)
{
	(void)k;
}

void __wrap_keeper_set_timer(struct keeper *k, ev_timer *timer, double seconds)
{
	(void)k;
	(void)seconds;
	due = timer;
}

void __wrap_keeper_owner_query(struct keeper *k, const struct domain *domain,
			       struct owner_query *ret_query)
{
	(void)k;
	*ret_query = (struct owner_query){ .domid = domain->info.id.domid,
					   .name = domain->name };
}

const char *__wrap_keeper_adopt_from_monitor(struct keeper *k,
					     struct domain *domain, pid_t pid)
{
	(void)k;
	adopted += pid == 7 && domain->info.id.domid == 5;
	return refused;
}

int __wrap_owner_each_monitor(const char *proc,
			      void (*each)(void *ctx,
					   const struct owner_monitor *monitor),
			      void *ctx)
{
	struct owner_monitor monitor = { .pid = 7, .has_domid = true,
					 .waits = true, .domid = monitored };

	(void)proc;
	walks++;
	if (monitored)
		each(ctx, &monitor);
	return 0;
}

int __wrap_owner_find(const char *proc, const struct owner_query *query,
		      enum owner *ret_owner, pid_t *ret_pid)
{
	(void)proc;
	(void)query;
	*ret_owner = found;
	*ret_pid = 7;
	return 0;
}

/* Returns whether there was one to come. */
static bool turn(void)
{
	ev_timer *timer = due;

	if (!timer)
		return false;
	wait_for(2000);
	due = NULL;
	timer->cb(NULL, timer, EV_TIMER);
	return true;
}

static void open_takeover(void)
{
	begin(ACTION_RESTART);
	host.settings->adopt = SETTINGS_ADOPT_XL;
	keeper = (struct keeper){ .engine = host.engine,
				  .settings = host.settings,
				  .watcher_ready = true };
	due = NULL;
	refused = NULL;
	monitored = 0;
	walks = adopted = 0;
	keeper_takeover_open(&keeper);
}

static void close_takeover(void)
{
	keeper.loop = ev_loop_new(0);
	keeper_takeover_close(&keeper);
	ev_loop_destroy(keeper.loop);
	finish();
}

static void test_monitor(void)
{
	open_takeover();
	monitored = 5;
	ok(turn() && adopted == 1, "a monitor is taken over");
	ok(!turn(), "and nothing is to come");
	close_takeover();
}

/* It was no monitor yet when they were walked over, and is one a moment later. */
static void test_between(void)
{
	open_takeover();
	found = OWNER_XL;
	ok(turn() && !adopted, "an xl that becomes a monitor meanwhile ...");
	monitored = 5;
	ok(turn() && adopted == 1, "is taken over at the next look");
	close_takeover();
}

static void test_foreground(void)
{
	open_takeover();
	found = OWNER_XL;
	while (turn())
		if (walks > 9)
			break;
	ok(walks == 2 && !adopted, "an xl in the foreground keeps its domain, "
	   "after %d looks", walks);
	close_takeover();
}

static void test_builder(void)
{
	open_takeover();
	found = OWNER_UNSETTLED;
	for (int i = 0; i < 20; i++)
		turn();
	ok(walks == 20, "an xl that builds is waited for");
	found = OWNER_NONE;
	while (turn())
		if (walks > 29)
			break;
	ok(walks == 22, "without one a domain has none, after two looks");
	close_takeover();
}

static void test_refused(void)
{
	open_takeover();
	monitored = 5;
	refused = "its monitor cannot be stopped";
	ok(turn() && turn() && adopted == 2, "one that fails is tried again");
	refused = NULL;
	ok(turn() && adopted == 3 && !turn(), "until it does not");
	close_takeover();
}

int main(void)
{
	test_monitor();
	test_between();
	test_foreground();
	test_builder();
	test_refused();
	return done_testing();
}
