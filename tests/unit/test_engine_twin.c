/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: two domains of one uuid that run.  None of them is
 * acted upon until one is left, and each has its own configuration.
 */
#include "engine_host.h"
#include "tap.h"

static bool keeps_config;	/* as the keeper does, of domain 6 */

static int call_take_config(void *ctx, const struct domain *domain,
			    struct domain_config *ret_config)
{
	(void)ctx;
	if (!keeps_config || domain->info.id.domid != 6)
		return -ENOENT;
	*ret_config = (struct domain_config){ .name = "beta" };
	for (int i = 0; i < REASON_COUNT; i++)
		ret_config->on[i] = ACTION_DESTROY;
	keeps_config = false;
	return 0;
}

static void tell_beta(void)
{
	struct domain_config config = { .name = "beta",
					.type = DOMAIN_TYPE_HVM };

	for (int i = 0; i < REASON_COUNT; i++)
		config.on[i] = ACTION_DESTROY;
	keeps_config = engine_config_waits(host.engine, 6, uuid);
	engine_config(host.engine, 6, uuid, &config, host.now);
}

/* Domain 5 is web, which restarts; domain 6 a copy, which is destroyed. */
static void begin_twins(void)
{
	begin(ACTION_RESTART);
	host.calls.take_config = call_take_config;
	add_domain(6);
	scan();
	tell_beta();
}

static bool is_held(void)
{
	return is_open(CASE_STATE_HELD) && !host.steps[0] &&
	       strstr(open_one()->why, "2 domains have its uuid: 5 (web), 6");
}

static void test_noticed(void)
{
	begin_twins();
	ok(host.notes[ENGINE_NOTE_SAME_UUID] == 2 &&
	   engine_guest(host.engine, uuid)->twins, "two of one uuid are told");
	scan();
	ok(host.notes[ENGINE_NOTE_SAME_UUID] == 2, "once");
	ok(keeps_config &&
	   strcmp(engine_guest(host.engine, uuid)->name, "web") == 0 &&
	   strcmp(engine_domain(host.engine, 6)->name, "beta") == 0,
	   "the copy has a name, and does not replace the other's record");
	tell_config(5, DOMAIN_TYPE_HVM, ACTION_PRESERVE);
	ok(engine_guest(host.engine, uuid)->config.on[REASON_CRASH] ==
	   ACTION_PRESERVE, "whose own it is may change it");
	remove_domain(6);
	scan();
	ok(host.notes[ENGINE_NOTE_SAME_UUID_OVER] == 1 &&
	   !engine_guest(host.engine, uuid)->twins, "its end is told too");
	finish();
}

static void test_first_falls(void)
{
	begin_twins();
	crash(5);
	ok(is_held(), "the one that falls is held, and it says why");
	scan();
	pass(60000);
	ok(is_held(), "the other is not taken for its successor");
	ok(engine_retry(host.engine, uuid, host.now) == 0 && is_held(),
	   "nor does a retry change that");
	remove_domain(6);
	scan();
	is_text(host.steps, "save", "when it alone is left it is restarted");
	answer(0);
	answer(0);
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED,
	   "to its end");
	finish();
}

static void test_second_falls(void)
{
	begin_twins();
	crash(6);
	ok(is_held() && open_one()->id.domid == 6, "the copy is held as well");
	crash(5);
	ok(is_held(), "so is the other when it falls");
	remove_domain(5);
	scan();
	is_text(host.steps, "destroy",
		"the one that is left is treated as its own file says");
	ok(strcmp(engine_guest(host.engine, uuid)->name, "beta") == 0,
	   "which is on record now");
	finish();
}

static void test_gone(void)
{
	begin_twins();
	crash(5);
	remove_domain(5);
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "an operator may remove the one that fell");
	crash(6);
	ok(host.step == STEP_DESTROY, "and the other is looked after");
	finish();
}

/* One list shows that the incident's own domain is gone, and a twin as well. */
static void test_over_at_once(void)
{
	begin(ACTION_RESTART);
	crash(5);
	scan();
	answer_until(STEP_DESTROY);
	add_domain(6);
	add_domain(7);
	scan();
	answer(-EIO);
	pass(60000);
	ok(is_open(CASE_STATE_HELD) && host.notes[ENGINE_NOTE_INCIDENT_HELD] == 1,
	   "a destroy is not done again while two others have the uuid");
	remove_domain(5);
	remove_domain(6);
	scan();
	ok(host.notes[ENGINE_NOTE_INCIDENT_HELD] == 1,
	   "what is over is no cause to hold it once more");
	ok(!open_one() && host.closed.outcome == OUTCOME_TAKEN,
	   "the one that is left has the guest");
	finish();
}

