/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine's report by its calls: which shutdowns have one, that it comes
 * before all else and never keeps a guest from what follows, and what a
 * restart of the daemon makes of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"

#include "base/text.h"
#include "engine_stubs.h"
#include "tap.h"

static const uint8_t uuid[UUID_BYTES] = { 1, 2, 3 };

/* The host as this test has it: one domain, and a worker that is asked. */
static struct {
	struct settings *settings;
	struct engine *engine;
	struct engine_time now;
	struct domain_info info;
	size_t count;		/* of domains: 0 or 1 */
	uint64_t order;
	char steps[256];	/* all of them, by name */
	struct incident closed, stored;	/* the last; steps not owned */
	const char *cause;	/* the hypervisor's word; NULL: it has none */
} host;

static int call_order(void *ctx, const struct incident *incident,
		      uint64_t order)
{
	(void)ctx;
	host.order = order;
	if (host.steps[0])
		strcat(host.steps, " ");
	strcat(host.steps, step_name(incident_step(incident)));
	return 0;
}

static int call_record(void *ctx, struct incident *incident)
{
	(void)ctx;
	host.stored = *incident;
	return 0;
}

static void call_note(void *ctx, enum engine_note note,
		      const struct domain *domain,
		      const struct incident *incident, const char *text)
{
	(void)ctx;
	(void)domain;
	(void)text;
	if (note == ENGINE_NOTE_INCIDENT_CLOSED)
		host.closed = *incident;
}

static void call_cause(void *ctx, const struct incident *incident,
		       char ret_panic[EVIDENCE_PANIC_BYTES])
{
	(void)ctx;
	(void)incident;
	if (host.cause)
		text_copy(ret_panic, EVIDENCE_PANIC_BYTES, host.cause);
}

static const struct engine_calls calls = {
	.order = call_order, .dismiss = stub_dismiss, .record = call_record,
	.record_guest = stub_record_guest, .claimed = stub_claimed,
	.note = call_note, .cause = call_cause, .random = stub_random,
};

/* --- the steps of a test --- */

static void scan(void)
{
	engine_scan(host.engine, &host.info, host.count, host.now);
}

static void pass(int64_t ms)
{
	host.now.mono_ms += ms;
	host.now.wall_ms += ms;
	engine_run(host.engine, host.now);
}

static void new_engine(void)
{
	struct caps caps = { .xen_major = 4, .xen_minor = 17,
			     .core_dir = true };

	host.engine = engine_new(host.settings, &calls);
	engine_set_caps(host.engine, &caps);
	engine_set_workers(host.engine, 2);
	engine_set_toolstack(host.engine, true, host.now);
}

/* A guest runs in domain 5. */
static void begin(enum domain_type type, enum action action)
{
	struct domain_config config = { .name = "web", .type = type };

	memset(&host, 0, sizeof(host));
	for (int i = 0; i < REASON_COUNT; i++)
		config.on[i] = action;
	host.settings = settings_new();
	host.now = (struct engine_time){ 1000000, 1600000000000 };
	host.info = (struct domain_info){ .id = { .domid = 5, .epoch = 105 },
					  .cpu_time_ns = 1000000000 };
	memcpy(host.info.id.uuid, uuid, UUID_BYTES);
	host.count = 1;
	new_engine();
	scan();
	engine_config(host.engine, 5, uuid, &config, host.now);
}

static void finish(void)
{
	engine_free(host.engine);
	settings_free(host.settings);
}

static void fall(enum reason reason)
{
	host.info.shutdown = true;
	host.info.reason_code = (uint8_t)reason; /* in Xen's order */
	scan();
}

static void answer(int rc, const char *panic)
{
	struct engine_result result = { .rc = rc, .text = "so it was",
					.panic = panic };

	engine_result(host.engine, host.order, &result, host.now);
}

static const struct incident *open_one(void)
{
	const struct list *list = engine_incidents(host.engine);

	return list_empty(list) ? NULL :
	       LIST_ITEM(list->next, struct incident, node);
}

static bool is_open(enum case_state state)
{
	const struct incident *incident = open_one();

	return incident && incident->state == state;
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
		begin(DOMAIN_TYPE_PVH, ACTION_DESTROY);
		fall(cases[i].reason);
		is_text(host.steps, cases[i].reports ? "report" : "destroy",
			"%s: %s", reason_name(cases[i].reason),
			cases[i].reports ? "a report" : "none");
		finish();
	}
	begin(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	host.settings->guest.report = SETTINGS_REPORT_NONE;
	fall(REASON_CRASH);
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
		begin(DOMAIN_TYPE_PVH, cases[i].action);
		fall(REASON_CRASH);
		answer(0, "it broke");
		for (int step = 0; open_one() && step < 5; step++)
			answer(0, NULL);
		is_text(host.steps, cases[i].steps, "%s: %s",
			action_name(cases[i].action), cases[i].steps);
		ok(!open_one() && strcmp(host.stored.panic, "it broke") == 0,
		   "and the line that says why is on record");
		finish();
	}
}

static void test_trouble(void)
{
	begin(DOMAIN_TYPE_PV, ACTION_DESTROY);
	fall(REASON_CRASH);
	answer(-EIO, NULL);
	is_text(host.steps, "report destroy", "one that fails stops nothing");
	finish();
	begin(DOMAIN_TYPE_PV, ACTION_DESTROY);
	fall(REASON_CRASH);
	engine_lost(host.engine, host.order, "killed", host.now);
	is_text(host.steps, "report destroy", "nor does one that overran: it "
		"had its time");
	finish();
	begin(DOMAIN_TYPE_PV, ACTION_DESTROY);
	fall(REASON_CRASH);
	answer(-ESTALE, NULL);
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "a domain that is gone needs no more");
	finish();
	begin(DOMAIN_TYPE_PV, ACTION_PRESERVE);
	fall(REASON_CRASH);
	host.count = 0;
	scan();
	answer(0, NULL);
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "nor does one that went meanwhile");
	finish();
}

