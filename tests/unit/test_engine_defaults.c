/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An engine that was told no more than it has to be: what is not set is not
 * nothing.
 */
#include "engine_host.h"
#include "tap.h"

/* The first look at a guest, and a start, have places of their own. */
static void test_workers(void)
{
	begin(ACTION_RESTART);
	engine_free(host.engine);
	host.engine = engine_new(host.settings, &host.calls);
	engine_set_toolstack(host.engine, true, host.now);
	scan();
	tell_config(5, DOMAIN_TYPE_HVM, ACTION_RESTART);
	crash(5);
	ok(host.step == STEP_SAVE, "without a number of workers there is one");
	answer(0);
	is_text(host.steps, "save destroy", "for what comes next as well");
	finish();
}

int main(void)
{
	test_workers();
	return done_testing();
}
