/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine: a driver domain's restart, after which its guests get their
 * devices back; and that nothing about that keeps the driver domain.
 */
#include "engine_host.h"
#include "tap.h"

static void begin_driver(enum action action)
{
	begin(action);
	host.settings->guest.reattach_devices = 1;
	crash(5);
}

static unsigned int closed(void)
{
	return host.notes[ENGINE_NOTE_INCIDENT_CLOSED];
}

static bool is_handled(void)
{
	return closed() == 1 && host.closed.outcome == OUTCOME_HANDLED &&
	       host.closed.successor.domid == 6;
}

/* Until the devices' turn has come. */
static void go_to_devices(void)
{
	begin_driver(ACTION_RESTART);
	answer_until(STEP_REATTACH);
}

static void test_plan(void)
{
	go_to_devices();
	ok(host.aim.domid == 5 && host.aim.epoch == 105 &&
	   host.other.domid == 6, "the order says which domain served the "
	   "devices, and which does now");
	ok(host.stored_guest.budget.count == 1 && !closed(), "the restart is done");
	answer(0);
	is_text(host.steps, "save destroy create reattach",
		"a driver domain's guests get their devices after its restart");
	ok(is_handled(), "once");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	for (int i = 0; i < 3; i++)
		answer(0);
	is_text(host.steps, "save destroy create", "without the setting they do not");
	ok(is_handled(), "and the restart is the end");
	finish();
}

static void test_no_start(void)
{
	begin_driver(ACTION_DESTROY);
	answer(0);
	is_text(host.steps, "destroy", "without a start there is nobody to serve them");
	finish();
	begin_driver(ACTION_SOFT_RESET);
	answer(0);
	answer(0);
	is_text(host.steps, "save soft-reset", "after a soft reset they are served still");
	finish();
}

/* The copy's end comes first: its backends go with it. */
static void test_first(void)
{
	begin_guest(DOMAIN_TYPE_PVH, ACTION_COREDUMP_RESTART);
	host.settings->guest.report = SETTINGS_REPORT_NONE;
	host.settings->guest.restart_first = 1;
	host.settings->guest.reattach_devices = 1;
	crash(5);
	answer_until(STEP_REATTACH);
	answer(0);
	is_text(host.steps, "save room rename release create dump destroy reattach",
		"of one that starts first they come last");
	ok(is_handled(), "and that is the end of it");
	finish();
}

static void test_fails(void)
{
	static const int ways[] = { -EIO, -ESTALE, -EBUSY, -ETIMEDOUT };

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		go_to_devices();
		answer(ways[i]);
		ok(is_handled() && host.count == 1,
		   "devices that cannot be given back are no failed restart (%d)",
		   ways[i]);
		finish();
	}
}

static void lose(void)
{
	engine_lost(host.engine, host.order, "killed", host.now);
}

static void test_lost(void)
{
	go_to_devices();
	lose();
	is_text(host.steps, "save destroy create reattach reattach",
		"a worker that is killed at it is replaced");
	lose();
	ok(is_handled(), "and a second one is the last");
	finish();
}

static void test_xenstored_away(void)
{
	go_to_devices();
	engine_set_toolstack(host.engine, false, host.now);
	answer(-EIO);
	ok(is_open(CASE_STATE_QUEUED), "it waits for a xenstored that is away");
	engine_set_toolstack(host.engine, true, host.now);
	answer(0);
	is_text(host.steps, "save destroy create reattach reattach",
		"and is done then");
	ok(is_handled(), "well");
	finish();
}

static void test_refused(void)
{
	begin_driver(ACTION_RESTART);
	answer_until(STEP_CREATE);
	host.order_fails = -EIO;
	answer(0);
	for (int i = 0; i < 10; i++)
		pass(10000);
	ok(is_handled(), "an order that cannot be given holds nothing");
	finish();
}

