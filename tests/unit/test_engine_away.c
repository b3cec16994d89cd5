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

/* A copy that was resumed and fell: the disk had no room for the end of the
 * incident that renamed it, but had some for its own. */
static void test_two_on_record(void)
{
	struct incident *older, *newer;

	begin(ACTION_RESTART);
	crash(5);
	older = recorded();
	newer = recorded();
	newer->number++;
	newer->cpu_time_ns = host.list[0].cpu_time_ns += 5000000000;
	domain_copy_uuid(&older->id, older->copy_uuid);
	memcpy(newer->id.uuid, older->copy_uuid, UUID_BYTES);
	memcpy(host.list[0].id.uuid, older->copy_uuid, UUID_BYTES);
	engine_free(host.engine);
	new_engine();
	engine_restore_guest(host.engine, &host.stored_guest);
	engine_restore(host.engine, older, host.now);
	engine_restore(host.engine, newer, host.now);
	scan();
	ok(engine_domain(host.engine, 5)->incident == newer,
	   "of two on record the newer is the domain's");
	finish();
}

/* A domain that was resumed fell again and is kept: its second incident was
 * closed on record when the disk still had no room for the end of the first. */
static void test_older_is_open(void)
{
	struct incident *older, *kept;

	begin(ACTION_RESTART);
	crash(5);
	older = recorded();
	kept = recorded();
	older->state = CASE_STATE_QUEUED;
	kept->number++;
	kept->state = CASE_STATE_CLOSED;
	kept->cpu_time_ns = host.list[0].cpu_time_ns += 5000000000;
	engine_free(host.engine);
	new_engine();
	engine_restore_guest(host.engine, &host.stored_guest);
	engine_restore(host.engine, older, host.now);
	engine_restore(host.engine, kept, host.now);
	host.steps[0] = '\0';
	scan();
	pass(60000);
	ok(engine_domain(host.engine, 5)->state == LIFE_STATE_KEPT &&
	   !open_one(), "a shutdown that was dealt with gets no incident more");
	ok(host.closed.outcome == OUTCOME_RESUMED && !host.steps[0],
	   "and the older one ended when its domain ran again");
	finish();
}

/* Who tells of the configuration begins when xenstored answers. */
static void test_late_config(void)
{
	begin(ACTION_RESTART);
	remove_domain(5);
	add_domain(7)->id.uuid[0] = 0x55;
	engine_set_toolstack(host.engine, false, host.now);
	scan();
	crash(7);
	pass(60000);
	engine_set_toolstack(host.engine, true, host.now);
	scan();
	ok(!open_one() && !host.closed.number,
	   "what could not be known yet is waited for");
	pass(10000);
	ok(host.closed.verdict.action == ACTION_PRESERVE,
	   "for as long as at any other time");
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

/* Each worker ends before it begins, for so many orders. */
static void decline(unsigned int orders)
{
	for (unsigned int i = 0; i < orders && host.order; i++) {
		uint64_t order = host.order;

		host.order = 0;
		engine_unbegun(host.engine, order, "another version",
			       host.now);
		if (!host.order)
			pass(10000);
	}
}

/* While a package is upgraded, for minutes. */
static void test_unbegun(void)
{
	begin(ACTION_RESTART);
	crash(5);
	decline(50);
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_SAVE &&
	   strstr(host.stored.steps[0].text, "not started: another version"),
	   "fifty workers that never began hold nothing, and are on record");
	answer(-EIO);
	pass(60000);
	decline(3);
	answer(-EIO);
	pass(60000);
	answer(0);
	ok(host.step == STEP_DESTROY, "they count for no failure of the step");
	answer(0);
	decline(7);
	ok(host.step == STEP_CREATE && host.stored_guest.budget.count == 1,
	   "and cost a start nothing");
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED,
	   "then it is handled");
	finish();
	begin_guest(DOMAIN_TYPE_PVH, ACTION_COREDUMP_RESTART);
	crash(5);
	decline(9);
	ok(host.step == STEP_REPORT, "no report is left out by them");
	answer(0);
	decline(9);
	ok(host.step == STEP_DUMP, "nor a core");
	answer(0);
	ok(host.step == STEP_SAVE && host.stored.core_path[0],
	   "each is had when there is a worker");
	finish();
}

