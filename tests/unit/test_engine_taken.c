/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: which other domain of a guest means that somebody
 * else has started it, and which stands in no start's way.
 */
#include "engine_host.h"
#include "tap.h"

/* Domain 5 fell and was kept; domain 7 is the guest since, by the operator. */
static void begin_kept(void)
{
	begin(ACTION_PRESERVE);
	crash(5);
	add_domain(7);
	scan();
	tell_config(7, DOMAIN_TYPE_HVM, ACTION_RESTART);
}

static void test_kept(void)
{
	begin_kept();
	fall(7, REASON_REBOOT);
	answer(0);
	answer(0);
	is_text(host.steps, "save destroy create",
		"a kept domain stands in no start's way");
	answer(-EIO);
	pass(60000);
	is_text(host.steps, "save destroy create create",
		"nor in that of the next attempt");
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED &&
	   host.closed.successor.domid == 6, "the guest runs again");
	finish();
}

static void test_kept_after_restart(void)
{
	begin_kept();
	fall(7, REASON_REBOOT);
	answer(0);
	answer(0);
	restart();
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_CREATE,
	   "also where another daemon finds the kept one");
	finish();
}

/* A worker is at a step, and takes its time. */
static void test_while_working(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	add_domain(7);
	scan();
	ok(is_open(CASE_STATE_WORKING), "a worker is left to its step");
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_TAKEN &&
	   host.closed.successor.domid == 7,
	   "the guest that was started meanwhile is not started again");
	is_text(host.steps, "save destroy", "and no start is paid for");
	finish();
}

static void test_half_built(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	build_domain(7);
	answer(0);
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_CREATE,
	   "what never ran may still fail");
	finish();
}

/* It fell before a list showed that it ran. */
static void test_fell_at_once(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	answer(0);
	answer(-EIO);
	ok(is_open(CASE_STATE_WAITING), "a start waits");
	add_domain(7);
	crash(7);
	ok(host.closed.outcome == OUTCOME_TAKEN &&
	   host.closed.successor.domid == 7,
	   "another's start is one, though its domain fell");
	tell_config(7, DOMAIN_TYPE_HVM, ACTION_RESTART);
	pass(10000);
	ok(open_one() && open_one()->id.domid == 7,
	   "and has an incident of its own");
	finish();
}

int main(void)
{
	test_kept();
	test_kept_after_restart();
	test_while_working();
	test_half_built();
	test_fell_at_once();
	return done_testing();
}
