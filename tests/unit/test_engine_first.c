/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine: a successor that starts before its predecessor's core is taken,
 * each way in which that ends otherwise, and a restart of ours in between.
 */
#include "engine_host.h"
#include "tap.h"

/* The guest falls in domain 5. */
static void begin_first(uint32_t loop_cores, uint32_t restart_limit)
{
	begin_guest(DOMAIN_TYPE_PVH, ACTION_COREDUMP_RESTART);
	host.settings->guest.report = SETTINGS_REPORT_NONE;
	host.settings->guest.restart_first = 1;
	host.settings->guest.loop_cores = loop_cores;
	host.settings->guest.restart_limit = restart_limit;
	crash(5);
}

static void tell_successor(void)
{
	tell_config(6, DOMAIN_TYPE_PVH, ACTION_COREDUMP_RESTART);
}

static void look_again(int64_t ms)
{
	wait_for(ms);
	scan();
}

static unsigned int opened(void)
{
	return host.notes[ENGINE_NOTE_INCIDENT_OPENED];
}

static unsigned int closed(void)
{
	return host.notes[ENGINE_NOTE_INCIDENT_CLOSED];
}

static unsigned int fell_back(void)
{
	return host.notes[ENGINE_NOTE_FELL_BACK];
}

/* Answers well until STEP is ordered, or nothing is any more. */
static void go_to(enum step step)
{
	for (int i = 0; i < 20 && !closed() && host.step != step; i++)
		answer(0);
}

/* The present order is for the domain that fell, under its other name. */
static bool aims_at_copy(void)
{
	struct domain_id copy = host.aim;

	memcpy(copy.uuid, uuid, UUID_BYTES);
	domain_copy_uuid(&copy, copy.uuid);
	return host.aim.domid == 5 && uuid_equal(host.aim.uuid, copy.uuid);
}

static bool is_handled(void)
{
	return closed() == 1 &&
	       host.closed.outcome == OUTCOME_HANDLED &&
	       host.closed.successor.domid == 6 && opened() == 1;
}

/* We are killed in the step, and another of us takes up what is on record. */
static void restart_in_step(bool started)
{
	if (started)
		add_domain(6);
	restart();
	tell_successor();
}

/* --- tests --- */

static void test_whole(void)
{
	begin_first(2, 5);
	go_to(STEP_RELEASE);
	ok(aims_at_copy() && host.other.uuid[0] == 0,
	   "after the rename the orders are for the copy");
	go_to(STEP_CREATE);
	ok(uuid_equal(host.aim.uuid, uuid), "the start is the guest's own");
	go_to(STEP_DUMP);
	ok(aims_at_copy(), "the core is the copy's");
	go_to(STEP_END);
	is_text(host.steps, "save room rename release create dump destroy",
		"it starts first, and takes its core then");
	ok(is_handled() && uuid_equal(host.closed.id.uuid, uuid) &&
	   strcmp(host.closed.name, "web") == 0 &&
	   strcmp(host.closed.core_path, "/cores/one") == 0,
	   "the record is the guest's, with the core");
	look_again(60000);
	ok(opened() == 1 && host.count == 1, "and it is done once");
	finish();
}