/* They are asked for seldom, but soon enough. */
static void test_unbegun_waits(void)
{
	static const uint32_t waits_ms[] = { 1000, 2000, 4000, 8000, 8000 };
	unsigned int wrong = 0;

	begin(ACTION_RESTART);
	crash(5);
	for (size_t i = 0; i < 5; i++) {
		uint64_t order = host.order;

		engine_unbegun(host.engine, order, "gone", host.now);
		pass(waits_ms[i] - 1);
		wrong += host.order != order;
		pass(1);
		wrong += host.order == order;
	}
	ok(wrong == 0, "the wait doubles up to eight seconds");
	engine_unbegun(host.engine, host.order, "gone", host.now);
	restart();
	pass(8000);
	is_text(host.steps, "save", "another daemon goes on with it");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	engine_unbegun(host.engine, host.order, "gone", host.now);
	remove_domain(5);
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "what goes meanwhile is not waited for");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	engine_unbegun(host.engine, host.order, "gone", host.now);
	remove_domain(5);
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "nor is what another hand destroyed when we had not begun to");
	finish();
}

/* A worker answers, and the hypervisor's list cannot be had. */
static void test_no_list(void)
{
	struct engine_result saved = { .text = "" };

	begin(ACTION_RESTART);
	crash(5);
	host.list[0].shutdown = false;
	host.list[0].cpu_time_ns += 1000000000;
	engine_unseen(host.engine, host.now);
	engine_result(host.engine, host.order, &saved, host.now);
	pass(0);
	is_text(host.steps, "save", "without a list no step begins");
	ok(engine_due_ms(host.engine) == host.now.mono_ms + 1000,
	   "one is asked for in a second");
	wait_for(1000);
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_RESUMED,
	   "what it shows then is acted on");
	finish();
	begin(ACTION_RESTART);
	engine_unseen(host.engine, host.now);
	scan();
	crash(5);
	is_text(host.steps, "save", "it is over with the next list");
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

/* The row of one guest cannot be written: the others' records can. */
static void test_one_row_fails(void)
{
	static const uint8_t other[UUID_BYTES] = { 7, 7 };

	begin(ACTION_RESTART);
	memcpy(add_domain(9)->id.uuid, other, UUID_BYTES);
	scan();
	host.unwritable = other;
	engine_hold(host.engine, other, host.now);
	crash(5);
	ok(host.records && uuid_equal(host.stored.id.uuid, uuid) &&
	   engine_unrecorded(host.engine) == 0,
	   "one guest's row that cannot be written holds up no other record");
	host.records = 0;
	fall(9, REASON_CRASH);
	pass(10000); /* nobody knows its configuration */
	ok(!host.records && engine_unrecorded(host.engine) == 1,
	   "but its own incident waits for it");
	pass(5000);
	ok(!host.records && engine_due_ms(host.engine) < INT64_MAX,
	   "and goes on waiting");
	host.unwritable = NULL;
	pass(5000);
	ok(host.records && uuid_equal(host.stored.id.uuid, other) &&
	   engine_unrecorded(host.engine) == 0,
	   "until the row is written, which comes first");
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

/* The same when the payment could not be written, nor the start be ordered, at
 * first. */
static void test_paid_once_later(void)
{
	for (int writes = 0; writes < 5; writes++) {
		begin(ACTION_RESTART);
		crash(5);
		answer(0);
		host.record_fails = -EIO;
		host.order_fails = -EAGAIN;
		answer(0);
		host.record_fails = 0;
		host.dies = true;
		host.writes_left = writes;
		pass(10000);
		host.order_fails = 0;
		restart();
		for (int i = 0; i < 3 && host.order &&
		     host.step != STEP_CREATE; i++)
			answer(0);
		if (is_open(CASE_STATE_WAITING))
			pass(60000);
		ok(host.step == STEP_CREATE &&
		   host.stored_guest.budget.count == 1,
		   "killed after %d late records, it pays once", writes);
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
	test_late_config();
	test_two_on_record();
	test_older_is_open();
	test_missed();
	test_fell_again_and_torn_down();
	test_unbegun();
	test_unbegun_waits();
	test_no_list();
	test_full_disk();
	test_one_row_fails();
	test_paid_once();
	test_paid_once_later();
	test_restart();
	test_kept();
	return done_testing();
}
