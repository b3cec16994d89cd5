/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine's report by its calls: which shutdowns have one, that it comes
 * before all else and never keeps a guest from what follows, and what a
 * restart of the daemon makes of it.
 */
#include "base/text.h"
#include "engine_host.h"
#include "tap.h"

static const char *cause;	/* the hypervisor's word; NULL: it has none */

static void call_cause(void *ctx, const struct incident *incident,
		       char ret_panic[EVIDENCE_PANIC_BYTES])
{
	(void)ctx;
	(void)incident;
	if (cause)
		text_copy(ret_panic, EVIDENCE_PANIC_BYTES, cause);
}

static void begin_report(enum domain_type type, enum action action)
{
	begin_guest(type, action);
	host.calls.cause = call_cause;
	cause = NULL;
}

static void answer_with(int rc, const char *panic)
{
	host.panic = panic;
	answer(rc);
}

/* --- tests --- */

static void test_reasons(void)
{
	static const struct { enum reason reason; bool reports; } cases[] = {
		{ REASON_POWEROFF, false }, { REASON_REBOOT, false },
		{ REASON_CRASH, true }, { REASON_WATCHDOG, true },
		{ REASON_SOFT_RESET, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin_report(DOMAIN_TYPE_PVH, ACTION_DESTROY);
		fall(5, cases[i].reason);
		is_text(host.steps, cases[i].reports ? "report" : "destroy",
			"%s: %s", reason_name(cases[i].reason),
			cases[i].reports ? "a report" : "none");
		finish();
	}
	begin_report(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	host.settings->guest.report = SETTINGS_REPORT_NONE;
	fall(5, REASON_CRASH);
	is_text(host.steps, "destroy", "none when none is wanted");
	finish();
}

/* Also where the plan itself has no step. */
static void test_first(void)
{
	static const struct {
		enum action action;
		const char *steps;
	} cases[] = {
		{ ACTION_PRESERVE, "report" }, { ACTION_LOG, "report" },
		{ ACTION_PAUSE, "report pause" },
		{ ACTION_COREDUMP_DESTROY, "report dump destroy" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin_report(DOMAIN_TYPE_PVH, cases[i].action);
		fall(5, REASON_CRASH);
		answer_with(0, "it broke");
		for (int step = 0; open_one() && step < 5; step++)
			answer(0);
		is_text(host.steps, cases[i].steps, "%s: %s",
			action_name(cases[i].action), cases[i].steps);
		ok(!open_one() && strcmp(host.stored.panic, "it broke") == 0,
		   "and the line that says why is on record");
		finish();
	}
}

static void test_trouble(void)
{
	begin_report(DOMAIN_TYPE_PV, ACTION_DESTROY);
	fall(5, REASON_CRASH);
	answer(-EIO);
	is_text(host.steps, "report destroy", "one that fails stops nothing");
	finish();
	begin_report(DOMAIN_TYPE_PV, ACTION_DESTROY);
	fall(5, REASON_CRASH);
	engine_lost(host.engine, host.order, "killed", host.now);
	is_text(host.steps, "report destroy", "nor does one that overran: it "
		"had its time");
	finish();
	begin_report(DOMAIN_TYPE_PV, ACTION_DESTROY);
	fall(5, REASON_CRASH);
	answer(-ESTALE);
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "a domain that is gone needs no more");
	finish();
	begin_report(DOMAIN_TYPE_PV, ACTION_PRESERVE);
	fall(5, REASON_CRASH);
	remove_domain(5);
	scan();
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "nor does one that went meanwhile");
	finish();
}

static void test_without_xenstored(void)
{
	begin_report(DOMAIN_TYPE_PV, ACTION_DESTROY);
	engine_set_toolstack(host.engine, false, host.now);
	fall(5, REASON_CRASH);
	is_text(host.steps, "report", "xenstored is not needed for it");
	answer(0);
	is_text(host.steps, "report", "but for what follows");
	finish();
}

static void test_operator(void)
{
	begin_report(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	engine_hold(host.engine, uuid, host.now);
	fall(5, REASON_CRASH);
	answer_with(0, "it broke");
	is_text(host.steps, "report", "a held guest's crash is looked at too");
	ok(is_open(CASE_STATE_HELD), "then it is held");
	engine_release(host.engine, uuid, host.now);
	is_text(host.steps, "report destroy", "until it is released");
	finish();
}

static void test_grace(void)
{
	begin_report(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	host.settings->guest.grace_s = 30;
	fall(5, REASON_CRASH);
	is_text(host.steps, "report", "it does not wait for the grace to end");
	answer(0);
	ok(is_open(CASE_STATE_WAITING), "which begins when it is done");
	pass(29999);
	is_text(host.steps, "report", "and is kept");
	pass(1);
	is_text(host.steps, "report destroy", "to its end");
	finish();
	begin_report(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	host.settings->guest.grace_s = 30;
	fall(5, REASON_CRASH);
	host.list[0].shutdown = false;
	host.list[0].cpu_time_ns += 1000000000;
	scan();
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_RESUMED,
	   "one that ran on meanwhile is not waited for");
	finish();
}

static void test_restart(void)
{
	begin_report(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	fall(5, REASON_CRASH);
	restart();
	is_text(host.steps, "report", "one that was under way is done anew");
	answer_with(0, "it broke");
	restart();
	is_text(host.steps, "destroy", "one that was done is not");
	is_text(host.stored.panic, "it broke", "and is not forgotten");
	finish();
}

/* What came after its opening, so what the report found, could not be written,
 * and the daemon was killed when the old domain had been renamed. */
static void test_copy(void)
{
	begin_report(DOMAIN_TYPE_HVM, ACTION_RESTART);
	host.settings->guest.on[REASON_CRASH] = ACTION_RENAME_RESTART;
	fall(5, REASON_REBOOT);
	host.stored.step_count = 0;
	memcpy(host.list[0].id.uuid, host.stored.copy_uuid, UUID_BYTES);
	restart();
	is_text(host.steps, "rename", "a renamed domain is gone on with there");
	ok(host.stored.verdict.reason == REASON_CRASH &&
	   host.stored.verdict.action == ACTION_RENAME_RESTART,
	   "as the crash that it must have been");
	finish();
}

/* Nothing could be written, the daemon was killed while a worker renamed the
 * domain, and the next one began from the start. */
static void test_late_copy(void)
{
	struct domain_id id;

	begin_report(DOMAIN_TYPE_PVH, ACTION_RENAME_RESTART);
	fall(5, REASON_CRASH);
	answer(0);
	is_text(host.steps, "report save", "a domain is to be renamed");
	id = host.list[0].id;
	domain_copy_uuid(&id, host.list[0].id.uuid);
	scan();
	answer(-ESTALE);
	is_text(host.steps, "report save rename",
		"one that a worker of before renamed is gone on with there");
	answer(-ESTALE);
	ok(!open_one(), "but not for ever");
	finish();
}

/* A HVM guest's panic ends in the machine's reset. */
static void test_reboots(void)
{
	static const struct {
		enum domain_type type;
		enum settings_report report;
		const char *panic, *steps;
		enum reason reason;
	} cases[] = {
		{ DOMAIN_TYPE_HVM, SETTINGS_REPORT_REBOOT,
		  "Kernel panic - not syncing: why", "report save", REASON_CRASH },
		{ DOMAIN_TYPE_HVM, SETTINGS_REPORT_REBOOT, "Oops: 0000",
		  "report destroy", REASON_REBOOT },
		{ DOMAIN_TYPE_HVM, SETTINGS_REPORT_REBOOT, NULL,
		  "report destroy", REASON_REBOOT },
		{ DOMAIN_TYPE_HVM, SETTINGS_REPORT_CRASH, NULL, "destroy",
		  REASON_REBOOT },
		{ DOMAIN_TYPE_PVH, SETTINGS_REPORT_REBOOT, NULL, "destroy",
		  REASON_REBOOT },
	};

	uint8_t copy[UUID_BYTES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin_report(cases[i].type, ACTION_DESTROY);
		host.settings->guest.report = cases[i].report;
		host.settings->guest.on[REASON_CRASH] = ACTION_RENAME_RESTART;
		fall(5, REASON_REBOOT);
		domain_copy_uuid(&host.list[0].id, copy);
		ok(uuid_equal(host.stored.copy_uuid, copy),
		   "what a crash would need is on record from the start");
		if (strcmp(host.steps, "report") == 0)
			answer_with(0, cases[i].panic);
		is_text(host.steps, cases[i].steps, "%s reboots, %s: %s",
			domain_type_name(cases[i].type),
			cases[i].panic ? cases[i].panic : "no panic",
			cases[i].steps);
		ok(host.stored.verdict.reason == cases[i].reason &&
		   host.stored.reason_code == REASON_REBOOT,
		   "it is on record as %s, by the code of a reboot",
		   reason_name(cases[i].reason));
		finish();
	}
	begin_report(DOMAIN_TYPE_HVM, ACTION_RESTART);
	host.settings->guest.on[REASON_CRASH] = ACTION_PRESERVE;
	fall(5, REASON_REBOOT);
	answer_with(0, "Kernel panic - not syncing: why");
	ok(!open_one() && host.closed.outcome == OUTCOME_KEPT,
	   "a panic is preserved where a reboot is restarted");
	finish();
	begin_report(DOMAIN_TYPE_HVM, ACTION_DESTROY);
	fall(5, REASON_REBOOT);
	host.printed = true;
	answer_with(0, "Kernel panic - not syncing: why");
	is_text(host.steps, "report destroy", "what is only on its console, "
		"where any program may write, makes no crash of a reboot");
	is_text(host.stored.panic, "Kernel panic - not syncing: why",
		"but is on record");
	finish();
	begin_report(DOMAIN_TYPE_HVM, ACTION_DESTROY);
	fall(5, REASON_REBOOT);
	engine_lost(host.engine, host.order, "killed", host.now);
	is_text(host.steps, "report destroy", "what was not seen in time "
		"stays a reboot");
	finish();
}

/* The hypervisor's word is there at once, and stays unless a better comes. */
static void test_cause(void)
{
	static const struct {
		int rc;
		const char *panic, *expected;
	} cases[] = {
		{ 0, NULL, "triple fault" }, { 0, "", "triple fault" },
		{ 0, "BUG: here", "BUG: here" }, { -EIO, NULL, "triple fault" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin_report(DOMAIN_TYPE_PVH, ACTION_PRESERVE);
		cause = "triple fault";
		fall(5, REASON_CRASH);
		is_text(host.stored.panic, "triple fault", "at the beginning");
		answer_with(cases[i].rc, cases[i].panic);
		is_text(host.stored.panic, cases[i].expected, "then: %s",
			cases[i].expected);
		finish();
	}
	begin_report(DOMAIN_TYPE_PVH, ACTION_PRESERVE);
	cause = "triple fault";
	fall(5, REASON_CRASH);
	engine_lost(host.engine, host.order, "killed", host.now);
	ok(!open_one() && strcmp(host.stored.panic, "triple fault") == 0,
	   "also when the report is lost");
	finish();
}

/* Xen makes a reboot of a triple fault, and says so in its log. */
static void test_triple_fault(void)
{
	static const struct {
		enum settings_report report;
		const char *cause;
		enum reason reason, expected;
	} cases[] = {
		{ SETTINGS_REPORT_REBOOT, "triple fault of vCPU 0",
		  REASON_REBOOT, REASON_CRASH },
		{ SETTINGS_REPORT_CRASH, "triple fault of vCPU 0",
		  REASON_REBOOT, REASON_REBOOT },
		{ SETTINGS_REPORT_REBOOT, "its watchdog timer fired",
		  REASON_REBOOT, REASON_REBOOT },
		{ SETTINGS_REPORT_REBOOT, NULL, REASON_REBOOT, REASON_REBOOT },
		{ SETTINGS_REPORT_REBOOT, "triple fault", REASON_POWEROFF,
		  REASON_POWEROFF },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin_report(DOMAIN_TYPE_PVH, ACTION_PRESERVE);
		host.settings->guest.report = cases[i].report;
		cause = cases[i].cause;
		fall(5, cases[i].reason);
		if (open_one())
			answer(0);
		ok(host.stored.verdict.reason == cases[i].expected,
		   "%s with '%s' is %s", reason_name(cases[i].reason),
		   cases[i].cause ? cases[i].cause : "",
		   reason_name(cases[i].expected));
		is_text(host.steps, cases[i].expected == REASON_CRASH ?
			"report" : "", "and the report is taken as for one");
		finish();
	}
}

int main(void)
{
	test_cause();
	test_triple_fault();
	test_reboots();
	test_copy();
	test_late_copy();
	test_reasons();
	test_first();
	test_trouble();
	test_without_xenstored();
	test_operator();
	test_grace();
	test_restart();
	return done_testing();
}
