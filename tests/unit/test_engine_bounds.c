/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: what keeps a plan from being done or from going on.
 * The budget, the operator, a time of grace, another's hands, and a
 * configuration that nobody knows.
 */
#include "engine_host.h"
#include "tap.h"

static void test_budget(void)
{
	unsigned int starts = 0;

	begin(ACTION_RESTART);
	for (uint32_t domid = 5; starts < 50; domid++) {
		crash(domid);
		for (int step = 0; step < 3 && open_one(); step++) {
			struct engine_result result = { .text = "" };

			if (is_open(CASE_STATE_WAITING))
				pass(60000);
			if (!is_open(CASE_STATE_WORKING))
				break;
			if (host.step == STEP_DESTROY)
				remove_domain(domid);
			if (host.step == STEP_CREATE) {
				result.new_id = add_domain(domid + 1)->id;
				starts++;
			}
			engine_result(host.engine, host.order, &result,
				      host.now);
		}
		scan();
		tell_config(domid + 1, DOMAIN_TYPE_HVM, ACTION_RESTART);
		if (open_one())
			break;
		host.now.mono_ms += 1000;
	}
	ok(starts == 5 && is_open(CASE_STATE_HELD) &&
	   strstr(open_one()->why, "budget"),
	   "a loop is held after exactly its 5 starts: %u", starts);
	ok(engine_release(host.engine, uuid, host.now) == 0 &&
	   is_open(CASE_STATE_WORKING) && host.step == STEP_CREATE,
	   "a release starts it once more");
	finish();
}

static void test_operator(void)
{
	static const uint8_t nobody[UUID_BYTES] = { 9 };

	begin(ACTION_RESTART);
	ok(engine_hold(host.engine, nobody, host.now) == -ENOENT &&
	   engine_release(host.engine, nobody, host.now) == -ENOENT &&
	   engine_retry(host.engine, uuid, host.now) == -ENOENT,
	   "what is not known cannot be asked for");
	ok(engine_release(host.engine, uuid, host.now) == -EALREADY,
	   "nor can what is so already");
	ok(engine_hold(host.engine, uuid, host.now) == 0 &&
	   host.stored_guest.hold &&
	   engine_hold(host.engine, uuid, host.now) == -EALREADY,
	   "a hold is on record, once");
	crash(5);
	ok(is_open(CASE_STATE_HELD) && !host.steps[0] &&
	   host.stored.state == CASE_STATE_HELD,
	   "a crash in maintenance is recorded, and nothing is done");
	ok(engine_release(host.engine, uuid, host.now) == 0 &&
	   !host.stored_guest.hold && host.step == STEP_SAVE,
	   "a release goes on");
	ok(engine_retry(host.engine, uuid, host.now) == -EALREADY,
	   "what is worked on needs no retry");
	engine_hold(host.engine, uuid, host.now);
	answer(0);
	ok(is_open(CASE_STATE_HELD), "a hold during a step holds the next");
	ok(engine_retry(host.engine, uuid, host.now) == 0 &&
	   host.step == STEP_DESTROY && !host.stored_guest.hold,
	   "a retry ends the hold too");
	finish();
}

static void test_disown(void)
{
	static const uint8_t nobody[UUID_BYTES] = { 9 };

	begin(ACTION_RESTART);
	ok(engine_disown(host.engine, nobody, true, host.now) == -ENOENT,
	   "what is not known cannot be left to another");
	ok(engine_disown(host.engine, uuid, false, host.now) == -EALREADY,
	   "what is ours cannot be taken");
	ok(engine_disown(host.engine, uuid, true, host.now) == 0 &&
	   host.stored_guest.disowned, "a guest is left, and that is on record");
	engine_disown(host.engine, uuid, false, host.now);
	ok(!host.stored_guest.disowned, "and taken back");
	crash(5);
	ok(engine_disown(host.engine, uuid, true, host.now) == -EBUSY,
	   "what is worked on is not left");
	finish();
}

static void test_grace(void)
{
	begin(ACTION_RESTART);
	host.settings->guest.grace_s = 30;
	crash(5);
	pass(29000);
	ok(is_open(CASE_STATE_WAITING) && !host.steps[0], "grace: it waits");
	ok(engine_due_ms(host.engine) == host.now.mono_ms + 1000,
	   "and says until when");
	pass(1000);
	ok(host.step == STEP_SAVE, "then it acts");
	finish();
	begin(ACTION_RESTART);
	host.settings->guest.grace_s = 30;
	crash(5);
	host.list[0].shutdown = false;
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_RESUMED,
	   "unless it went away by itself");
	finish();
}

static void test_other_hands(void)
{
	begin(ACTION_RESTART);
	host.settings->guest.grace_s = 30;
	crash(5);
	remove_domain(5);
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "what another hand destroyed is not started");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	remove_domain(5);
	scan();
	answer(0);
	is_text(host.steps, "save", "nor when that was during a step");
	finish();
	begin(ACTION_RESTART);
	host.settings->guest.restart_limit = 0;
	crash(5);
	answer(0);
	answer(0);
	ok(is_open(CASE_STATE_HELD), "one is held before its start");
	add_domain(9)->paused = true;
	host.list[0].cpu_time_ns = 0;
	scan();
	ok(is_open(CASE_STATE_HELD), "a half-built domain is nobody's start");
	host.list[0].paused = false;
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_TAKEN &&
	   host.closed.successor.domid == 9, "one that runs is");
	finish();
}

static void test_claims(void)
{
	begin(ACTION_RESTART);
	host.claim = ENGINE_CLAIM_UNSETTLED;
	crash(5);
	pass(5000);
	ok(!open_one(), "whose it is may take a while");
	host.claim = ENGINE_CLAIM_OTHER;
	pass(1000);
	pass(1000);
	ok(!open_one() && host.notes[ENGINE_NOTE_DOMAIN_FOREIGN] == 1,
	   "another supervisor's is left to it");
	host.claim = ENGINE_CLAIM_NONE;
	pass(29000);
	scan();
	ok(open_one() != NULL, "and asked about again, seldom");
	finish();
	begin(ACTION_RESTART);
	host.claim = ENGINE_CLAIM_OTHER;
	crash(5);
	host.claim = ENGINE_CLAIM_NONE;
	engine_freed(host.engine, 5, host.now);
	ok(open_one() != NULL, "or taken over when that has ended");
	finish();
}

static void test_unnamed(void)
{
	begin(ACTION_RESTART);
	remove_domain(5);
	add_domain(7)->id.uuid[0] = 0x55;
	scan();
	crash(7);
	pass(9999);
	ok(!open_one(), "a configuration is waited for");
	host.settings->guest.on[REASON_CRASH] = ACTION_DESTROY;
	pass(1);
	ok(!host.steps[0] && host.closed.verdict.action == ACTION_PRESERVE,
	   "a domain that nobody can name is kept");
	finish();
}

int main(void)
{
	test_budget();
	test_operator();
	test_disown();
	test_grace();
	test_other_hands();
	test_claims();
	test_unnamed();
	return done_testing();
}
