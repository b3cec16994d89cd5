/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine by its calls: each plan from the shutdown to its end, each
 * failure, the operator, a restart in between.  The calls are noted and
 * answered by hand; what random histories do is tests/sim's.  The report that
 * comes before a plan is test_engine_report's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"

#include "engine_stubs.h"
#include "tap.h"

#define DOMAINS_MAX 8

/* The host as this test has it. */
static struct {
	struct settings *settings;
	struct engine *engine;
	struct engine_time now;
	struct domain_info list[DOMAINS_MAX];
	size_t count;
	struct engine_calls calls;

	int order_fails, record_fails;
	enum engine_claim claim;
	uint64_t order;			/* the last one given */
	enum step step;
	char steps[256];		/* all of them, by name */
	unsigned int notes[ENGINE_NOTE_COUNT];
	char last_text[INCIDENT_TEXT_BYTES];
	struct incident closed, stored; /* the last; steps not owned */
	struct guest stored_guest;
	unsigned int dismissed, records, probes;
} host;

static const uint8_t uuid[UUID_BYTES] = { 1, 2, 3 };

static int call_order(void *ctx, const struct incident *incident,
		      uint64_t order)
{
	(void)ctx;
	if (host.order_fails)
		return host.order_fails;
	host.order = order;
	host.step = incident_step(incident);
	if (host.steps[0])
		strcat(host.steps, " ");
	strcat(host.steps, step_name(host.step));
	return 0;
}

static void call_dismiss(void *ctx, const struct incident *incident)
{
	(void)ctx;
	(void)incident;
	host.dismissed++;
}

static int call_record(void *ctx, struct incident *incident)
{
	(void)ctx;
	if (host.record_fails)
		return host.record_fails;
	host.records++;
	host.stored = *incident;
	return 0;
}

static int call_record_guest(void *ctx, struct guest *guest)
{
	(void)ctx;
	host.stored_guest = *guest;
	return host.record_fails;
}

static enum engine_claim call_claimed(void *ctx, const struct domain *domain)
{
	(void)ctx;
	(void)domain;
	return host.claim;
}

static void call_note(void *ctx, enum engine_note note,
		      const struct domain *domain,
		      const struct incident *incident, const char *text)
{
	(void)ctx;
	(void)domain;
	host.notes[note]++;
	if (note == ENGINE_NOTE_INCIDENT_CLOSED ||
	    note == ENGINE_NOTE_CRASH_MISSED)
		host.closed = *incident;
	snprintf(host.last_text, sizeof(host.last_text), "%s",
		 text ? text : "");
}

static void call_probe(void *ctx)
{
	(void)ctx;
	host.probes++;
}

static const struct engine_calls calls = {
	.order = call_order, .dismiss = call_dismiss, .record = call_record,
	.record_guest = call_record_guest, .claimed = call_claimed,
	.note = call_note, .random = stub_random,
};

/* --- the steps of a test --- */

static void scan(void)
{
	engine_scan(host.engine, host.list, host.count, host.now);
}

static void pass(int64_t ms)
{
	host.now.mono_ms += ms;
	host.now.wall_ms += ms;
	engine_run(host.engine, host.now);
}

static struct domain_info *add_domain(uint32_t domid)
{
	struct domain_info *info = &host.list[host.count++];

