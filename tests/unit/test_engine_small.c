/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Single decisions of the engine: what waits to be written, whose turn it is,
 * when a run begins, and whom a note or a hint is about.
 */
#include "engine_host.h"
#include "tap.h"

static const uint8_t other_uuid[UUID_BYTES] = { 9, 9 };

static struct domain_info *add_other(uint32_t domid, uint8_t last)
{
	struct domain_info *info = add_domain(domid);

	memcpy(info->id.uuid, other_uuid, UUID_BYTES);
	info->id.uuid[UUID_BYTES - 1] = last;
	return info;
}

/* --- what waits to be written --- */

static void test_released(void)
{
	begin(ACTION_RESTART);
	engine_hold(host.engine, uuid, host.now);
	ok(host.stored_guest.hold, "a hold is on record");
	remove_domain(5);
	scan();
	host.unwritable = uuid;
	engine_release(host.engine, uuid, host.now);
	host.unwritable = NULL;
	pass(60000);
	ok(!host.stored_guest.hold, "its end is, once the disk takes it");
	finish();
}

static void test_suspended(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	answer(0);
	answer(0);
	ok(host.stored_guest.run.domid == 6, "a run after a crash is on record");
	fall(6, REASON_SUSPEND);
	pass(60000);
	ok(host.stored_guest.run.domid == 0, "its end is too, a little later");
	finish();
}

/* What happened before goes first, as soon as the disk takes it. */
static void test_guest_first(void)
{
	begin(ACTION_RESTART);
	host.unwritable = uuid;
	engine_adopt(host.engine, uuid, host.now);
	host.unwritable = NULL;
	crash(5);
	ok(host.stored_guest.adopted && host.stored.number == 1,
	   "its guest is written before an incident, and then that");
	finish();
}

static void test_closed_first(void)
{
	begin(ACTION_DESTROY);
	crash(5);
	host.record_fails = -EIO;
	answer(0);
	ok(!open_one() && engine_unrecorded(host.engine) == 1,
	   "an end waits for the disk");
	host.record_fails = 0;
	add_domain(6);
	scan();
	tell_config(6, DOMAIN_TYPE_HVM, ACTION_DESTROY);
	crash(6);
	ok(!engine_unrecorded(host.engine) && host.stored.number == 2,
	   "it is written before the next incident, and then that");
	finish();
}

/* --- whose turn it is --- */

static uint32_t turns[DOMAINS_MAX], turn_count;

static int note_turn(void *ctx, const struct incident *incident,
		     uint64_t order)
{
	turns[turn_count++ % DOMAINS_MAX] = incident->id.domid;
	return call_order(ctx, incident, order);
}

static void test_turns(void)
{
	struct domain_config config = { .name = "db", .type = DOMAIN_TYPE_HVM };

	begin(ACTION_DESTROY);
	host.calls.order = note_turn;
	for (int i = 0; i < REASON_COUNT; i++)
		config.on[i] = ACTION_DESTROY;
	for (uint8_t i = 6; i < 9; i++)
		add_other(i, i);
	scan();
	for (uint8_t i = 6; i < 9; i++)
		engine_config(host.engine, i, host.list[i - 5].id.uuid, &config,
			      host.now);
	engine_set_toolstack(host.engine, false, host.now);
	for (uint32_t i = 5; i < 9; i++)
		crash(i);
	turn_count = 0;
	engine_set_toolstack(host.engine, true, host.now);
	ok(turn_count >= 2 && turns[0] == 5 && turns[1] == 6,
	   "who fell first is looked at first: %u, then %u", turns[0],
	   turns[1]);
	finish();
}

/* --- when a run begins --- */

static void test_built(void)
{
	begin(ACTION_RESTART);
	remove_domain(5);
	build_domain(7);
	scan();
	ok(engine_guest(host.engine, uuid)->run.domid != 7,
	   "a domain that is being built does not run");
	wait_for(3000);
	host.list[0].paused = false;
	host.list[0].cpu_time_ns = 1;
	scan();
	ok(engine_guest(host.engine, uuid)->run.domid == 7 &&
	   engine_guest(host.engine, uuid)->run_ms == host.now.mono_ms,
	   "it does from when it is let go");
	finish();
}

/* --- whom it is about --- */

static void test_hint(void)
{
	begin(ACTION_RESTART);
	engine_hint(host.engine, 5, REASON_CRASH);
	host.list[0].id.epoch++;
	host.list[0].id.uuid[0]++;
	host.list[0].shutdown = true;
	host.list[0].reason_code = REASON_CRASH;
	scan();
	ok(!host.notes[ENGINE_NOTE_CRASH_MISSED],
	   "a hint is of who bears the number now");
	finish();
}

static void test_twins_over(void)
{
	begin(ACTION_RESTART);
	add_domain(6);
	add_other(8, 8);
	scan();
	ok(host.notes[ENGINE_NOTE_SAME_UUID] == 2, "two of one uuid");
	remove_domain(6);
	scan();
	ok(host.notes[ENGINE_NOTE_SAME_UUID_OVER] == 1,
	   "when one is left, that is said of it alone: %u",
	   host.notes[ENGINE_NOTE_SAME_UUID_OVER]);
	finish();
}

/* libxl's default asks for a soft reset where none can be. */
static void test_moot(void)
{
	begin_guest(DOMAIN_TYPE_PV, ACTION_SOFT_RESET);
	ok(host.notes[ENGINE_NOTE_ACTION_MOOT] == 1,
	   "a default that cannot work is moot, once");
	ok(host.notes[ENGINE_NOTE_ACTION_UNSUPPORTED] >= 3,
	   "what else cannot work is not");
	finish();
}

int main(void)
{
	test_released();
	test_suspended();
	test_guest_first();
	test_closed_first();
	test_turns();
	test_built();
	test_hint();
	test_twins_over();
	test_moot();
	return done_testing();
}
