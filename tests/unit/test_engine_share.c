/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/engine on a host with many guests, some of which hang: how long another
 * one waits for them.  Each step takes the time that its test says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"

#include "tap.h"

#define GUESTS_MAX 400
#define JOBS_MAX 400
#define OTHER 390	/* the guest that does not hang */
#define NEVER INT64_MAX

struct job {
	bool used;
	uint64_t order;
	enum step step;
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	int64_t end_ms;
	int rc;
};

static struct {
	struct settings *settings;
	struct engine *engine;
	struct engine_time now;
	struct domain_info list[GUESTS_MAX];
	size_t count;
	struct job jobs[JOBS_MAX];
	uint32_t at_work, most_at_work;
	enum step hangs;	/* of the guests up to STUCK */
	uint32_t stuck;
	int64_t hangs_ms;
	int hangs_rc;
	int64_t looked_ms[2 * GUESTS_MAX], start_ms[2 * GUESTS_MAX];
	char steps[128];	/* of the guest that does not hang */
} host;

/* --- what the engine calls --- */

static struct job *free_job(void)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (!host.jobs[i].used)
			return &host.jobs[i];
	return NULL;
}

static void note_begin(uint32_t domid, enum step step)
{
	if (!host.looked_ms[domid])
		host.looked_ms[domid] = host.now.mono_ms;
	if (step == STEP_CREATE && !host.start_ms[domid])
		host.start_ms[domid] = host.now.mono_ms;
	if (domid != OTHER)
		return;
	if (host.steps[0])
		strcat(host.steps, " ");
	strcat(host.steps, step_name(step));
}

static int call_order(void *ctx, const struct incident *incident,
		      uint64_t order)
{
	uint32_t domid = incident->id.domid;
	enum step step = incident_step(incident);
	bool hangs = domid <= host.stuck && step == host.hangs;
	struct job *job = free_job();

	(void)ctx;
	if (!job)
		return -EAGAIN;
	*job = (struct job){
		.used = true, .order = order, .step = step, .domid = domid,
		.end_ms = host.now.mono_ms + (hangs ? host.hangs_ms : 500),
		.rc = hangs ? host.hangs_rc : 0,
	};
	memcpy(job->uuid, incident->id.uuid, UUID_BYTES);
	if (++host.at_work > host.most_at_work)
		host.most_at_work = host.at_work;
	note_begin(domid, step);
	return 0;
}

static void call_dismiss(void *ctx, const struct incident *incident)
{
	(void)ctx;
	(void)incident;
}

static int call_record(void *ctx, struct incident *incident,
		       struct guest *payer)
{
	(void)ctx;
	(void)incident;
	(void)payer;
	return 0;
}

static int call_record_guest(void *ctx, struct guest *guest)
{
	(void)ctx;
	(void)guest;
	return 0;
}

static enum engine_claim call_claimed(void *ctx, const struct domain *domain,
				      uint32_t *ret_pid)
{
	(void)ctx;
	(void)domain;
	(void)ret_pid;
	return ENGINE_CLAIM_NONE;
}

static void call_note(void *ctx, enum engine_note note,
		      const struct domain *domain,
		      const struct incident *incident, const char *text)
{
	(void)ctx;
	(void)note;
	(void)domain;
	(void)incident;
	(void)text;
}

static uint32_t call_random(void *ctx, uint32_t range)
{
	(void)ctx;
	(void)range;
	return 0;
}

static const struct engine_calls calls = {
	.order = call_order, .dismiss = call_dismiss, .record = call_record,
	.record_guest = call_record_guest, .claimed = call_claimed,
	.note = call_note, .random = call_random,
};

/* --- the host --- */

static void scan(void)
{
	engine_scan(host.engine, host.list, host.count, host.now);
}

static void add_domain(uint32_t domid, const uint8_t *uuid)
{
	struct domain_info *info = &host.list[host.count++];

	*info = (struct domain_info){ .id = { .domid = domid,
					      .epoch = domid },
				      .cpu_time_ns = 1000000000 };
	memcpy(info->id.uuid, uuid, UUID_BYTES);
}

static void remove_domain(uint32_t domid)
{
	size_t kept = 0;

	for (size_t i = 0; i < host.count; i++)
		if (host.list[i].id.domid != domid)
			host.list[kept++] = host.list[i];
	host.count = kept;
}

static void crash(uint32_t domid)
{
	for (size_t i = 0; i < host.count; i++)
		if (host.list[i].id.domid == domid) {
			host.list[i].shutdown = true;
			host.list[i].reason_code = REASON_CRASH;
		}
	scan();
}