	*info = (struct domain_info){ .id = { .domid = domid,
					      .epoch = domid + 100 },
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

static void tell_config(uint32_t domid, enum action on_crash)
{
	struct domain_config config = { .name = "web",
					.type = DOMAIN_TYPE_HVM };

	config.on[REASON_CRASH] = on_crash;
	engine_config(host.engine, domid, uuid, &config, host.now);
}

static void new_engine(void)
{
	struct caps caps = { .xen_major = 4, .xen_minor = 17,
			     .core_dir = true };

	host.calls = calls;
	host.engine = engine_new(host.settings, &host.calls);
	engine_set_caps(host.engine, &caps);
	engine_set_workers(host.engine, 2);
}

/* A guest runs in domain 5, and its configuration is known. */
static void begin(enum action on_crash)
{
	memset(&host, 0, sizeof(host));
	host.settings = settings_new();
	host.settings->guest.report = SETTINGS_REPORT_NONE;
	host.now = (struct engine_time){ 1000000, 1600000000000 };
	new_engine();
	engine_set_toolstack(host.engine, true, host.now);
	add_domain(5);
	scan();
	tell_config(5, on_crash);
}

static void finish(void)
{
	engine_free(host.engine);
	settings_free(host.settings);
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

/* A worker's word on the order that is under way. */
static void answer(int rc)
{
	struct engine_result result = { .rc = rc, .text = "so it was",
					.core_path = "/cores/one" };

	if (rc == 0 && host.step == STEP_DESTROY)
		remove_domain(5);
	if (rc == 0 && host.step == STEP_SOFT_RESET)
		host.list[0].shutdown = false;
	if (rc == 0 && host.step == STEP_RENAME) {
		memset(host.list[0].id.uuid, 0xcc, UUID_BYTES);
		result.new_id = host.list[0].id;
	}
	if (rc == 0 && host.step == STEP_CREATE)
		result.new_id = add_domain(6)->id;
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
	pass(1000);
	is_text(host.steps, "destroy", "until there is one");
	finish();
	begin(ACTION_DESTROY);
	host.order_fails = -ENOENT;
	crash(5);
	for (int i = 0; i < 5; i++)
		pass(1000);
	ok(is_open(CASE_STATE_HELD), "what cannot be ordered is held");
	finish();
}

static void test_budget(void)
{
	unsigned int starts = 0;

	begin(ACTION_RESTART);
	for (uint32_t domid = 5; starts < 50; domid++) {
		crash(domid);
		for (int step = 0; step < 3 && open_one(); step++) {
			struct engine_result result = { .text = "" };

			if (is_open(CASE_STATE_WAITING))
				pass(60000);
			if (!is_open(CASE_STATE_WORKING))
				break;
			if (host.step == STEP_DESTROY)
				remove_domain(domid);
			if (host.step == STEP_CREATE) {
				result.new_id = add_domain(domid + 1)->id;
				starts++;
			}
			engine_result(host.engine, host.order, &result,
				      host.now);
		}
		scan();
		tell_config(domid + 1, ACTION_RESTART);
		if (open_one())
			break;
		host.now.mono_ms += 1000;
	}
	ok(starts == 5 && is_open(CASE_STATE_HELD) &&
	   strstr(open_one()->why, "budget"),
	   "a loop is held after exactly its 5 starts: %u", starts);
	ok(engine_release(host.engine, uuid, host.now) == 0 &&
	   is_open(CASE_STATE_WORKING) && host.step == STEP_CREATE,
	   "a release starts it once more");
	finish();
}

static void test_operator(void)
{
	static const uint8_t nobody[UUID_BYTES] = { 9 };

	begin(ACTION_RESTART);
	ok(engine_hold(host.engine, nobody, host.now) == -ENOENT &&
	   engine_release(host.engine, nobody, host.now) == -ENOENT &&
	   engine_retry(host.engine, uuid, host.now) == -ENOENT,
	   "what is not known cannot be asked for");
	ok(engine_release(host.engine, uuid, host.now) == -EALREADY,
	   "nor can what is so already");
	ok(engine_hold(host.engine, uuid, host.now) == 0 &&
	   host.stored_guest.hold &&
	   engine_hold(host.engine, uuid, host.now) == -EALREADY,
	   "a hold is on record, once");
	crash(5);
	ok(is_open(CASE_STATE_HELD) && !host.steps[0] &&
	   host.stored.state == CASE_STATE_HELD,
	   "a crash in maintenance is recorded, and nothing is done");
	ok(engine_release(host.engine, uuid, host.now) == 0 &&
	   !host.stored_guest.hold && host.step == STEP_SAVE,
	   "a release goes on");
	ok(engine_retry(host.engine, uuid, host.now) == -EALREADY,
	   "what is worked on needs no retry");
	engine_hold(host.engine, uuid, host.now);
	answer(0);
	ok(is_open(CASE_STATE_HELD), "a hold during a step holds the next");
	ok(engine_retry(host.engine, uuid, host.now) == 0 &&
	   host.step == STEP_DESTROY && !host.stored_guest.hold,
	   "a retry ends the hold too");
	finish();
}

static void test_disown(void)
{
	static const uint8_t nobody[UUID_BYTES] = { 9 };

	begin(ACTION_RESTART);
	ok(engine_disown(host.engine, nobody, true, host.now) == -ENOENT,
	   "what is not known cannot be left to another");
	ok(engine_disown(host.engine, uuid, false, host.now) == -EALREADY,
	   "what is ours cannot be taken");
	ok(engine_disown(host.engine, uuid, true, host.now) == 0 &&
	   host.stored_guest.disowned, "a guest is left, and that is on record");
	engine_disown(host.engine, uuid, false, host.now);
	ok(!host.stored_guest.disowned, "and taken back");
	crash(5);
	ok(engine_disown(host.engine, uuid, true, host.now) == -EBUSY,
	   "what is worked on is not left");
	finish();
}

static void test_grace(void)
{
	begin(ACTION_RESTART);
	host.settings->guest.grace_s = 30;
	crash(5);
	pass(29000);
	ok(is_open(CASE_STATE_WAITING) && !host.steps[0], "grace: it waits");
	ok(engine_due_ms(host.engine) == host.now.mono_ms + 1000,
	   "and says until when");
	pass(1000);
	ok(host.step == STEP_SAVE, "then it acts");
	finish();
	begin(ACTION_RESTART);
	host.settings->guest.grace_s = 30;
	crash(5);
	host.list[0].shutdown = false;
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_RESUMED,
	   "unless it went away by itself");
	finish();
}

static void test_other_hands(void)
{
	begin(ACTION_RESTART);
	host.settings->guest.grace_s = 30;
	crash(5);
	remove_domain(5);
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "what another hand destroyed is not started");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	remove_domain(5);
	scan();
	answer(0);
	is_text(host.steps, "save", "nor when that was during a step");
	finish();
	begin(ACTION_RESTART);
	host.settings->guest.restart_limit = 0;
	crash(5);
	answer(0);
	answer(0);
	ok(is_open(CASE_STATE_HELD), "one is held before its start");
	add_domain(9)->paused = true;
	host.list[0].cpu_time_ns = 0;
	scan();
	ok(is_open(CASE_STATE_HELD), "a half-built domain is nobody's start");
	host.list[0].paused = false;
	scan();
	ok(!open_one() && host.closed.outcome == OUTCOME_TAKEN &&
	   host.closed.successor.domid == 9, "one that runs is");
	finish();
}

static void test_claims(void)
{
	begin(ACTION_RESTART);
	host.claim = ENGINE_CLAIM_UNSETTLED;
	crash(5);
	pass(5000);
	ok(!open_one(), "whose it is may take a while");
	host.claim = ENGINE_CLAIM_OTHER;
	pass(1000);
	pass(1000);
	ok(!open_one() && host.notes[ENGINE_NOTE_DOMAIN_FOREIGN] == 1,
	   "another supervisor's is left to it");
	host.claim = ENGINE_CLAIM_NONE;
	pass(29000);
	scan();
	ok(open_one() != NULL, "and asked about again, seldom");
	finish();
	begin(ACTION_RESTART);
	host.claim = ENGINE_CLAIM_OTHER;
	crash(5);
	host.claim = ENGINE_CLAIM_NONE;
	engine_freed(host.engine, 5, host.now);
	ok(open_one() != NULL, "or taken over when that has ended");
	finish();
}

static void test_away(void)
{
	begin(ACTION_RESTART);
	engine_set_toolstack(host.engine, false, host.now);
	crash(5);
	pass(100000);
	ok(is_open(CASE_STATE_QUEUED) && !host.steps[0],
	   "xenstored away: seen, recorded, nothing done");
	engine_set_toolstack(host.engine, true, host.now);
	is_text(host.steps, "save", "back: it goes on at once");
	engine_set_toolstack(host.engine, false, host.now);
	for (int i = 0; i < 5; i++) {
		answer(-EIO);
		engine_set_toolstack(host.engine, true, host.now);
		engine_set_toolstack(host.engine, false, host.now);
	}
	ok(!is_open(CASE_STATE_HELD), "a failure meanwhile says nothing");
	finish();
	begin(ACTION_RESTART);
	host.calls.probe = call_probe;
	pass(60000);
	crash(5);
	pass(500);
	ok(host.probes == 1 && !host.steps[0],
	   "nothing begins before xenstored was asked, once");
	engine_set_toolstack(host.engine, true, host.now);
	is_text(host.steps, "save", "its answer lets it begin");
	pass(60000);
	answer(0);
	ok(host.probes == 2, "the next step asks again");
	engine_set_toolstack(host.engine, false, host.now);
	pass(60000);
	ok(host.probes == 2 && is_open(CASE_STATE_QUEUED),
	   "and waits when there is no answer");
	finish();
	begin(ACTION_PAUSE);
	engine_set_toolstack(host.engine, false, host.now);
	crash(5);
	is_text(host.steps, "pause", "the hypervisor alone can pause");
	finish();
}

static void test_missed(void)
{
	begin(ACTION_RESTART);
	engine_hint(host.engine, 5, 3);
	remove_domain(5);
	scan();
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 1 &&
	   host.stored.outcome == OUTCOME_VANISHED,
	   "a crash that was only heard of is on record");
	finish();
	begin(ACTION_RESTART);
	engine_hint(host.engine, 5, 3);
	scan();
	remove_domain(5);
	scan();
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 0,
	   "one that the list denied is not");
	finish();
}