/* What each failure before the start leads to. */
static void test_falls_back(void)
{
	static const struct {
		enum step step;
		int rc;
		const char *steps;
	} cases[] = {
		{ STEP_SAVE, -EIO, "save dump save destroy create" },
		{ STEP_ROOM, -ENOMEM, "save room dump save destroy create" },
		{ STEP_ROOM, -EOPNOTSUPP,
		  "save room dump save destroy create" },
		{ STEP_RENAME, -EIO, "save room rename dump destroy create" },
		{ STEP_RELEASE, -ETIMEDOUT,
		  "save room rename release dump destroy create" },
		{ STEP_CREATE, -ENOMEM, "save room rename release create dump "
		  "destroy create" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin_first(2, 5);
		go_to(cases[i].step);
		answer(cases[i].rc);
		for (int step = 0; step < 9 && !closed(); step++) {
			answer(0);
			look_again(20000);
		}
		is_text(host.steps, cases[i].steps, "%s fails: \"%s\"",
			step_name(cases[i].step), cases[i].steps);
		ok(is_handled() && fell_back() == 1 &&
		   host.closed.verdict.wanted == ACTION_RESTART_FIRST &&
		   host.closed.verdict.action == ACTION_COREDUMP_RESTART &&
		   strstr(host.closed.why, "so it was") &&
		   strstr(host.closed.why, step_name(cases[i].step)),
		   "handled in the ordinary order, with the reason on record");
		finish();
	}
}

/* The last core that the loop's limit allows, taken after the start. */
static void test_last_core(void)
{
	begin_first(1, 5);
	go_to(STEP_END);
	is_text(host.steps, "save room rename release create dump destroy",
		"the only core of a loop is taken, too");
	ok(is_handled() && host.closed.core_path[0], "and on record");
	finish();
	begin_first(1, 5);
	go_to(STEP_CREATE);
	restart_in_step(false);
	go_to(STEP_END);
	ok(is_handled() && host.closed.core_path[0],
	   "also by the daemon that comes after");
	finish();
}

static void test_in_vain(void)
{
	begin_first(0, 5);
	is_text(host.steps, "save", "without a core to be taken it is a plain "
		"restart");
	ok(host.stored.verdict.action == ACTION_COREDUMP_RESTART &&
	   fell_back() == 1, "and that is on record");
	finish();
	begin_first(2, 0);
	is_text(host.steps, "dump", "a start that has to wait is no reason to "
		"let the core wait");
	finish();
}

static void test_lost(void)
{
	begin_first(2, 5);
	go_to(STEP_RELEASE);
	for (int i = 0; i < 3; i++)
		engine_lost(host.engine, host.order, "killed", host.now);
	ok(host.step == STEP_DUMP && fell_back() == 1,
	   "three workers lost: the ordinary order");
	finish();
	begin_first(2, 5);
	go_to(STEP_RENAME);
	remove_domain(5);
	answer(-ESTALE);
	ok(closed() && host.closed.outcome == OUTCOME_VANISHED,
	   "a domain that is gone has no successor");
	finish();
	begin_first(2, 5);
	go_to(STEP_RELEASE);
	answer(-EBUSY);
	ok(closed() && host.closed.outcome == OUTCOME_RESUMED,
	   "one that runs again is left alone");
	finish();
}

/* Another hand destroys the copy, which was ours to end. */
static void test_copy_gone(void)
{
	begin_first(2, 5);
	go_to(STEP_DUMP);
	remove_domain(5);
	answer(-ESTALE);
	ok(host.step == STEP_DESTROY, "a copy that is gone gives no core");
	answer(0);
	ok(is_handled(), "and all is handled");
	finish();
}

/* Another hand lets the copy run, and removes it when it has fallen again: that
 * is not our doing before our own end of it has begun. */
static void test_copy_fell_again(void)
{
	begin_first(2, 5);
	go_to(STEP_RELEASE);
	host.list[0].shutdown = false;
	host.list[0].cpu_time_ns += 5000000000;
	scan();
	host.list[0].cpu_time_ns += 5000000000;
	crash(5);
	host.list[0].dying = true;
	scan();
	remove_domain(5);
	scan();
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 1,
	   "a copy that ran and fell again, and is gone, is on record");
	go_to(STEP_END);
	ok(is_handled(), "and its incident goes on to its end");
	finish();
}

/* The same when our own end of it begins while it is being removed. */
static void test_copy_fell_again_late(void)
{
	begin_first(2, 5);
	go_to(STEP_DUMP);
	host.list[0].cpu_time_ns += 5000000000;
	host.list[0].dying = true;
	scan();
	answer(0);
	ok(host.step == STEP_DESTROY, "our own end of the copy begins");
	remove_domain(5);
	scan();
	answer(0);
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 1 && is_handled(),
	   "that it fell again before is on record, once");
	finish();
}