static void test_restart(void)
{
	begin_twins();
	crash(5);
	restart();
	ok(is_open(CASE_STATE_HELD) && !host.steps[0],
	   "another daemon does not take the copy for the successor");
	pass(60000);
	scan();
	ok(is_open(CASE_STATE_HELD) && !host.steps[0], "at no time");
	remove_domain(6);
	scan();
	is_text(host.steps, "save", "and goes on when it is gone");
	finish();
}

/* While no daemon looks one goes and another comes. */
static void test_told_again(void)
{
	begin_twins();
	crash(5);
	remove_domain(5);
	build_domain(7);
	restart();
	ok(host.notes[ENGINE_NOTE_SAME_UUID] == 2,
	   "what is still built is not told of");
	host.list[1].paused = false;
	host.list[1].cpu_time_ns = 1000000000;
	scan();
	ok(host.notes[ENGINE_NOTE_SAME_UUID] == 4 &&
	   engine_guest(host.engine, uuid)->twins,
	   "when it runs it is, though the record knows of other two");
	scan();
	ok(host.notes[ENGINE_NOTE_SAME_UUID] == 4, "once");
	finish();
}

/* As xl builds it: told of before it runs, while the other does. */
static void test_half_built(void)
{
	begin(ACTION_RESTART);
	host.calls.take_config = call_take_config;
	build_domain(6);
	scan();
	tell_beta();
	ok(!engine_guest(host.engine, uuid)->twins && keeps_config,
	   "what is being built runs not yet, and is no record yet");
	remove_domain(5);
	scan();
	ok(engine_guest(host.engine, uuid)->config.on[REASON_CRASH] ==
	   ACTION_DESTROY && !keeps_config,
	   "when the other is gone it is the guest, as after a migration");
	finish();
}

/* The guest that was kept has its uuid still. */
static void test_kept(void)
{
	begin(ACTION_PRESERVE);
	crash(5);
	add_domain(6);
	scan();
	tell_beta();
	ok(!engine_guest(host.engine, uuid)->twins && !keeps_config,
	   "a guest that was started beside its kept domain is one guest");
	crash(6);
	ok(host.step == STEP_DESTROY, "and is looked after");
	finish();
}

/* Its next step is in the queue already when the other one comes. */
static void test_queued(void)
{
	begin(ACTION_DESTROY);
	host.calls.take_config = call_take_config;
	engine_set_toolstack(host.engine, false, host.now);
	crash(5);
	ok(is_open(CASE_STATE_QUEUED), "a step waits for xenstored");
	add_domain(6);
	add_domain(7);
	scan();
	engine_set_toolstack(host.engine, true, host.now);
	ok(is_open(CASE_STATE_HELD) && !host.steps[0],
	   "and is not begun when others of its uuid run by then");
	remove_domain(6);
	remove_domain(7);
	scan();
	ok(host.step == STEP_DESTROY, "before they are gone");
	finish();
}

/* It fell before a list showed that both run. */
static void test_fallen_aside(void)
{
	begin(ACTION_RESTART);
	host.calls.take_config = call_take_config;
	build_domain(6);
	scan();
	tell_beta();
	host.list[1].paused = false;
	host.list[1].cpu_time_ns = 1000000000;
	crash(6);
	ok(engine_guest(host.engine, uuid)->twins && is_held() &&
	   open_one()->id.domid == 6,
	   "one that falls at once is held all the same");
	crash(5);
	remove_domain(5);
	scan();
	is_text(host.steps, "destroy", "until its own file is the record");
	finish();
}

/* Both fall, and the first is at work: the other's file has to wait. */
static void test_first_at_work(void)
{
	begin(ACTION_RESTART);
	host.calls.take_config = call_take_config;
	build_domain(6);
	scan();
	tell_beta();
	crash(5);
	wait_for(10);
	answer(0);
	answer(0);
	scan();
	ok(host.step == STEP_CREATE && keeps_config &&
	   strcmp(engine_guest(host.engine, uuid)->name, "web") == 0,
	   "one half built does not replace what the guest is started from");
	engine_lost(host.engine, host.order, "killed", host.now);
	scan();
	ok(keeps_config, "nor when that start is done once more");
	finish();
}

