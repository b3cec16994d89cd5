/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: each plan from the shutdown to its end, and what each
 * failure leads to.  What random histories do is tests/sim's; the report that
 * comes before a plan is test_engine_report's.
 */
#include "engine_host.h"
#include "tap.h"

static void test_plans(void)
{
	static const struct {
		enum action action;
		const char *steps;
		enum outcome outcome;
	} plans[] = {
		{ ACTION_DESTROY, "destroy", OUTCOME_HANDLED },
		{ ACTION_RESTART, "save destroy create", OUTCOME_HANDLED },
		{ ACTION_RENAME_RESTART, "save rename create", OUTCOME_KEPT },
		{ ACTION_PRESERVE, "", OUTCOME_KEPT },
		{ ACTION_COREDUMP_DESTROY, "dump destroy", OUTCOME_HANDLED },
		{ ACTION_COREDUMP_RESTART, "dump save destroy create",
		  OUTCOME_HANDLED },
		{ ACTION_SOFT_RESET, "save soft-reset", OUTCOME_HANDLED },
		{ ACTION_PAUSE, "pause", OUTCOME_KEPT },
		{ ACTION_LOG, "", OUTCOME_KEPT },
	};

	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++) {
		begin(plans[i].action);
		crash(5);
		for (int step = 0; open_one() && step < 9; step++)
			answer(0);
		is_text(host.steps, plans[i].steps, "%s is \"%s\"",
			action_name(plans[i].action), plans[i].steps);
		ok(!open_one() && host.closed.outcome == plans[i].outcome &&
		   host.stored.state == CASE_STATE_CLOSED &&
		   engine_working(host.engine) == 0,
		   "and ends %s, on record", outcome_name(plans[i].outcome));
		scan();
		pass(60000);
		ok(host.notes[ENGINE_NOTE_INCIDENT_OPENED] == 1,
		   "and is done once");
		finish();
	}
}

