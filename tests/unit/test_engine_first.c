/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine: a successor that starts before its predecessor's core is taken,
 * each way in which that ends otherwise, and a restart of ours in between.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"

#include "engine_stubs.h"
#include "tap.h"

static struct {
	struct settings *settings;
	struct engine *engine;
	struct engine_time now;
	struct domain_info list[4];
	size_t count;
	uint64_t order;
	enum step step;
	char steps[256];
	unsigned int opened, fell_back, closed_count;
	struct incident closed, stored;	/* the last; stored's steps are ours */
	struct domain_id aim, other;
} host;

static const uint8_t uuid[UUID_BYTES] = { 1, 2, 3 };

static int call_order(void *ctx, const struct incident *incident,
		      uint64_t order)
{
	(void)ctx;
	host.order = order;
	host.step = incident_step(incident);
	incident_aim(incident, &host.aim, &host.other);
	if (host.steps[0])
		strcat(host.steps, " ");
	strcat(host.steps, step_name(host.step));
	return 0;
}

static int call_record(void *ctx, struct incident *incident)
{
	size_t bytes = incident->step_count * sizeof(*incident->steps);

	(void)ctx;
	free(host.stored.steps);
	host.stored = *incident;
	host.stored.steps = malloc(bytes + 1);
	if (bytes)
		memcpy(host.stored.steps, incident->steps, bytes);
	return 0;
}

static void call_note(void *ctx, enum engine_note note,
		      const struct domain *domain,
		      const struct incident *incident, const char *text)
{
	(void)ctx;
	(void)domain;
	(void)text;
	host.opened += note == ENGINE_NOTE_INCIDENT_OPENED;
	host.fell_back += note == ENGINE_NOTE_FELL_BACK;
	if (note == ENGINE_NOTE_INCIDENT_CLOSED) {
		host.closed = *incident;
		host.closed_count++;
	}
}

static const struct engine_calls calls = {
	.order = call_order, .dismiss = stub_dismiss, .record = call_record,
	.record_guest = stub_record_guest, .claimed = stub_claimed,
	.note = call_note, .random = stub_random,
};

static void scan(void)
{
	engine_scan(host.engine, host.list, host.count, host.now);
}

static void pass(int64_t ms)
{
	host.now.mono_ms += ms;
	host.now.wall_ms += ms;
	scan();
}

static struct domain_info *add_domain(uint32_t domid)
{
	struct domain_info *info = &host.list[host.count++];

	*info = (struct domain_info){ .id = { .domid = domid, .epoch = 7 },
				      .cpu_time_ns = 1000000000 };
	memcpy(info->id.uuid, uuid, UUID_BYTES);
	return info;
}

static void remove_domain(uint32_t domid)
{
	size_t kept = 0;

	for (size_t i = 0; i < host.count; i++)
		if (host.list[i].id.domid != domid)
			host.list[kept++] = host.list[i];
	host.count = kept;
}