static void end_job(struct job *job)
{
	struct engine_result result = { .rc = job->rc, .text = "" };
	struct job ended = *job;

	job->used = false;
	host.at_work--;
	if (!ended.rc && ended.step == STEP_DESTROY)
		remove_domain(ended.domid);
	if (!ended.rc && ended.step == STEP_CREATE) {
		add_domain(ended.domid + GUESTS_MAX, ended.uuid);
		result.new_id = host.list[host.count - 1].id;
	}
	scan();
	engine_result(host.engine, ended.order, &result, host.now);
}

static struct job *next_job(void)
{
	struct job *next = NULL;

	for (size_t i = 0; i < JOBS_MAX; i++)
		if (host.jobs[i].used &&
		    (!next || host.jobs[i].end_ms < next->end_ms))
			next = &host.jobs[i];
	return next;
}

static void advance(int64_t ms)
{
	int64_t end_ms = host.now.mono_ms + ms;

	for (;;) {
		struct job *job = next_job();
		int64_t due_ms = engine_due_ms(host.engine);
		bool ends = job && job->end_ms <= due_ms;
		int64_t at_ms = ends ? job->end_ms : due_ms;

		if (at_ms > end_ms)
			break;
		if (at_ms > host.now.mono_ms)
			host.now.mono_ms = at_ms;
		if (ends) {
			end_job(job);
		} else {
			scan();
			engine_run(host.engine, host.now);
		}
	}
	host.now.mono_ms = end_ms;
	scan();
}

/* Guests 1 and up, and OTHER; all with ACTION. */
static void begin(uint32_t workers, uint32_t stuck, enum action action)
{
	struct caps caps = { .xen_major = 4, .xen_minor = 17,
			     .core_dir = true };
	struct domain_config config = { .type = DOMAIN_TYPE_PV };
	uint8_t uuid[UUID_BYTES] = { 0 };

	memset(&host, 0, sizeof(host));
	host.settings = settings_new();
	host.now = (struct engine_time){ 1000000, 1600000000000 };
	host.stuck = stuck;
	host.engine = engine_new(host.settings, &calls);
	engine_set_caps(host.engine, &caps);
	engine_set_workers(host.engine, workers);
	engine_set_toolstack(host.engine, true, host.now);
	for (uint32_t i = 1; i <= stuck + 1; i++) {
		uint32_t domid = i <= stuck ? i : OTHER;

		memcpy(uuid, &domid, sizeof(domid));
		add_domain(domid, uuid);
	}
	scan();
	for (int i = 0; i < REASON_COUNT; i++)
		config.on[i] = action;
	for (size_t i = 0; i < host.count; i++) {
		snprintf(config.name, sizeof(config.name), "guest-%zu", i);
		engine_config(host.engine, host.list[i].id.domid,
			      host.list[i].id.uuid, &config, host.now);
	}
}

/* All that hang fall, and after LATER_MS the other one. */
static void fall(int64_t later_ms)
{
	for (uint32_t i = 1; i <= host.stuck; i++)
		crash(i);
	advance(later_ms);
	host.now.wall_ms += 1;
	crash(OTHER);
}

static void finish(void)
{
	engine_free(host.engine);
	settings_free(host.settings);
}

static int64_t waited_ms(const int64_t *at_ms, int64_t since_ms)
{
	return at_ms[OTHER] ? at_ms[OTHER] - since_ms : NEVER;
}

/* --- tests --- */

/* Report, save and destroy take half a second each. */
static void check_other(uint32_t workers, uint32_t stuck, enum step step,
			int64_t later_ms)
{
	int64_t fell_ms, looked_ms, start_ms;

	fall(later_ms);
	fell_ms = host.now.mono_ms;
	advance(3600000);
	looked_ms = waited_ms(host.looked_ms, fell_ms);
	start_ms = waited_ms(host.start_ms, fell_ms);
	ok(looked_ms <= 2000 && start_ms <= 1500 + 3000,
	   "%u workers, %u guests hang in %s since %lld s: another is looked at "
	   "after %lld ms, its start begun after %lld ms",
	   workers, stuck, step_name(step), (long long)later_ms / 1000,
	   (long long)looked_ms, (long long)start_ms);
}