/* We are killed in the step: it was on record before it was ordered. */
static void test_restart(void)
{
	go_to_devices();
	restart();
	ok(host.step == STEP_REATTACH && host.aim.domid == 5 &&
	   host.other.domid == 6, "the daemon that comes after does it again");
	answer(0);
	ok(is_handled(), "and closes the incident");
	restart();
	ok(!host.order, "one that is closed is left");
	finish();
}

/* We are killed in the start, whose worker ended it. */
static void test_unheard(void)
{
	begin_driver(ACTION_RESTART);
	answer_until(STEP_CREATE);
	add_domain(6);
	restart();
	ok(host.step == STEP_REATTACH && host.other.domid == 6,
	   "a start whose end nobody heard of is followed by it, too");
	answer(0);
	ok(is_handled(), "and was ours");
	finish();
}

static void test_taken(void)
{
	begin_driver(ACTION_RESTART);
	answer_until(STEP_CREATE);
	answer(-EIO);
	add_domain(7);
	scan();
	ok(closed() == 1 && host.closed.outcome == OUTCOME_TAKEN &&
	   host.closed.successor.domid == 7,
	   "who else starts it sees to its guests");
	is_text(host.steps, "save destroy create", "nothing is done for them");
	finish();
}

/* The worker of a start finds the other hand's domain; the copy is left to us. */
static void test_taken_first(void)
{
	struct engine_result taken = { .rc = -EALREADY, .text = "taken" };

	begin_guest(DOMAIN_TYPE_PVH, ACTION_COREDUMP_RESTART);
	host.settings->guest.report = SETTINGS_REPORT_NONE;
	host.settings->guest.restart_first = 1;
	host.settings->guest.reattach_devices = 1;
	crash(5);
	answer_until(STEP_CREATE);
	taken.new_id = add_domain(7)->id;
	engine_result(host.engine, host.order, &taken, host.now);
	for (int i = 0; i < 3 && !closed(); i++)
		answer(0);
	is_text(host.steps, "save room rename release create dump destroy",
		"nor where its worker finds that out");
	ok(closed() == 1 && host.closed.successor.domid == 7,
	   "the copy is removed all the same");
	finish();
}

/* The guests went with the host. */
static void test_rebooted(void)
{
	struct incident *incident;

	go_to_devices();
	host.count = 0;
	incident = recorded();
	incident->rebooted = true;
	engine_free(host.engine);
	new_engine();
	engine_restore_guest(host.engine, &host.stored_guest);
	engine_restore(host.engine, incident, host.now);
	host.order = 0;
	scan();
	ok(!host.order && closed() == 1,
	   "after a boot of the host there is nothing to be given back");
	finish();
}

static void test_may_mend(void)
{
	const struct domain *domain;

	begin(ACTION_RESTART);
	domain = engine_domain(host.engine, 5);
	ok(engine_may_reattach(host.engine, domain), "a guest's devices may be touched");
	engine_hold(host.engine, uuid, host.now);
	ok(!engine_may_reattach(host.engine, domain), "not while it is on hold");
	engine_release(host.engine, uuid, host.now);
	host.settings->adopt = SETTINGS_ADOPT_NONE;
	ok(!engine_may_reattach(host.engine, domain), "nor when none is ours");
	host.settings->adopt = SETTINGS_ADOPT_ORPHANS;
	engine_disown(host.engine, uuid, true, host.now);
	ok(!engine_may_reattach(host.engine, domain), "nor of one that is disowned");
	engine_disown(host.engine, uuid, false, host.now);
	ok(engine_may_reattach(host.engine, domain), "until it is ours again");
	crash(5);
	ok(!engine_may_reattach(host.engine, domain), "nor of one that is down");
	finish();
}

int main(void)
{
	test_plan();
	test_no_start();
	test_first();
	test_fails();
	test_lost();
	test_xenstored_away();
	test_refused();
	test_restart();
	test_unheard();
	test_taken();
	test_taken_first();
	test_rebooted();
	test_may_mend();
	return done_testing();
}