static void test_without_xenstored(void)
{
	begin(DOMAIN_TYPE_PV, ACTION_DESTROY);
	engine_set_toolstack(host.engine, false, host.now);
	fall(REASON_CRASH);
	is_text(host.steps, "report", "xenstored is not needed for it");
	answer(0, NULL);
	is_text(host.steps, "report", "but for what follows");
	finish();
}

static void test_operator(void)
{
	begin(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	engine_hold(host.engine, uuid, host.now);
	fall(REASON_CRASH);
	answer(0, "it broke");
	is_text(host.steps, "report", "a held guest's crash is looked at too");
	ok(is_open(CASE_STATE_HELD), "then it is held");
	engine_release(host.engine, uuid, host.now);
	is_text(host.steps, "report destroy", "until it is released");
	finish();
}

static void test_grace(void)
{
	begin(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	host.settings->guest.grace_s = 30;
	fall(REASON_CRASH);
	is_text(host.steps, "report", "it does not wait for the grace to end");
	answer(0, NULL);
	ok(is_open(CASE_STATE_WAITING), "which begins when it is done");
	pass(29999);
	is_text(host.steps, "report", "and is kept");
	pass(1);
	is_text(host.steps, "report destroy", "to its end");
	finish();
	begin(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	host.settings->guest.grace_s = 30;
	fall(REASON_CRASH);
	host.info.shutdown = false;
	host.info.cpu_time_ns += 1000000000;
	scan();
	answer(0, NULL);
	ok(!open_one() && host.closed.outcome == OUTCOME_RESUMED,
	   "one that ran on meanwhile is not waited for");
	finish();
}

/* Gives what is on record to a new engine, as a new daemon does. */
static void restart(void)
{
	struct incident *incident = incident_new();
	struct guest guest;

	*incident = host.stored;
	list_init(&incident->node);
	list_init(&incident->queue_node);
	incident->steps = NULL;
	incident->step_count = 0;
	guest = *engine_guest(host.engine, uuid);
	engine_free(host.engine);
	host.steps[0] = '\0';
	new_engine();
	engine_restore_guest(host.engine, &guest);
	engine_restore(host.engine, incident, host.now);
	scan();
}

static void test_restart(void)
{
	begin(DOMAIN_TYPE_PVH, ACTION_DESTROY);
	fall(REASON_CRASH);
	restart();
	is_text(host.steps, "report", "one that was under way is done anew");
	answer(0, "it broke");
	restart();
	is_text(host.steps, "destroy", "one that was done is not");
	is_text(host.stored.panic, "it broke", "and is not forgotten");
	finish();
}

/* What the report found could not be written, and the daemon was killed when
 * the old domain had been renamed. */
static void test_copy(void)
{
	begin(DOMAIN_TYPE_HVM, ACTION_RESTART);
	host.settings->guest.on[REASON_CRASH] = ACTION_RENAME_RESTART;
	fall(REASON_REBOOT);
	memcpy(host.info.id.uuid, host.stored.copy_uuid, UUID_BYTES);
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

	begin(DOMAIN_TYPE_PVH, ACTION_RENAME_RESTART);
	fall(REASON_CRASH);
	answer(0, NULL);
	is_text(host.steps, "report save", "a domain is to be renamed");
	id = host.info.id;
	domain_copy_uuid(&id, host.info.id.uuid);
	scan();
	answer(-ESTALE, NULL);
	is_text(host.steps, "report save rename",
		"one that a worker of before renamed is gone on with there");
	answer(-ESTALE, NULL);
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
		begin(cases[i].type, ACTION_DESTROY);
		host.settings->guest.report = cases[i].report;
		host.settings->guest.on[REASON_CRASH] = ACTION_RENAME_RESTART;
		fall(REASON_REBOOT);
		domain_copy_uuid(&host.info.id, copy);
		ok(uuid_equal(host.stored.copy_uuid, copy),
		   "what a crash would need is on record from the start");
		if (strcmp(host.steps, "report") == 0)
			answer(0, cases[i].panic);
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
	begin(DOMAIN_TYPE_HVM, ACTION_RESTART);
	host.settings->guest.on[REASON_CRASH] = ACTION_PRESERVE;
	fall(REASON_REBOOT);
	answer(0, "Kernel panic - not syncing: why");
	ok(!open_one() && host.closed.outcome == OUTCOME_KEPT,
	   "a panic is preserved where a reboot is restarted");
	finish();
	begin(DOMAIN_TYPE_HVM, ACTION_DESTROY);
	fall(REASON_REBOOT);
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
		begin(DOMAIN_TYPE_PVH, ACTION_PRESERVE);
		host.cause = "triple fault";
		fall(REASON_CRASH);
		is_text(host.stored.panic, "triple fault", "at the beginning");
		answer(cases[i].rc, cases[i].panic);
		is_text(host.stored.panic, cases[i].expected, "then: %s",
			cases[i].expected);
		finish();
	}
	begin(DOMAIN_TYPE_PVH, ACTION_PRESERVE);
	host.cause = "triple fault";
	fall(REASON_CRASH);
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
		begin(DOMAIN_TYPE_PVH, ACTION_PRESERVE);
		host.settings->guest.report = cases[i].report;
		host.cause = cases[i].cause;
		fall(cases[i].reason);
		if (open_one())
			answer(0, NULL);
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