/* Word of one that is gone, or stays as it was, comes late. */
static void test_late_word(void)
{
	begin(ACTION_PRESERVE);
	host.calls.take_config = call_take_config;
	crash(5);
	add_domain(7);
	scan();
	tell_config(7, DOMAIN_TYPE_HVM, ACTION_RESTART);
	crash(7);
	answer_until(STEP_CREATE);
	tell_config(5, DOMAIN_TYPE_HVM, ACTION_PRESERVE);
	ok(engine_guest(host.engine, uuid)->config.on[REASON_CRASH] ==
	   ACTION_RESTART, "that of one that is kept is no record");
	tell_config(6, DOMAIN_TYPE_HVM, ACTION_PRESERVE);
	ok(engine_guest(host.engine, uuid)->config.on[REASON_CRASH] ==
	   ACTION_RESTART, "nor that of one that is not there");
	finish();
}

/* The daemon that is there when it ends has the other's file alone. */
static void test_untold(void)
{
	begin_twins();
	crash(6);
	restart();
	remove_domain(5);
	scan();
	ok(is_open(CASE_STATE_HELD) && !host.steps[0],
	   "the one that is left is not handled by the other's file");
	tell_beta();
	is_text(host.steps, "destroy", "and by its own when that is told");
	finish();
	begin_twins();
	crash(6);
	restart();
	remove_domain(5);
	scan();
	pass(20000);
	scan();
	ok(!is_open(CASE_STATE_HELD), "it is not waited for for ever");
	finish();
}

/* Which file the record has is not known, and xenstored does not tell. */
static void test_unsure(void)
{
	begin_twins();
	restart();
	engine_set_toolstack(host.engine, false, host.now);
	crash(6);
	remove_domain(5);
	scan();
	pass(20000);
	ok(!open_one(), "a fall is decided on by no record of two");
	engine_set_toolstack(host.engine, true, host.now);
	scan();
	tell_beta();
	is_text(host.steps, "destroy", "but by its own file");
	finish();
}

/* The same of one alone: whose the record is, is not in doubt. */
static void test_alone(void)
{
	begin(ACTION_RESTART);
	engine_hold(host.engine, uuid, host.now);
	engine_release(host.engine, uuid, host.now);
	crash(5);
	host.stored.state = CASE_STATE_CLOSED;
	host.stored.outcome = OUTCOME_RESUMED;
	host.list[0].shutdown = false;
	host.list[0].cpu_time_ns += 5000000000;
	restart();
	engine_set_toolstack(host.engine, false, host.now);
	host.list[0].cpu_time_ns += 5000000000;
	crash(5);
	pass(20000);
	ok(open_one() && open_one()->verdict.action == ACTION_RESTART,
	   "a fall of one alone is decided on by the record");
	finish();
}

/* Until it is told it is called as the record is. */
static void test_name(void)
{
	begin_twins();
	restart();
	crash(6);
	pass(20000);
	ok(open_one() && strcmp(open_one()->name, "beta") != 0,
	   "one that was not told has no name of its own");
	tell_beta();
	remove_domain(5);
	scan();
	ok(open_one() && strcmp(open_one()->name, "beta") == 0,
	   "and by its own name when it is decided on again");
	finish();
}

/* No domain of the boot before is there, and a person is to be asked. */
static void test_rebooted(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer_until(STEP_DESTROY);
	add_domain(6);
	add_domain(7);
	scan();
	engine_lost(host.engine, host.order, "killed", host.now);
	ok(is_open(CASE_STATE_HELD) && host.stored.twin,
	   "one that is at work is held for others of its uuid, too");
	host.stored.rebooted = true;
	host.count = 0;
	build_domain(8);
	restart();
	remove_domain(8);
	scan();
	ok(is_open(CASE_STATE_HELD) && !host.steps[0],
	   "the end of that is no word to start it after a boot");
	finish();
}

/* What it would be called is on record before it is decided on again. */
static void test_copy_name(void)
{
	uint8_t copy[UUID_BYTES];

	begin_twins();
	crash(5);
	domain_copy_uuid(&host.stored.id, copy);
	ok(uuid_equal(host.stored.copy_uuid, copy),
	   "one that may be renamed later has its copy's name on record");
	finish();
}

int main(void)
{
	test_noticed();
	test_first_falls();
	test_second_falls();
	test_gone();
	test_over_at_once();
	test_restart();
	test_told_again();
	test_half_built();
	test_kept();
	test_queued();
	test_fallen_aside();
	test_first_at_work();
	test_late_word();
	test_untold();
	test_unsure();
	test_alone();
	test_name();
	test_rebooted();
	test_copy_name();
	return done_testing();
}