/* What each step's failure leads to. */
static void test_failures(void)
{
	static const struct {
		enum action action;
		int good;		/* steps before the one that fails */
		int rc;
		const char *steps;
		bool ends;		/* closed; else it is held */
		enum outcome outcome;
	} cases[] = {
		{ ACTION_RESTART, 0, -EIO, "save save save", false, 0 },
		{ ACTION_RESTART, 0, -ESTALE, "save", true, OUTCOME_VANISHED },
		{ ACTION_RESTART, 1, -EIO, "save destroy destroy destroy",
		  false, 0 },
		{ ACTION_RESTART, 1, -EBUSY, "save destroy", true,
		  OUTCOME_RESUMED },
		{ ACTION_RESTART, 2, -EIO, "save destroy create create create "
		  "create create", false, 0 },
		{ ACTION_RENAME_RESTART, 1, -EBUSY, "save rename", true,
		  OUTCOME_RESUMED },
		{ ACTION_SOFT_RESET, 1, -EIO, "save soft-reset", false, 0 },
		{ ACTION_PAUSE, 0, -EIO, "pause pause pause", false, 0 },
		{ ACTION_COREDUMP_DESTROY, 0, -ESTALE, "dump", true,
		  OUTCOME_VANISHED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(cases[i].action);
		crash(5);
		for (int step = 0; step < 40; step++) {
			if (!host.order)
				pass(400000);
			if (!host.order)
				break;
			answer(step < cases[i].good ? 0 : cases[i].rc);
			if (!is_open(CASE_STATE_WORKING))
				host.order = 0;
			if (is_open(CASE_STATE_HELD))
				break;
			if (is_open(CASE_STATE_WAITING))
				pass(10000); /* every start within the window */
		}
		is_text(host.steps, cases[i].steps, "%s, error %d: \"%s\"",
			action_name(cases[i].action), -cases[i].rc,
			cases[i].steps);
		ok(cases[i].ends ? !open_one() && host.closed.outcome ==
				   cases[i].outcome :
				   is_open(CASE_STATE_HELD),
		   "then it %s", cases[i].ends ?
		   outcome_name(cases[i].outcome) : "is held");
		finish();
	}
}

static void test_dump_fails(void)
{
	begin(ACTION_COREDUMP_DESTROY);
	crash(5);
	answer(-EIO);
	is_text(host.steps, "dump destroy", "no core must not mean no end");
	answer(0);
	ok(host.closed.outcome == OUTCOME_HANDLED, "it is handled");
	finish();
	begin(ACTION_COREDUMP_DESTROY);
	crash(5);
	engine_lost(host.engine, host.order, "killed", host.now);
	is_text(host.steps, "dump dump", "a lost worker's dump is done anew");
	engine_lost(host.engine, host.order, "killed", host.now);
	is_text(host.steps, "dump dump destroy",
		"a second loss must not mean no end either");
	finish();
}

static void test_lost(void)
{
	begin(ACTION_RESTART);
	crash(5);
	for (int i = 0; i < 3; i++)
		engine_lost(host.engine, host.order, "killed", host.now);
	is_text(host.steps, "save save save", "a lost worker's step is done "
		"again, three times");
	ok(is_open(CASE_STATE_HELD) && engine_working(host.engine) == 0,
	   "then it is held");
	engine_lost(host.engine, host.order, "killed", host.now);
	engine_result(host.engine, 4711, &(struct engine_result){ 0 },
		      host.now);
	ok(is_open(CASE_STATE_HELD), "a word on no order changes nothing");
	finish();
}

static void test_no_worker(void)
{
	begin(ACTION_DESTROY);
	host.order_fails = -EAGAIN;
	crash(5);
	for (int i = 0; i < 20; i++)
		pass(1000);
	ok(is_open(CASE_STATE_WAITING), "without a worker it waits on");
	host.order_fails = 0;
	pass(8000);
	is_text(host.steps, "destroy", "until there is one");
	finish();
	begin(ACTION_DESTROY);
	host.order_fails = -ENOENT;
	crash(5);
	for (int i = 0; i < 5; i++)
		pass(1000);
	ok(is_open(CASE_STATE_HELD), "what cannot be ordered is held");
	finish();
	begin(ACTION_DESTROY);
	host.order_fails = -EMSGSIZE;
	crash(5);
	for (int i = 0; i < 5; i++)
		pass(1000);
	ok(is_open(CASE_STATE_HELD) &&
	   strstr(open_one()->why, strerror(EMSGSIZE)),
	   "and says which error it was");
	finish();
}

/* As when its configuration was lost with a full disk. */
static void refuse_start(void)
{
	host.order_fails = -ENOENT;
	for (int i = 0; i < 5; i++)
		pass(8000);
	host.order_fails = 0;
}

static uint32_t starts_paid(void)
{
	return engine_guest(host.engine, uuid)->budget.count;
}

static void test_not_paid(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	host.order_fails = -ENOENT;
	answer(0);
	ok(starts_paid() == 1, "a start is paid before it is ordered");
	refuse_start();
	ok(is_open(CASE_STATE_HELD) && starts_paid() == 0 &&
	   engine_guest(host.engine, uuid)->budget.streak == 0,
	   "one that could not be ordered is not paid");
	ok(host.stored_guest.budget.count == 0 && !host.stored.paid,
	   "nor is it on record");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	answer(0);
	engine_lost(host.engine, host.order, "killed", host.now);
	engine_lost(host.engine, host.order, "killed", host.now);
	host.order_fails = -ENOENT;
	engine_lost(host.engine, host.order, "killed", host.now);
	refuse_start();
	ok(is_open(CASE_STATE_HELD) && starts_paid() == 1,
	   "one that a worker began is paid, also when the next is refused");
	finish();
}

int main(void)
{
	test_plans();
	test_failures();
	test_dump_fails();
	test_lost();
	test_no_worker();
	test_not_paid();
	return done_testing();
}
