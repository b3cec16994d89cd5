/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine: what the list shows of a domain beside its shutdown, and what
 * nobody saw: another's teardown and our own, a rename, a run without a witness.
 */
#include "engine_host.h"
#include "tap.h"

static void test_dying(void)
{
	begin(ACTION_RESTART);
	crash(5);
	host.list[0].dying = true;
	answer(0);
	is_text(host.steps, "save", "what another hand tears down is left to it");
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "and nothing is started in its place");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	host.list[0].dying = true;
	host.list[0].cpu_time_ns += 1000000000;
	answer(-ETIMEDOUT);
	wait_for(60000);
	scan();
	is_text(host.steps, "save destroy destroy",
		"what we tear down ourselves does not run, whatever it used");
	host.list[0].shutdown = false;
	answer(-ETIMEDOUT);
	wait_for(60000);
	scan();
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_DESTROY,
	   "nor is it back when it is not shut down");
	answer(0);
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED,
	   "then the guest is started");
	finish();
}

/* A worker of a daemon that died, or an operator, gives it another name. */
static void test_renamed(void)
{
	begin(ACTION_PRESERVE);
	crash(5);
	ok(!open_one() && host.closed.outcome == OUTCOME_KEPT, "it is kept");
	host.list[0].id.uuid[0] ^= 0x80;
	scan();
	wait_for(60000);
	scan();
	ok(host.notes[ENGINE_NOTE_INCIDENT_OPENED] == 1 &&
	   host.notes[ENGINE_NOTE_DOMAIN_GONE] == 0,
	   "under another uuid it is the same that was dealt with");
	finish();
	begin(ACTION_PRESERVE);
	crash(5);
	host.list[0].id.uuid[0] ^= 0x80;
	host.list[0].id.epoch++;
	scan();
	ok(host.notes[ENGINE_NOTE_DOMAIN_GONE] == 1,
	   "in another epoch it is another");
	finish();
}

/* It fell while there was no daemon: nobody knows after how long. */
static void test_unseen_run(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	answer(0);
	answer(0);
	ok(!open_one() && host.stored_guest.budget.streak == 1,
	   "a guest is started again");
	wait_for(7200000);
	host.list[0].shutdown = true;
	host.list[0].reason_code = REASON_CRASH;
	restart();
	pass(20000);
	answer(0);
	ok(host.step == STEP_DESTROY && host.stored_guest.budget.streak == 1,
	   "a run that nobody saw makes no clean count");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	answer(0);
	answer(0);
	tell_config(6, DOMAIN_TYPE_HVM, ACTION_RESTART);
	wait_for(7200000);
	crash(6);
	ok(host.stored_guest.budget.streak == 0, "one that was seen does");
	finish();
}

/* Whatever comes between, one start is paid once. */
static void test_paid(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	answer(0);
	for (int i = 0; i < 2; i++) {
		engine_lost(host.engine, host.order, "killed", host.now);
		pass(60000);
	}
	engine_unbegun(host.engine, host.order, "gone", host.now);
	pass(60000);
	ok(host.step == STEP_CREATE && host.stored_guest.budget.count == 1,
	   "a start whose workers are lost is paid once");
	restart();
	ok(host.order && host.step == STEP_CREATE &&
	   host.stored_guest.budget.count == 1, "also by the next daemon");
	engine_lost(host.engine, host.order, "killed", host.now);
	ok(host.stored_guest.budget.count == 1 && open_one()->paid,
	   "and after that");
	answer(-EIO);
	pass(60000);
	ok(host.stored_guest.budget.count == 2, "one that failed costs another");
	finish();
}

/* Time goes by between the failures. */
static void test_excused(void)
{
	begin(ACTION_RESTART);
	crash(5);
	for (int i = 0; i < 5; i++) {
		engine_set_toolstack(host.engine, false, host.now);
		answer(-EIO);
		pass(60000);
		engine_set_toolstack(host.engine, true, host.now);
		pass(60000);
	}
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_SAVE,
	   "what fails while xenstored is away does not count");
	for (int i = 0; i < 3; i++) {
		answer(-EIO);
		pass(60000);
	}
	ok(is_open(CASE_STATE_HELD), "while it answers it does");
	finish();
}

int main(void)
{
	test_dying();
	test_renamed();
	test_unseen_run();
	test_paid();
	test_excused();
	return done_testing();
}
