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

/* The time that a domain stands paused while it is built is no healthy run. */
static void test_slow_hand(void)
{
	struct domain_info *built;
	int64_t healthy_ms;

	begin(ACTION_RESTART);
	healthy_ms = (int64_t)host.settings->guest.healthy_s * 1000;
	host.settings->guest.restart_limit = 1;
	crash(5);
	answer(0);
	answer(0);
	answer(-EIO);
	ok(is_open(CASE_STATE_HELD), "the one start that may be fails");
	built = add_domain(9);
	built->paused = true;
	built->cpu_time_ns = 0;
	scan();
	wait_for(healthy_ms);
	scan();
	built->paused = false;
	built->cpu_time_ns = 1000000;
	scan();
	ok(!open_one() && host.closed.successor.domid == 9,
	   "another hand's takes its place when it runs");
	tell_config(9, DOMAIN_TYPE_HVM, ACTION_RESTART);
	crash(9);
	ok(open_one() && host.stored_guest.budget.count == 1,
	   "the time in which it was built was no run");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	answer(0);
	answer(0);
	tell_config(6, DOMAIN_TYPE_HVM, ACTION_RESTART);
	wait_for(healthy_ms);
	crash(6);
	ok(host.stored_guest.budget.count == 0, "as much of a run is");
	finish();
}

/* The window of a start that failed does not begin again with another's. */
static void test_failed_start(void)
{
	int64_t paid_ms;

	begin(ACTION_RESTART);
	host.settings->guest.restart_limit = 1;
	crash(5);
	answer(0);
	answer(0);
	paid_ms = host.now.mono_ms;
	answer(-EIO);
	ok(is_open(CASE_STATE_HELD), "the only start is spent and fails");
	pass(400000);
	add_domain(9);
	scan();
	ok(!open_one() && host.stored_guest.budget.count == 1 &&
	   host.stored_guest.budget.at_ms[0] == paid_ms,
	   "another's start does not make it a new one");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	answer(0);
	engine_lost(host.engine, host.order, "killed", host.now);
	wait_for(4000);
	engine_lost(host.engine, host.order, "killed", host.now);
	engine_lost(host.engine, host.order, "killed", host.now);
	add_domain(9);
	scan();
	ok(!open_one() && host.stored_guest.budget.count == 1 &&
	   host.stored_guest.budget.at_ms[0] == host.now.mono_ms,
	   "one that nobody heard of may be what runs");
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
	ok(is_open(CASE_STATE_WAITING) && !host.steps[0],
	   "another supervisor's is left to it");
	host.claim = ENGINE_CLAIM_UNSETTLED;
	pass(30000);
	ok(is_open(CASE_STATE_WAITING), "and asked about again, seldom");
	host.claim = ENGINE_CLAIM_NONE;
	pass(1000);
	is_text(host.steps, "save", "and soon when nobody could tell");
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

/* A guest that is gone is known while its budget is. */
static void test_forget(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	answer(0);
	answer(0);
	remove_domain(6);
	scan();
	pass(599000);
	engine_forget(host.engine, host.now);
	ok(engine_guest(host.engine, uuid) != NULL,
	   "a start that counts is not forgotten");
	pass(2000);
	engine_forget(host.engine, host.now);
	ok(engine_guest(host.engine, uuid) == NULL,
	   "one that counts no more is, with its guest");
	finish();
	begin(ACTION_RESTART);
	pass(3600000);
	engine_forget(host.engine, host.now);
	ok(engine_guest(host.engine, uuid) != NULL,
	   "a guest that runs is known");
	engine_hold(host.engine, uuid, host.now);
	remove_domain(5);
	scan();
	engine_forget(host.engine, host.now);
	ok(engine_guest(host.engine, uuid) != NULL,
	   "and one in maintenance is");
	finish();
}

/* Domain 6 was started after a crash of domain 5, which is on record. */
static void begin_started(void)
{
	begin(ACTION_RESTART);
	crash(5);
	while (open_one())
		answer(0);
}

/* Its domain is there, so its guest is not forgotten; its starts are. */
static void test_expire(void)
{
	const struct guest *guest;

	begin_started();
	guest = engine_guest(host.engine, uuid);
	pass(599000);
	engine_forget(host.engine, host.now);
	ok(guest->budget.streak == 1 && guest->budget.count == 1,
	   "a start that counts is kept");
	pass(2000);
	engine_forget(host.engine, host.now);
	ok(!guest->budget.streak && !guest->budget.count,
	   "one that is long ago is not, while its guest runs");
	pass(10000);
	ok(!host.stored_guest.budget.streak, "which is on record");
	finish();
}

/* It fell while there was no daemon, nobody knows when. */
static void test_expire_unseen(void)
{
	struct guest stored;

	begin_started();
	stored = host.stored_guest;
	wait_for(7200000);
	host.list[0].shutdown = true;
	host.list[0].reason_code = REASON_CRASH;
	engine_free(host.engine);
	new_engine();
	engine_restore_guest(host.engine, &stored);
	scan();
	engine_forget(host.engine, host.now);
	ok(engine_guest(host.engine, uuid)->budget.streak == 1,
	   "those of one that fell unseen count");
	finish();
}

int main(void)
{
	test_budget();
	test_operator();
	test_disown();
	test_grace();
	test_other_hands();
	test_slow_hand();
	test_failed_start();
	test_claims();
	test_unnamed();
	test_forget();
	test_expire();
	test_expire_unseen();
	return done_testing();
}
