/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: what a boot of the host leaves of an incident.
 * A start that was pending is asked about, a domain that fell is gone.
 */
#include "engine_host.h"
#include "tap.h"

/* Power is lost, and comes back after six hours. */
static void lose_power(void)
{
	host.count = 0;
	host.now.mono_ms = 20000;
	host.now.wall_ms += 6 * 3600 * 1000;
	host.stored.rebooted = true; /* as the store says of it */
	host.stored_guest.run = (struct domain_id){ 0 };
}

static void reboot(void)
{
	lose_power();
	restart();
}

static bool asks(void)
{
	return is_open(CASE_STATE_HELD) && !host.steps[0] &&
	       strcmp(open_one()->why, "the host was rebooted") == 0;
}

/* Up to STEPS answers, with the last of them still under way. */
static void begin_restart(int steps)
{
	begin(ACTION_RESTART);
	crash(5);
	while (steps--)
		answer(0);
}

static void test_asks(void)
{
	begin_restart(2);
	reboot();
	ok(asks(), "a start that was under way is asked about");
	pass(24 * 3600 * 1000);
	ok(asks(), "for as long as nobody answers");
	ok(host.notes[ENGINE_NOTE_INCIDENT_HELD] == 1 &&
	   host.stored.state == CASE_STATE_HELD,
	   "which is told once, and on record");
	restart();
	ok(asks(), "another daemon asks on");
	ok(engine_retry(host.engine, uuid, host.now) == 0 &&
	   host.step == STEP_CREATE && !open_one()->rebooted,
	   "a retry starts it");
	restart();
	is_text(host.steps, "create", "and is not asked about again");
	finish();
}

static void test_destroyed(void)
{
	begin_restart(1);
	reboot();
	ok(asks(), "a domain that was being removed is gone: it asks");
	restart();
	ok(asks(), "another daemon does not take that for an answer");
	finish();
	begin_restart(1);
	for (int i = 0; i < 3; i++) {
		answer(-EIO);
		pass(60000);
	}
	ok(is_open(CASE_STATE_HELD), "a domain that does not go is held");
	reboot();
	ok(asks(), "and after a boot it is the start that is asked about");
	restart();
	ok(asks() && host.notes[ENGINE_NOTE_INCIDENT_HELD] == 2,
	   "which is told once");
	finish();
}

static void test_waiting(void)
{
	begin_restart(2);
	answer(-EIO);
	ok(is_open(CASE_STATE_WAITING), "a start waits for its backoff");
	reboot();
	ok(asks(), "a boot ends no wait with a start");
	pass(24 * 3600 * 1000);
	ok(asks(), "at no time");
	finish();
}

static void test_resumes(void)
{
	begin_restart(2);
	host.settings->guest.resume_after_boot = 1;
	reboot();
	is_text(host.steps, "create", "a guest that is set so is started");
	ok(!open_one()->rebooted, "as in any other boot");
	finish();
}

static void test_taken(void)
{
	begin_restart(2);
	reboot();
	add_domain(3);
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_TAKEN &&
	   host.stored_guest.budget.at_ms[0] != host.now.mono_ms,
	   "a guest that somebody started is theirs, not our begun start's");
	finish();
}

static void test_nothing_to_start(void)
{
	begin(ACTION_RESTART);
	crash(5);
	reboot();
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "a domain that nobody had touched went with the boot");
	finish();
	begin(ACTION_DESTROY);
	crash(5);
	reboot();
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED &&
	   !host.steps[0], "what starts nothing ends with the boot");
	finish();
}

/* The next boot counts its domids from one, and an HVM domain has no more. */
static void test_same_identity(void)
{
	begin_restart(1);
	lose_power();
	add_domain(5)->shutdown = true;
	host.list[0].reason_code = REASON_CRASH;
	restart();
	ok(host.closed.outcome == OUTCOME_TAKEN && !strstr(host.steps, "destroy"),
	   "a domain of the next boot is not the one that was to be removed");
	finish();
	begin_restart(1);
	reboot();
	engine_retry(host.engine, uuid, host.now);
	is_text(host.steps, "create", "nor is it what a retry goes on with");
	finish();
}

int main(void)
{
	test_asks();
	test_destroyed();
	test_waiting();
	test_resumes();
	test_taken();
	test_nothing_to_start();
	test_same_identity();
	return done_testing();
}