static void test_copy_stays(void)
{
	begin_first(2, 5);
	go_to(STEP_DESTROY);
	for (int i = 0; i < 3; i++) {
		answer(-ETIMEDOUT);
		look_again(60000);
	}
	ok(closed() == 1 && host.closed.outcome == OUTCOME_FAILED &&
	   strstr(host.closed.why, "destroy failed"),
	   "a copy that does not go is given up, with the reason");
	scan();
	ok(opened() == 1, "and is no new incident");
	tell_successor();
	crash(6);
	ok(opened() == 2, "the guest itself is looked after as ever");
	finish();
}

/* Its successor falls while the core is taken. */
static void test_falls_again(void)
{
	begin_first(2, 5);
	go_to(STEP_DUMP);
	tell_successor();
	crash(6);
	look_again(20000);
	ok(opened() == 1, "one incident of a guest at a time");
	answer(0);
	answer(0);
	ok(closed() == 1 && opened() == 2,
	   "the next begins when that one ends");
	finish();
}

/* For so long that the log of attempts forgets how it began. */
static void test_no_worker_for_long(void)
{
	begin_first(2, 5);
	go_to(STEP_ROOM);
	host.order_fails = -EAGAIN;
	answer(0);
	for (int i = 0; i < 200; i++)
		pass(8000);
	host.order_fails = 0;
	pass(8000);
	ok(host.step == STEP_RENAME, "the rename is made when there is one");
	host.order_fails = -EAGAIN;
	answer(0);
	for (int i = 0; i < 200; i++)
		pass(8000);
	ok(open_one()->step_count < 12, "equal attempts are few on record: %u",
	   open_one()->step_count);
	host.order_fails = 0;
	pass(8000);
	go_to(STEP_DUMP);
	ok(aims_at_copy(), "the core is the copy's");
	go_to(STEP_END);
	ok(is_handled() && host.count == 1, "which is ended");
	finish();
}

static void test_restarted(void)
{
	static const enum step steps[] = { STEP_SAVE, STEP_ROOM, STEP_RENAME,
					   STEP_RELEASE, STEP_CREATE,
					   STEP_DUMP, STEP_DESTROY };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		begin_first(2, 5);
		go_to(steps[i]);
		restart_in_step(false);
		ok(host.step == steps[i], "killed in %s: it is done anew",
		   step_name(steps[i]));
		for (int step = 0; step < 9 && !closed(); step++)
			answer(0);
		ok(is_handled(), "and the rest after it");
		finish();
	}
}

static void test_unheard(void)
{
	begin_first(2, 5);
	go_to(STEP_CREATE);
	restart_in_step(true);
	is_text(host.steps, "dump", "a start nobody heard the end of is not "
		"made again");
	answer(0);
	answer(0);
	ok(is_handled(), "what is left is done");
	finish();
	begin_first(2, 5);
	go_to(STEP_RELEASE);
	answer(-EIO);
	restart_in_step(true);
	is_text(host.steps, "dump", "another hand's start leaves the copy to "
		"be ended");
	answer(0);
	answer(0);
	ok(is_handled() && !strstr(host.steps, "create"),
	   "and nothing to be started");
	finish();
}

/* As when its configuration was lost with a full disk: the copy's core and end
 * come first then, and the start after them. */
static void test_not_ordered(void)
{
	begin_first(5, 1);
	go_to(STEP_RELEASE);
	host.order_fails = -ENOENT;
	answer(0);
	for (int i = 0; i < 5 && !fell_back(); i++)
		pass(2000);
	host.order_fails = 0;
	pass(8000);
	ok(fell_back() == 1, "a start that could not be ordered comes last");
	host.step = STEP_DUMP;
	go_to(STEP_CREATE);
	ok(host.step == STEP_CREATE && is_open(CASE_STATE_WORKING),
	   "and is not paid twice: the only one of the budget is left for it");
	finish();
}

int main(void)
{
	test_whole();
	test_falls_back();
	test_last_core();
	test_in_vain();
	test_lost();
	test_copy_gone();
	test_copy_fell_again();
	test_copy_fell_again_late();
	test_copy_stays();
	test_falls_again();
	test_no_worker_for_long();
	test_restarted();
	test_unheard();
	test_not_ordered();
	return done_testing();
}
