/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An engine that gets no memory: it says so, does nothing by a list that it
 * could not take in, and goes on with the next.
 */
#include "engine_host.h"
#include "tap.h"

static bool fails;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	return fails ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_realloc(void *memory, size_t size)
{
	return fails ? NULL : __real_realloc(memory, size);
}

static int scan_without(void)
{
	int r;

	fails = true;
	r = engine_scan(host.engine, host.list, host.count, host.now);
	fails = false;
	return r;
}

static void test_list(void)
{
	struct engine_result saved = { .text = "saved" };

	begin(ACTION_RESTART);
	crash(5);
	ok(scan_without() == -ENOMEM, "a list needs memory");
	engine_result(host.engine, host.order, &saved, host.now);
	is_text(host.steps, "save", "no step begins by a list of before");
	ok(engine_due_ms(host.engine) <= host.now.mono_ms + 1000,
	   "the next list is asked for soon");
	scan();
	is_text(host.steps, "save destroy", "by that one the next step begins");
	finish();
}

static void test_records(void)
{
	struct incident *incident = incident_new();
	int r;

	begin(ACTION_RESTART);
	incident->number = 7;
	incident->id.uuid[0] = 9;
	fails = true;
	r = engine_restore(host.engine, incident, host.now);
	fails = false;
	ok(r == -ENOMEM, "what is on record needs memory for its guest");
	ok(!open_one(), "and is not half there");
	finish();
}

/* Whoever is killed then must not find a start on record that was none. */
static void test_start(void)
{
	struct engine_result done = { .text = "" };

	begin(ACTION_RESTART);
	crash(5);
	scan();
	while (host.step != STEP_DESTROY)
		engine_result(host.engine, host.order, &done, host.now);
	fails = true;
	engine_result(host.engine, host.order, &done, host.now);
	fails = false;
	ok(host.step == STEP_DESTROY, "no start is ordered without memory");
	ok(!open_one()->paid && host.stored_guest.budget.count == 0,
	   "and none is paid");
	pass(2000);
	ok(host.step == STEP_CREATE && host.stored_guest.budget.count == 1,
	   "with memory it is paid and ordered");
	finish();
}

int main(void)
{
	test_list();
	test_start();
	test_records();
	return done_testing();
}
