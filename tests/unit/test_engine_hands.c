/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine: a guest that another hand starts while its restart is due, and
 * domains that were kept.  What a worker finds on the host is tests/attack's.
 */
#include "engine_host.h"
#include "tap.h"

static void answer_taken(const struct domain_id *id)
{
	struct engine_result result = {
		.rc = -EALREADY, .text = "another hand runs it", .new_id = *id,
	};

	scan();
	engine_result(host.engine, host.order, &result, host.now);
}

/* Domain 5 fell and is gone; a worker is at the start of its successor. */
static void begin_create(enum action action)
{
	begin(action);
	crash(5);
	answer_until(STEP_CREATE);
}

static void test_taken_answer(void)
{
	struct domain_info *other;
	unsigned int failed;

	begin_create(ACTION_RESTART);
	failed = host.notes[ENGINE_NOTE_STEP_FAILED];
	other = add_domain(7);
	other->paused = true;
	other->cpu_time_ns = 0;
	answer_taken(&other->id);
	ok(!open_one() && host.closed.outcome == OUTCOME_TAKEN,
	   "a guest that another hand built is taken");
	ok(host.closed.successor.domid == 7, "by the domain that was found");
	ok(host.notes[ENGINE_NOTE_STEP_FAILED] == failed,
	   "which is no failure");
	is_text(host.steps, "save destroy create", "and not tried again");
	finish();
}

static void test_taken_first(void)
{
	begin_guest(DOMAIN_TYPE_PVH, ACTION_COREDUMP_RESTART);
	host.settings->guest.report = SETTINGS_REPORT_NONE;
	host.settings->guest.restart_first = 1;
	host.settings->guest.loop_cores = 2;
	crash(5);
	answer_until(STEP_CREATE);
	answer_taken(&add_domain(7)->id);
	ok(open_one() && host.step == STEP_DUMP &&
	   open_one()->successor.domid == 7,
	   "the core of one set aside comes after another hand's start");
	finish();
}

static void test_after_failure(void)
{
	begin_create(ACTION_RESTART);
	answer(-EIO);
	ok(open_one() != NULL, "a start that failed is tried again");
	add_domain(7);
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_TAKEN,
	   "but what runs after it is another hand's");
	finish();
	begin_create(ACTION_RESTART);
	add_domain(7);
	restart();
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED,
	   "what runs after a start that nobody heard of is ours");
	finish();
}

/* The order is done, and domain DOMID, which was destroyed, is gone. */
static void answer_destroyed(uint32_t domid)
{
	struct engine_result result = { .rc = 0, .text = "so it was" };

	remove_domain(domid);
	scan();
	engine_result(host.engine, host.order, &result, host.now);
}

/* Domain 5 was kept; the guest, started again as domain 6, falls. */
static void test_kept(void)
{
	begin(ACTION_PRESERVE);
	crash(5);
	ok(!open_one() && host.closed.outcome == OUTCOME_KEPT,
	   "a domain is kept");
	add_domain(6);
	scan();
	tell_config(6, DOMAIN_TYPE_HVM, ACTION_RESTART);
	host.settings->guest.backoff_min_s = 60;
	crash(6);
	answer(0);
	answer_destroyed(6);
	answer(-EIO);
	ok(is_open(CASE_STATE_WAITING), "its guest's start waits");
	scan();
	ok(is_open(CASE_STATE_WAITING), "and is not taken by the one kept");
	pass(120000);
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_CREATE,
	   "but carried out");
	finish();
}

/* It was started and fell between two lists. */
static void test_fell_at_once(void)
{
	begin_create(ACTION_RESTART);
	host.settings->guest.backoff_min_s = 60;
	answer(-EIO);
	add_domain(7)->shutdown = true;
	host.list[host.count - 1].reason_code = REASON_CRASH;
	scan();
	ok(host.closed.outcome == OUTCOME_TAKEN,
	   "one that fell before it was seen to run has taken the guest");
	finish();
}

int main(void)
{
	test_taken_answer();
	test_taken_first();
	test_after_failure();
	test_kept();
	test_fell_at_once();
	return done_testing();
}