static void test_hanging(void)
{
	static const enum step steps[] = { STEP_REPORT, STEP_SAVE,
					   STEP_DESTROY, STEP_CREATE };
	static const struct {
		uint32_t workers, stuck;
		int64_t later_ms;
	} hosts[] = {
		{ 1, 3, 10000 }, { 1, 20, 150000 }, { 2, 3, 10000 },
		{ 2, 20, 20000 }, { 2, 20, 400000 }, { 2, 200, 150000 },
		{ 3, 20, 10000 }, { 3, 200, 400000 }, { 5, 20, 10000 },
		{ 5, 200, 150000 },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		for (size_t j = 0; j < sizeof(hosts) / sizeof(*hosts); j++) {
			begin(hosts[j].workers, hosts[j].stuck,
			      ACTION_RESTART);
			host.hangs = steps[i];
			host.hangs_ms = steps[i] == STEP_REPORT ? 6000 :
								  300000;
			host.hangs_rc = -ETIMEDOUT;
			check_other(hosts[j].workers, hosts[j].stuck,
				    steps[i], hosts[j].later_ms);
			finish();
		}
}

/* More hang than may give their places up. */
static void test_any_number(void)
{
	int64_t fell_ms;

	begin(2, 380, ACTION_RESTART);
	host.hangs = STEP_DESTROY;
	host.hangs_ms = 3600000;
	fall(400000);
	fell_ms = host.now.mono_ms;
	advance(60000);
	ok(waited_ms(host.looked_ms, fell_ms) <= 2000,
	   "with any number another is looked at");
	ok(host.most_at_work <= 256 + 2 + 2, "the workers are bounded: %u",
	   host.most_at_work);
	finish();
}

/* What fails goes on in a few places, after all others. */
static void test_again(void)
{
	begin(4, 20, ACTION_RESTART);
	host.hangs = STEP_DESTROY;
	host.hangs_ms = 120000;
	host.hangs_rc = -ETIMEDOUT;
	fall(100000);
	advance(100000);
	ok(host.at_work == 4, "of those that failed few are at work: %u",
	   host.at_work);
	finish();
}

static void test_cores(void)
{
	int64_t fell_ms;

	for (uint32_t workers = 1; workers <= 4; workers++) {
		begin(workers, 5, ACTION_COREDUMP_RESTART);
		host.hangs = STEP_DUMP;
		host.hangs_ms = 1800000;
		fall(10000);
		fell_ms = host.now.mono_ms;
		advance(3600000);
		ok(waited_ms(host.start_ms, fell_ms) <= 30000 + 1500 + 3000,
		   "%u workers, long cores: another is restarted", workers);
		ok(strcmp(host.steps, "report save destroy create") == 0,
		   "without one of its own: %s", host.steps);
		finish();
	}
	begin(3, 1, ACTION_COREDUMP_RESTART);
	host.hangs = STEP_DUMP;
	host.hangs_ms = 1800000;
	fall(10000);
	advance(60000);
	ok(strcmp(host.steps, "report dump save destroy create") == 0,
	   "where there is a worker it has its own: %s", host.steps);
	finish();
	begin(2, 1, ACTION_COREDUMP_RESTART);
	host.settings->guest.core_wait_s = 600;
	host.hangs = STEP_DUMP;
	host.hangs_ms = 300000;
	fall(10000);
	advance(3600000);
	ok(strcmp(host.steps, "report dump save destroy create") == 0,
	   "and where it may wait as long: %s", host.steps);
	finish();
	begin(2, 1, ACTION_COREDUMP_DESTROY);
	host.hangs = STEP_DUMP;
	host.hangs_ms = 1800000;
	fall(10000);
	advance(3600000);
	ok(strcmp(host.steps, "report dump destroy") == 0,
	   "who is not restarted waits for it: %s", host.steps);
	finish();
}

/* As many as there are workers, while nothing hangs. */
static void test_bound(void)
{
	begin(3, 100, ACTION_RESTART);
	host.hangs = STEP_CREATE;
	host.hangs_ms = 900;
	fall(1000000);
	ok(host.most_at_work >= 3 && host.most_at_work <= 3 + 2,
	   "a hundred crashes at once: %u at work", host.most_at_work);
	finish();
}

/* A guest whose domain is gone already goes before one that nobody looked at. */
static void test_order(void)
{
	int64_t fell_ms;

	begin(1, 20, ACTION_RESTART);
	host.hangs = STEP_EJECT;
	fell_ms = host.now.mono_ms;
	fall(60000);
	ok(host.start_ms[1] - fell_ms <= 3000,
	   "of twenty the first is started after %lld ms",
	   (long long)(host.start_ms[1] - fell_ms));
	finish();
}

int main(void)
{
	test_hanging();
	test_any_number();
	test_again();
	test_cores();
	test_bound();
	test_order();
	return done_testing();
}