/* Two lists show it: running on while a core is taken, and then down once
 * more in another's hands. */
static void test_fell_again_and_torn_down(void)
{
	begin(ACTION_COREDUMP_RESTART);
	crash(5);
	ok(host.step == STEP_DUMP, "a core is being taken");
	host.list[0].cpu_time_ns += 1000000000;
	host.list[0].reason_code = 1;
	host.list[0].dying = true;
	scan();
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_RESUMED,
	   "it ran on: its incident is over");
	remove_domain(5);
	scan();
	ok(host.notes[ENGINE_NOTE_CRASH_MISSED] == 1 &&
	   host.stored.outcome == OUTCOME_VANISHED &&
	   host.stored.reason_code == 1,
	   "the second shutdown, torn down by another hand, is on record");
	finish();
}

static void test_full_disk(void)
{
	begin(ACTION_RESTART);
	host.record_fails = -ENOSPC;
	crash(5);
	answer(0);
	answer(0);
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED &&
	   !host.records, "a full disk stops nothing");
	host.record_fails = 0;
	pass(5000);
	ok(host.stored.state == CASE_STATE_CLOSED &&
	   host.stored_guest.budget.count == 1,
	   "what was not written is written when there is room");
	ok(engine_due_ms(host.engine) == INT64_MAX, "and then all is quiet");
	finish();
}

