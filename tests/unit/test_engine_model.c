/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: the device model of a guest that runs has ended.
 */
#include "engine_host.h"
#include "tap.h"

#define PID 812
#define CAUSE "the device model (QEMU, process 812) ended"

static const struct device_model process = { .pid = PID };

static enum engine_model ended(void)
{
	return engine_model_ended(host.engine, 5, uuid, &process, host.now);
}

/* What the hypervisor is asked for. */
static void test_crash(void)
{
	begin(ACTION_RESTART);
	ok(ended() == ENGINE_MODEL_CRASH && !open_one(),
	   "a HVM guest that runs is to be crashed");
	crash(5);
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_SAVE &&
	   open_one()->verdict.action == ACTION_RESTART,
	   "its policy for a crash is applied");
	ok(!strcmp(open_one()->panic, CAUSE) &&
	   engine_model_is_cause(open_one()->panic),
	   "with the cause: %s", open_one()->panic);
	for (int i = 0; i < 3; i++)
		answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED &&
	   host.closed.successor.domid == 6, "it runs again");
	tell_config(6, DOMAIN_TYPE_HVM, ACTION_RESTART);
	crash(6);
	ok(open_one() && !engine_model_is_cause(open_one()->panic),
	   "the next crash is not its doing");
	finish();
}

static void test_report(void)
{
	begin_guest(DOMAIN_TYPE_HVM, ACTION_RESTART);
	(void)ended();
	crash(5);
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_REPORT,
	   "evidence is taken");
	host.panic = "Kernel panic - not syncing: old";
	answer(0);
	ok(open_one() && !strcmp(open_one()->panic, CAUSE),
	   "what its kernel said before is not the cause");
	finish();
}

static void is_recorded(const char *word)
{
	ok(ended() == ENGINE_MODEL_TOLD && !open_one() &&
	   host.notes[ENGINE_NOTE_CRASH_MISSED] == 1 &&
	   host.stored.state == CASE_STATE_CLOSED &&
	   host.stored.verdict.action == ACTION_LOG &&
	   !strcmp(host.stored.panic, CAUSE) && strstr(host.stored.why, word),
	   "it is recorded, and left: %s", host.stored.why);
}

static void test_left(void)
{
	begin(ACTION_RESTART);
	engine_hold(host.engine, uuid, host.now);
	is_recorded("on hold");
	finish();
	begin(ACTION_RESTART);
	host.claim = ENGINE_CLAIM_OTHER;
	is_recorded("other supervisor");
	finish();
	begin(ACTION_RESTART);
	host.settings->adopt = SETTINGS_ADOPT_NONE;
	is_recorded("adopt is none");
	finish();
	begin(ACTION_RESTART);
	host.settings->guest.on_model_end = SETTINGS_MODEL_LOG;
	is_recorded("on_device_model_end");
	crash(5);
	ok(is_open(CASE_STATE_WORKING) &&
	   !engine_model_is_cause(open_one()->panic),
	   "when it crashes later, that is another incident");
	finish();
	begin_guest(DOMAIN_TYPE_PV, ACTION_RESTART);
	is_recorded("no HVM guest");
	finish();
}

/* Whose device model ends although it does not run for itself. */
static void test_other_ends(void)
{
	static const uint8_t other[UUID_BYTES] = { 9 };

	begin(ACTION_RESTART);
	host.list[0].paused = true;
	scan();
	ok(ended() == ENGINE_MODEL_LATER, "paused: it may be torn down");
	host.list[0].paused = false;
	host.list[0].shutdown = true;
	host.list[0].reason_code = REASON_SUSPEND;
	scan();
	ok(ended() == ENGINE_MODEL_LATER, "suspended: it may be resumed");
	host.list[0].shutdown = false;
	scan();
	host.claim = ENGINE_CLAIM_UNSETTLED;
	ok(ended() == ENGINE_MODEL_LATER, "nobody knows whose it is");
	host.claim = ENGINE_CLAIM_NONE;
	ok(engine_model_ended(host.engine, 5, other, &process, host.now) ==
	   ENGINE_MODEL_TOLD &&
	   engine_model_ended(host.engine, 9, uuid, &process, host.now) ==
	   ENGINE_MODEL_TOLD, "it is another domain's, or nobody's");
	host.list[0].dying = true;
	scan();
	ok(ended() == ENGINE_MODEL_TOLD, "it is being torn down");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	ok(ended() == ENGINE_MODEL_TOLD &&
	   !engine_model_is_cause(open_one()->panic),
	   "it crashed before: that has its own incident");
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 0, "nothing else is told");
	finish();
}

/* The guest runs in domain 5, and domain 7 is its device model. */
static void begin_with_stub(void)
{
	begin(ACTION_RESTART);
	add_domain(7)->id.uuid[0] = 7;
	scan();
}

static void test_stub(void)
{
	const struct device_model stub = { .domid = 7 };

	begin_with_stub();
	ok(engine_model_stub(host.engine, 5, 7, host.now) &&
	   !strcmp(engine_domain(host.engine, 7)->name, "web-dm"),
	   "a stub domain has its guest's name");
	crash(7);
	pass(60000);
	ok(host.notes[ENGINE_NOTE_MODEL_DOWN] == 1 && !open_one() &&
	   host.notes[ENGINE_NOTE_CRASH_MISSED] == 0,
	   "its crash is told, and is no incident of its own");
	ok(engine_model_ended(host.engine, 5, uuid, &stub, host.now) ==
	   ENGINE_MODEL_CRASH, "but one of its guest's");
	crash(5);
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_SAVE,
	   "whose policy is applied");
	is_text(open_one()->panic, "the device model (stub domain 7) ended",
		"with the cause");
	finish();
}

/* Each is down or gone before it is known what it is. */
static void test_late_stub(void)
{
	begin_with_stub();
	crash(7);
	ok(!engine_model_stub(host.engine, 5, 7, host.now) &&
	   host.notes[ENGINE_NOTE_MODEL_DOWN] == 1, "one that is down already");
	pass(60000);
	remove_domain(7);
	scan();
	ok(!open_one() && host.notes[ENGINE_NOTE_CRASH_MISSED] == 0,
	   "is no incident when it goes, either");
	ok(!engine_model_stub(host.engine, 5, 7, host.now) &&
	   !engine_model_stub(host.engine, 5, 5, host.now) &&
	   !engine_model_stub(host.engine, 9, 5, host.now),
	   "what is gone, or itself, serves nobody");
	ok(engine_domain(host.engine, 5)->serves == 0, "and is marked so");
	finish();
}

int main(void)
{
	test_crash();
	test_report();
	test_left();
	test_other_ends();
	test_stub();
	test_late_stub();
	return done_testing();
}
