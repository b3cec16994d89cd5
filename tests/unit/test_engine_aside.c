/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: a domain that fell and is left alone, since its name
 * says that it is one end of a migration.
 */
#include "engine_host.h"
#include "tap.h"

static void tell_name(const char *name)
{
	struct domain_config config = { .type = DOMAIN_TYPE_HVM };

	strcpy(config.name, name);
	for (int i = 0; i < REASON_COUNT; i++)
		config.on[i] = ACTION_RESTART;
	engine_config(host.engine, 5, uuid, &config, host.now);
}

static enum life_state state(void)
{
	return engine_domain(host.engine, 5)->state;
}

static void begin_migrating(const char *name)
{
	begin(ACTION_RESTART);
	tell_name(name);
	crash(5);
}

static void test_once(const char *name)
{
	begin_migrating(name);
	for (int i = 0; i < 10; i++) {
		pass(1000);
		scan();
	}
	ok(state() == LIFE_STATE_ASIDE && !open_one() &&
	   host.notes[ENGINE_NOTE_DOMAIN_ASIDE] == 1,
	   "%s is left alone, told once: %u", name,
	   host.notes[ENGINE_NOTE_DOMAIN_ASIDE]);
	finish();
}

static void test_named(void)
{
	begin_migrating("web--incoming");
	tell_name("web");
	scan();
	ok(open_one() && host.step == STEP_SAVE,
	   "once it bears the guest's name it is decided on");
	finish();
}

static void test_ran(void)
{
	begin_migrating("web--incoming");
	host.list[0].shutdown = false;
	scan();
	ok(state() == LIFE_STATE_WATCHED, "one that runs again is watched");
	host.list[0].cpu_time_ns += 1000000000;
	crash(5);
	ok(state() == LIFE_STATE_ASIDE &&
	   host.notes[ENGINE_NOTE_DOMAIN_ASIDE] == 2,
	   "and its next shutdown is another");
	finish();
}

int main(void)
{
	test_once("web--incoming");
	test_once("web--migratedaway");
	test_named();
	test_ran();
	return done_testing();
}
