/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: a guest whose file has no uuid is started by hand
 * while its restart is due.  Its new domain shows nothing but its name.
 */
#include "engine_host.h"
#include "tap.h"

static const uint8_t other[UUID_BYTES] = { 9, 9, 9 };

static struct domain_info *add_other(uint32_t domid)
{
	struct domain_info *info = add_domain(domid);

	memcpy(info->id.uuid, other, UUID_BYTES);
	return info;
}

/* The watcher's word on that domain. */
static void tell_name(uint32_t domid, const char *name)
{
	struct domain_config config = { .type = DOMAIN_TYPE_HVM };

	strcpy(config.name, name);
	scan();
	engine_config(host.engine, domid, other, &config, host.now);
}

/* Domain 5 fell and is gone, a worker is at the one start that there is. */
static void begin_last_start(void)
{
	begin(ACTION_RESTART);
	host.settings->guest.restart_limit = 1;
	host.settings->guest.backoff_min_s = 0;
	crash(5);
	answer_until(STEP_CREATE);
}

/* Domain 5 fell and is gone; the next attempt to start its guest waits. */
static void begin_waiting(void)
{
	begin(ACTION_RESTART);
	host.settings->guest.backoff_min_s = 60;
	crash(5);
	answer_until(STEP_CREATE);
	answer(-EIO);
}

/* The same, and it is held: the budget is spent. */
static void begin_held(void)
{
	begin_last_start();
	answer(-EIO);
}

static bool is_taken_by(uint32_t domid)
{
	return !open_one() && host.closed.outcome == OUTCOME_TAKEN &&
	       host.closed.successor.domid == domid;
}

static void test_waiting(void)
{
	begin_waiting();
	ok(is_open(CASE_STATE_WAITING), "a start waits");
	add_other(7);
	scan();
	ok(is_open(CASE_STATE_WAITING), "a domain of another uuid is no start");
	tell_name(7, "web");
	ok(is_taken_by(7), "but is one when it has the guest's name");
	is_text(host.closed.why,
		"domain 7, of another uuid, has its name and runs",
		"which the incident says");
	pass(600000);
	is_text(host.steps, "save destroy create", "nothing more is tried");
	ok(engine_guest(host.engine, uuid)->budget.count == 1,
	   "or paid for");
	finish();
}

static void test_held(void)
{
	begin_held();
	ok(is_open(CASE_STATE_HELD), "a guest is held");
	add_other(7);
	tell_name(7, "webserver");
	ok(is_open(CASE_STATE_HELD), "another name is another guest's");
	tell_name(7, "web");
	ok(is_taken_by(7), "that name ends the incident");
	finish();
}

/* By xenstore alone: it has no record of libxl's. */
static void test_named(void)
{
	begin_waiting();
	add_other(7);
	scan();
	engine_named(host.engine, 7, other, "web", PEER_NONE, host.now);
	ok(is_taken_by(7), "xenstore's name is a name");
	finish();
}

static void test_half_built(void)
{
	struct domain_info *info;

	begin_waiting();
	info = add_other(7);
	info->paused = true;
	info->cpu_time_ns = 0;
	tell_name(7, "web");
	ok(is_open(CASE_STATE_WAITING), "one half built may still fail");
	info->paused = false;
	scan();
	ok(is_taken_by(7), "as soon as it runs it has the guest");
	finish();
}

/* It was down all the time, and is told to run. */
static void test_resumed(void)
{
	begin_waiting();
	add_other(7);
	scan();
	fall(7, REASON_SUSPEND);
	tell_name(7, "web");
	ok(is_open(CASE_STATE_WAITING), "one that is suspended does not run");
	host.list[0].shutdown = false;
	scan();
	ok(is_taken_by(7), "as soon as it runs again it has the guest");
	finish();
}