static void tell_config(uint32_t domid)
{
	struct domain_config config = { .name = "web",
					.type = DOMAIN_TYPE_PVH };

	config.on[REASON_CRASH] = ACTION_COREDUMP_RESTART;
	engine_config(host.engine, domid, uuid, &config, host.now);
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

static void crash(uint32_t domid)
{
	for (size_t i = 0; i < host.count; i++)
		if (host.list[i].id.domid == domid) {
			host.list[i].shutdown = true;
			host.list[i].reason_code = 3;
		}
	scan();
}

/* The guest runs in domain 5, its configuration is known, it falls. */
static void begin(uint32_t loop_cores, uint32_t restart_limit)
{
	memset(&host, 0, sizeof(host));
	host.settings = settings_new();
	host.settings->guest.report = SETTINGS_REPORT_NONE;
	host.settings->guest.restart_first = 1;
	host.settings->guest.loop_cores = loop_cores;
	host.settings->guest.restart_limit = restart_limit;
	host.now = (struct engine_time){ 1000000, 1600000000000 };
	new_engine();
	add_domain(5);
	scan();
	tell_config(5);
	crash(5);
}

static void finish(void)
{
	engine_free(host.engine);
	settings_free(host.settings);
	free(host.stored.steps);
}

static void answer(int rc)
{
	struct engine_result result = { .rc = rc, .text = "so it was",
					.core_path = "/cores/one" };

	if (rc == 0 && host.step == STEP_DESTROY)
		remove_domain(5);
	if (rc == 0 && host.step == STEP_RENAME) {
		const struct domain_id fell = host.list[0].id;

		domain_copy_uuid(&fell, host.list[0].id.uuid);
		result.new_id = host.list[0].id;
	}
	if (rc == 0 && host.step == STEP_CREATE)
		result.new_id = add_domain(6)->id;
	scan();
	engine_result(host.engine, host.order, &result, host.now);
}

/* Answers well until STEP is ordered, or nothing is any more. */
static void go_to(enum step step)
{
	for (int i = 0; i < 20 && !host.closed_count && host.step != step; i++)
		answer(0);
}

/* The present order is for the domain that fell, under its other name. */
static bool aims_at_copy(void)
{
	struct domain_id copy = host.aim;

	memcpy(copy.uuid, uuid, UUID_BYTES);
	domain_copy_uuid(&copy, copy.uuid);
	return host.aim.domid == 5 && uuid_equal(host.aim.uuid, copy.uuid);
}

static bool is_handled(void)
{
	return host.closed_count == 1 &&
	       host.closed.outcome == OUTCOME_HANDLED &&
	       host.closed.successor.domid == 6 && host.opened == 1;
}

/* --- tests --- */

static void test_whole(void)
{
	begin(2, 5);
	go_to(STEP_RELEASE);
	ok(aims_at_copy() && host.other.uuid[0] == 0,
	   "after the rename the orders are for the copy");
	go_to(STEP_CREATE);
	ok(uuid_equal(host.aim.uuid, uuid), "the start is the guest's own");
	go_to(STEP_DUMP);
	ok(aims_at_copy(), "the core is the copy's");
	go_to(STEP_END);
	is_text(host.steps, "save room rename release create dump destroy",
		"it starts first, and takes its core then");
	ok(is_handled() && uuid_equal(host.closed.id.uuid, uuid) &&
	   strcmp(host.closed.name, "web") == 0 &&
	   strcmp(host.closed.core_path, "/cores/one") == 0,
	   "the record is the guest's, with the core");
	pass(60000);
	ok(host.opened == 1 && host.count == 1, "and it is done once");
	finish();
}

/* What each failure before the start leads to. */
static void test_falls_back(void)
{
	static const struct {
		enum step step;
		int rc;
		const char *steps;
	} cases[] = {
		{ STEP_SAVE, -EIO, "save dump save destroy create" },
		{ STEP_ROOM, -ENOMEM, "save room dump save destroy create" },
		{ STEP_ROOM, -EOPNOTSUPP,
		  "save room dump save destroy create" },
		{ STEP_RENAME, -EIO, "save room rename dump destroy create" },
		{ STEP_RELEASE, -ETIMEDOUT,
		  "save room rename release dump destroy create" },
		{ STEP_CREATE, -ENOMEM, "save room rename release create dump "
		  "destroy create" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(2, 5);
		go_to(cases[i].step);
		answer(cases[i].rc);
		for (int step = 0; step < 9 && !host.closed_count; step++) {
			answer(0);
			pass(20000);
		}
		is_text(host.steps, cases[i].steps, "%s fails: \"%s\"",
			step_name(cases[i].step), cases[i].steps);
		ok(is_handled() && host.fell_back == 1 &&
		   host.closed.verdict.wanted == ACTION_RESTART_FIRST &&
		   host.closed.verdict.action == ACTION_COREDUMP_RESTART &&
		   strstr(host.closed.why, "so it was") &&
		   strstr(host.closed.why, step_name(cases[i].step)),
		   "handled in the ordinary order, with the reason on record");
		finish();
	}
}

static void test_in_vain(void)
{
	begin(0, 5);
	is_text(host.steps, "save", "without a core to be taken it is a plain "
		"restart");
	ok(host.stored.verdict.action == ACTION_COREDUMP_RESTART &&
	   host.fell_back == 1, "and that is on record");
	finish();
	begin(2, 0);
	is_text(host.steps, "dump", "a start that has to wait is no reason to "
		"let the core wait");
	finish();
}

static void test_lost(void)
{
	begin(2, 5);
	go_to(STEP_RELEASE);
	for (int i = 0; i < 3; i++)
		engine_lost(host.engine, host.order, "killed", host.now);
	ok(host.step == STEP_DUMP && host.fell_back == 1,
	   "three workers lost: the ordinary order");
	finish();
	begin(2, 5);
	go_to(STEP_RENAME);
	remove_domain(5);
	answer(-ESTALE);
	ok(host.closed_count && host.closed.outcome == OUTCOME_VANISHED,
	   "a domain that is gone has no successor");
	finish();
	begin(2, 5);
	go_to(STEP_RELEASE);
	answer(-EBUSY);
	ok(host.closed_count && host.closed.outcome == OUTCOME_RESUMED,
	   "one that runs again is left alone");
	finish();
}

/* Another hand destroys the copy, which was ours to end. */
static void test_copy_gone(void)
{
	begin(2, 5);
	go_to(STEP_DUMP);
	remove_domain(5);
	answer(-ESTALE);
	ok(host.step == STEP_DESTROY, "a copy that is gone gives no core");
	answer(0);
	ok(is_handled(), "and all is handled");
	finish();
}

static void test_copy_stays(void)
{
	begin(2, 5);
	go_to(STEP_DESTROY);
	for (int i = 0; i < 3; i++) {
		answer(-ETIMEDOUT);
		pass(60000);
	}
	ok(host.closed_count == 1 && host.closed.outcome == OUTCOME_FAILED &&
	   strstr(host.closed.why, "destroy failed"),
	   "a copy that does not go is given up, with the reason");
	scan();
	ok(host.opened == 1, "and is no new incident");
	tell_config(6);
	crash(6);
	ok(host.opened == 2, "the guest itself is looked after as ever");
	finish();
}

/* Its successor falls while the core is taken. */
static void test_falls_again(void)
{
	begin(2, 5);
	go_to(STEP_DUMP);
	tell_config(6);
	crash(6);
	pass(20000);
	ok(host.opened == 1, "one incident of a guest at a time");
	answer(0);
	answer(0);
	ok(host.closed_count == 1 && host.opened == 2,
	   "the next begins when that one ends");
	finish();
}

/* We are killed in the step, and another of us takes up what is on record. */
static void restart(bool started)
{
	struct incident *incident = incident_new();
	struct incident_step *steps;
	size_t bytes = host.stored.step_count * sizeof(*steps);

	engine_free(host.engine);
	steps = malloc(bytes + 1);
	memcpy(steps, host.stored.steps, bytes);
	*incident = host.stored;
	incident->steps = steps;
	list_init(&incident->node);
	list_init(&incident->queue_node);
	if (started)
		add_domain(6);
	host.steps[0] = '\0';
	new_engine();
	engine_restore(host.engine, incident, host.now);
	scan();
	tell_config(6);
	engine_set_toolstack(host.engine, true, host.now);
}

static void test_restarted(void)
{
	static const enum step steps[] = { STEP_SAVE, STEP_ROOM, STEP_RENAME,
					   STEP_RELEASE, STEP_CREATE,
					   STEP_DUMP, STEP_DESTROY };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		begin(2, 5);
		go_to(steps[i]);
		restart(false);
		ok(host.step == steps[i], "killed in %s: it is done anew",
		   step_name(steps[i]));
		for (int step = 0; step < 9 && !host.closed_count; step++)
			answer(0);
		ok(is_handled(), "and the rest after it");
		finish();
	}
}

static void test_unheard(void)
{
	begin(2, 5);
	go_to(STEP_CREATE);
	restart(true);
	is_text(host.steps, "dump", "a start nobody heard the end of is not "
		"made again");
	answer(0);
	answer(0);
	ok(is_handled(), "what is left is done");
	finish();
	begin(2, 5);
	go_to(STEP_RELEASE);
	answer(-EIO);
	restart(true);
	is_text(host.steps, "dump", "another hand's start leaves the copy to "
		"be ended");
	answer(0);
	answer(0);
	ok(is_handled() && !strstr(host.steps, "create"),
	   "and nothing to be started");
	finish();
}

int main(void)
{
	test_whole();
	test_falls_back();
	test_in_vain();
	test_lost();
	test_copy_gone();
	test_copy_stays();
	test_falls_again();
	test_restarted();
	test_unheard();
	return done_testing();
}