/* Gives what is on record to a new engine, as a new daemon does. */
static void restart(void)
{
	struct incident *incident = incident_new();

	*incident = host.stored;
	list_init(&incident->node);
	list_init(&incident->queue_node);
	incident->steps = NULL;
	if (host.stored.step_count) {
		incident->steps = malloc(host.stored.step_count *
					 sizeof(*incident->steps));
		memcpy(incident->steps, host.stored.steps,
		       host.stored.step_count * sizeof(*incident->steps));
	}
	engine_free(host.engine);
	new_engine();
	engine_restore_guest(host.engine, &host.stored_guest);
	engine_restore(host.engine, incident, host.now);
	host.steps[0] = '\0';
	host.order = 0;
	engine_set_toolstack(host.engine, true, host.now);
	scan();
}

static void test_restart(void)
{
	begin(ACTION_RESTART);
	crash(5);
	answer(0);
	restart();
	is_text(host.steps, "destroy", "a new daemon goes on where it was");
	remove_domain(5);
	answer(0);
	restart();
	is_text(host.steps, "create", "also where the domain is gone already");
	ok(host.stored_guest.budget.count == 1, "the start is paid once");
	answer(0);
	ok(!open_one() && host.closed.outcome == OUTCOME_HANDLED &&
	   host.stored_guest.budget.count == 1, "and done");
	finish();
	begin(ACTION_RESTART);
	crash(5);
	remove_domain(5);
	restart();
	ok(!open_one() && host.closed.outcome == OUTCOME_VANISHED,
	   "what went meanwhile is not started");
	finish();
}

static void test_kept(void)
{
	begin(ACTION_PRESERVE);
	crash(5);
	restart();
	pass(60000);
	ok(!open_one() && host.notes[ENGINE_NOTE_INCIDENT_OPENED] == 1,
	   "what was kept is not handled again");
	restart();
	host.list[0].cpu_time_ns += 1000000000;
	scan();
	tell_config(5, ACTION_PRESERVE);
	pass(10000);
	ok(host.notes[ENGINE_NOTE_INCIDENT_OPENED] == 2,
	   "but its next crash is, though nobody saw it run");
	finish();
}

static void test_unnamed(void)
{
	begin(ACTION_RESTART);
	remove_domain(5);
	add_domain(7)->id.uuid[0] = 0x55;
	scan();
	crash(7);
	pass(9999);
	ok(!open_one(), "a configuration is waited for");
	host.settings->guest.on[REASON_CRASH] = ACTION_DESTROY;
	pass(1);
	ok(!host.steps[0] && host.closed.verdict.action == ACTION_PRESERVE,
	   "a domain that nobody can name is kept");
	finish();
}

int main(void)
{
	test_plans();
	test_failures();
	test_dump_fails();
	test_lost();
	test_no_worker();
	test_budget();
	test_operator();
	test_disown();
	test_grace();
	test_other_hands();
	test_claims();
	test_away();
	test_missed();
	test_fell_again_and_torn_down();
	test_full_disk();
	test_restart();
	test_kept();
	test_unnamed();
	return done_testing();
}
