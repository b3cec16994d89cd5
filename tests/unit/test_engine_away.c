/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: what is not there for a while.  xenstored, room on the
 * disk, a list that would have shown a crash, and the daemon itself.
 */
#include "engine_host.h"
#include "tap.h"

static unsigned int probes;

static void call_probe(void *ctx)
{
	(void)ctx;
	probes++;
}

static void test_away(void)
{
	begin(ACTION_RESTART);
	engine_set_toolstack(host.engine, false, host.now);
	crash(5);
	pass(100000);
	ok(is_open(CASE_STATE_QUEUED) && !host.steps[0],
	   "xenstored away: seen, recorded, nothing done");
	engine_set_toolstack(host.engine, true, host.now);
	is_text(host.steps, "save", "back: it goes on at once");
	engine_set_toolstack(host.engine, false, host.now);
	for (int i = 0; i < 5; i++) {
		answer(-EIO);
		engine_set_toolstack(host.engine, true, host.now);
		engine_set_toolstack(host.engine, false, host.now);
	}
	ok(!is_open(CASE_STATE_HELD), "a failure meanwhile says nothing");
	finish();
	begin(ACTION_RESTART);
	probes = 0;
	host.calls.probe = call_probe;
	pass(60000);
	crash(5);
	pass(500);
	ok(probes == 1 && !host.steps[0],
	   "nothing begins before xenstored was asked, once");
	engine_set_toolstack(host.engine, true, host.now);
	is_text(host.steps, "save", "its answer lets it begin");
	pass(60000);
	answer(0);
	ok(probes == 2, "the next step asks again");
	engine_set_toolstack(host.engine, false, host.now);
	pass(60000);
	ok(probes == 2 && is_open(CASE_STATE_QUEUED),
	   "and waits when there is no answer");
	finish();
	begin(ACTION_PAUSE);
	engine_set_toolstack(host.engine, false, host.now);
	crash(5);
	is_text(host.steps, "pause", "the hypervisor alone can pause");
	finish();
}

static void test_missed(void)
{
	begin(ACTION_RESTART);
	engine_hint(host.engine, 5, 3);
	remove_domain(5);
	scan();
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 1 &&
	   host.stored.outcome == OUTCOME_VANISHED,
	   "a crash that was only heard of is on record");
	finish();
	begin(ACTION_RESTART);
	engine_hint(host.engine, 5, 3);
	scan();
	remove_domain(5);
	scan();
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 0,
	   "one that the list denied is not");
	finish();
}

/* Two lists show it: running on while a core is taken, and then down once
 * more in another's hands. */
static void test_fell_again_and_torn_down(void)
{
	begin(ACTION_COREDUMP_RESTART);
	crash(5);
	ok(host.step == STEP_DUMP, "a core is being taken");
	host.list[0].cpu_time_ns += 1000000000;
	host.list[0].reason_code = 1;
	host.list[0].dying = true;
	scan();
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_RESUMED,
	   "it ran on: its incident is over");
	remove_domain(5);
	scan();
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 1 &&
	   host.stored.outcome == OUTCOME_VANISHED &&
	   host.stored.reason_code == 1,
	   "the second shutdown, torn down by another hand, is on record");
	finish();
}

static void test_full_disk(void)
{
	begin(ACTION_RESTART);
	host.record_fails = -ENOSPC;
	crash(5);
	answer(0);
	answer(0);
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED &&
	   !host.records, "a full disk stops nothing");
	host.record_fails = 0;
	pass(5000);
	ok(host.stored.state == CASE_STATE_CLOSED &&
	   host.stored_guest.budget.count == 1,
	   "what was not written is written when there is room");
	ok(engine_due_ms(host.engine) == INT64_MAX, "and then all is quiet");
	finish();
}

/* Wherever the daemon dies on its way to the start, that costs one start. */
static void test_paid_once(void)
{
	for (int writes = 0; writes < 5; writes++) {
		begin(ACTION_RESTART);
		crash(5);
		answer(0);
		host.dies = true;
		host.writes_left = writes;
		answer(0);
		restart();
		if (host.order && host.step == STEP_DESTROY)
			answer(0);
		if (is_open(CASE_STATE_WAITING))
			pass(60000);
		ok(host.order && host.step == STEP_CREATE &&
		   host.stored_guest.budget.count == 1,
		   "killed after %d records, it pays once", writes);
		finish();
	}
}

static void test_restart(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	restart();
	is_text(host.steps, "destroy", "a new daemon goes on where it was");
	remove_domain(5);
	answer(0);
	restart();
	is_text(host.steps, "create", "also where the domain is gone already");
	ok(host.stored_guest.budget.count == 1, "the start is paid once");
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED &&
	   host.stored_guest.budget.count == 1, "and done");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	remove_domain(5);
	restart();
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "what went meanwhile is not started");
	finish();
}

static void test_kept(void)
{
	begin(ACTION_PRESERVE);
	crash(5);
	restart();
	pass(60000);
	ok(!open_one() && host.notes[ENGINE_NOTE_INCIDENT_OPENED] == 1,
	   "what was kept is not handled again");
	restart();
	host.list[0].cpu_time_ns += 1000000000;
	scan();
	tell_config(5, DOMAIN_TYPE_HVM, ACTION_PRESERVE);
	pass(10000);
	ok(host.notes[ENGINE_NOTE_INCIDENT_OPENED] == 2,
	   "but its next crash is, though nobody saw it run");
	finish();
}

int main(void)
{
	test_away();
	test_missed();
	test_fell_again_and_torn_down();
	test_full_disk();
	test_paid_once();
	test_restart();
	test_kept();
	return done_testing();
}