static void test_kept(void)
{
	begin_waiting();
	add_other(7);
	fall(7, REASON_CRASH);
	tell_name(7, "web");
	ok(open_one() && open_one()->id.domid == 5,
	   "one that does not run takes nothing");
	finish();
	begin_held();
	add_other(7)->dying = true;
	tell_name(7, "web");
	ok(is_open(CASE_STATE_HELD), "nor does one that is torn down");
	finish();
}

/* A worker is at it, and holds the guest in the end: no event comes after. */
static void test_while_working(void)
{
	begin_last_start();
	add_other(7);
	tell_name(7, "web");
	ok(is_open(CASE_STATE_WORKING), "a worker is left to its step");
	answer(-EIO);
	ok(is_taken_by(7), "and what it met counts when it ends");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	answer_until(STEP_DESTROY);
	add_other(7);
	tell_name(7, "web");
	answer(-EIO);
	ok(is_taken_by(7), "also where its step is to be tried again");
	finish();
}

/* It had that name when it ran last, says its record. */
static void test_old_name(void)
{
	struct guest guest = { .name = "web" };

	begin_held();
	memcpy(guest.uuid, other, UUID_BYTES);
	engine_restore_guest(host.engine, &guest);
	add_other(7);
	scan();
	ok(is_open(CASE_STATE_HELD), "a name of before is no name");
	tell_name(7, "web2");
	ok(is_open(CASE_STATE_HELD), "nor when it has another now");
	tell_name(7, "web");
	ok(is_taken_by(7), "a rename counts");
	finish();
}

/* Domain 5 was renamed, kept, and is told to run; the guest is domain 6. */
static void test_copy(void)
{
	begin(ACTION_RENAME_RESTART);
	crash(5);
	while (open_one())
		answer(0);
	host.list[0].shutdown = false;
	scan();
	crash(6);
	tell_config(6, DOMAIN_TYPE_HVM, ACTION_RESTART);
	ok(open_one() && open_one()->id.domid == 6,
	   "a copy that runs has another name");
	while (open_one() && host.step != STEP_DESTROY)
		answer(0);
	ok(is_open(CASE_STATE_WORKING), "and takes no start over");
	finish();
}

/* What was never heard of again is ours by its uuid only. */
static void test_unheard(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer_until(STEP_CREATE);
	restart();
	ok(is_open(CASE_STATE_WORKING) && host.step == STEP_CREATE,
	   "a start that nobody heard the end of is done once more");
	host.settings->guest.backoff_min_s = 60;
	engine_lost(host.engine, host.order, "killed", host.now);
	add_other(7);
	tell_name(7, "web");
	engine_lost(host.engine, host.order, "killed", host.now);
	ok(is_taken_by(7), "another uuid is no start of ours");
	finish();
}

/* What is left of a restart-first is the end of the copy. */
static void test_first(void)
{
	begin_guest(DOMAIN_TYPE_PVH, ACTION_COREDUMP_RESTART);
	host.settings->guest.report = SETTINGS_REPORT_NONE;
	host.settings->guest.restart_first = 1;
	host.settings->guest.loop_cores = 2;
	crash(5);
	answer_until(STEP_RELEASE);
	add_other(7);
	tell_name(7, "web");
	answer(0);
	ok(open_one() && (host.step == STEP_DUMP || host.step == STEP_DESTROY),
	   "one set aside has its core and its end");
	while (open_one())
		answer(0);
	ok(!strstr(host.steps, "create"), "and no start");
	finish();
}

/* One guest that only destroys has nothing to be taken. */
static void test_no_start(void)
{
	begin(ACTION_DESTROY);
	crash(5);
	add_other(7);
	tell_name(7, "web");
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED,
	   "what has no start before it goes on");
	finish();
}

int main(void)
{
	test_waiting();
	test_held();
	test_named();
	test_half_built();
	test_resumed();
	test_kept();
	test_while_working();
	test_old_name();
	test_copy();
	test_unheard();
	test_first();
	test_no_start();
	return done_testing();
}
