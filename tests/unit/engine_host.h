/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host for an engine under test: the hypervisor's list, one guest, a worker
 * that is asked, and records, all in memory and answered by hand.  Knows no
 * test, and judges nothing.
 */
#ifndef TESTS_UNIT_ENGINE_HOST_H
#define TESTS_UNIT_ENGINE_HOST_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"

#define DOMAINS_MAX 8

static struct {
	struct settings *settings;
	struct engine *engine;
	struct engine_calls calls;
	struct engine_time now;
	struct domain_info list[DOMAINS_MAX];
	size_t count;

	int order_fails, record_fails;
	const uint8_t *unwritable;	/* that guest's row alone is not */
	bool dies;		/* once it has written so often: */
	int writes_left;
	enum engine_claim claim;
	const char *panic;		/* what the next answer tells, */
	bool printed;			/* from the console */

	uint64_t order;			/* the last one given */
	enum step step;
	char steps[1024];		/* all of them, by name */
	struct domain_id aim, other;	/* whom the last order is about */
	unsigned int notes[ENGINE_NOTE_COUNT];
	unsigned int records;
	struct incident closed;		/* the last; steps not owned */
	struct incident stored;		/* the last written; steps are ours */
	struct guest stored_guest;
} host;

static const uint8_t uuid[UUID_BYTES] = { 1, 2, 3 };

/* --- what the engine calls --- */

static inline int call_order(void *ctx, const struct incident *incident,
			     uint64_t order)
{
	(void)ctx;
	if (host.order_fails)
		return host.order_fails;
	host.order = order;
	host.step = incident_step(incident);
	incident_aim(incident, &host.aim, &host.other);
	if (host.steps[0])
		strcat(host.steps, " ");
	strcat(host.steps, step_name(host.step));
	return 0;
}

static inline void call_dismiss(void *ctx, const struct incident *incident)
{
	(void)ctx;
	(void)incident;
}

/* INCIDENT with steps of its own. */
static inline struct incident copy_incident(const struct incident *incident)
{
	size_t bytes = incident->step_count * sizeof(*incident->steps);
	struct incident copy = *incident;

	copy.steps = bytes ? malloc(bytes) : NULL;
	if (bytes)
		memcpy(copy.steps, incident->steps, bytes);
	return copy;
}

/* Who is dead writes no more. */
static inline bool is_dead(void)
{
	return host.dies && host.writes_left-- <= 0;
}

static inline int call_record(void *ctx, struct incident *incident,
			      struct guest *payer)
{
	(void)ctx;
	if (host.record_fails)
		return host.record_fails;
	if (is_dead())
		return -EIO;
	if (payer && host.unwritable &&
	    uuid_equal(payer->uuid, host.unwritable))
		return -EIO;
	if (payer)
		host.stored_guest = *payer;
	host.records++;
	free(host.stored.steps);
	host.stored = copy_incident(incident);
	return 0;
}

/* With its configuration, which is the same. */
static inline int call_record_guest(void *ctx, struct guest *guest)
{
	(void)ctx;
	if (is_dead())
		return -EIO;
	if (host.unwritable && uuid_equal(guest->uuid, host.unwritable))
		return -EIO;
	host.stored_guest = *guest;
	return host.record_fails;
}

static inline enum engine_claim call_claimed(void *ctx,
					     const struct domain *domain,
					     uint32_t *ret_pid)
{
	(void)ctx;
	(void)domain;
	*ret_pid = host.claim == ENGINE_CLAIM_NONE ? 0 : 77;
	return host.claim;
}

static inline void call_note(void *ctx, enum engine_note note,
			     const struct domain *domain,
			     const struct incident *incident, const char *text)
{
	(void)ctx;
	(void)domain;
	(void)text;
	host.notes[note]++;
	if (note == ENGINE_NOTE_INCIDENT_CLOSED ||
	    note == ENGINE_NOTE_CRASH_MISSED)
		host.closed = *incident;
}

/* The most that there may be. */
static inline uint32_t call_random(void *ctx, uint32_t range)
{
	(void)ctx;
	return range - 1;
}

/* --- what happens on the host --- */

static inline void scan(void)
{
	engine_scan(host.engine, host.list, host.count, host.now);
}

/* Time goes by, which the engine is not told. */
static inline void wait_for(int64_t ms)
{
	host.now.mono_ms += ms;
	host.now.wall_ms += ms;
}

static inline void pass(int64_t ms)
{
	wait_for(ms);
	engine_run(host.engine, host.now);
}

static inline struct domain_info *add_domain(uint32_t domid)
{
	struct domain_info *info = &host.list[host.count++];

	*info = (struct domain_info){ .id = { .domid = domid,
					      .epoch = domid + 100 },
				      .cpu_time_ns = 1000000000 };
	memcpy(info->id.uuid, uuid, UUID_BYTES);
	return info;
}

/* As libxl does before it lets it run. */
static inline void build_domain(uint32_t domid)
{
	struct domain_info *info = add_domain(domid);

	info->paused = true;
	info->cpu_time_ns = 0;
}

static inline void remove_domain(uint32_t domid)
{
	size_t kept = 0;

	for (size_t i = 0; i < host.count; i++)
		if (host.list[i].id.domid != domid)
			host.list[kept++] = host.list[i];
	host.count = kept;
}

/* ACTION is for every reason.  Who tells has written it down before. */
static inline void tell_config(uint32_t domid, enum domain_type type,
			       enum action action)
{
	struct domain_config config = { .name = "web", .type = type };

	for (int i = 0; i < REASON_COUNT; i++)
		config.on[i] = action;
	memcpy(host.stored_guest.uuid, uuid, UUID_BYTES);
	host.stored_guest.config = config;
	host.stored_guest.has_config = true;
	engine_config(host.engine, domid, uuid, &config, host.now);
}

static inline void fall(uint32_t domid, enum reason reason)
{
	for (size_t i = 0; i < host.count; i++)
		if (host.list[i].id.domid == domid) {
			host.list[i].shutdown = true;
			/* in Xen's order */
			host.list[i].reason_code = (uint8_t)reason;
		}
	scan();
}

static inline void crash(uint32_t domid)
{
	fall(domid, REASON_CRASH);
}

/* A worker's word on the order that is under way. */
static inline void answer(int rc)
{
	struct engine_result result = { .rc = rc, .text = "so it was",
					.core_path = "/cores/one",
					.panic = host.panic,
					.printed = host.printed };

	host.panic = NULL;
	if (rc == 0 && host.step == STEP_DESTROY)
		remove_domain(host.aim.domid);
	if (rc == 0 && host.step == STEP_SOFT_RESET)
		host.list[0].shutdown = false;
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

/* --- the engine --- */

static inline void new_engine(void)
{
	struct caps caps = { .xen_major = 4, .xen_minor = 17,
			     .core_dir = true };

	host.engine = engine_new(host.settings, &host.calls);
	engine_set_caps(host.engine, &caps);
	engine_set_workers(host.engine, 2);
	engine_set_toolstack(host.engine, true, host.now);
}

/* The guest runs in domain 5, and its configuration is known. */
static inline void begin_guest(enum domain_type type, enum action action)
{
	memset(&host, 0, sizeof(host));
	host.calls = (struct engine_calls){
		.order = call_order, .dismiss = call_dismiss,
		.record = call_record, .record_guest = call_record_guest,
		.claimed = call_claimed, .note = call_note,
		.random = call_random,
	};
	host.settings = settings_new();
	host.now = (struct engine_time){ 1000000, 1600000000000 };
	new_engine();
	add_domain(5);
	scan();
	tell_config(5, type, action);
}

/* The same for what has no use for a report, of a guest with all actions. */
static inline void begin(enum action action)
{
	begin_guest(DOMAIN_TYPE_HVM, action);
	host.settings->guest.report = SETTINGS_REPORT_NONE;
}

static inline void finish(void)
{
	engine_free(host.engine);
	settings_free(host.settings);
	free(host.stored.steps);
}

/* What is on record, for a new engine to own. */
static inline struct incident *recorded(void)
{
	struct incident *incident = incident_new();

	*incident = copy_incident(&host.stored);
	list_init(&incident->node);
	list_init(&incident->queue_node);
	return incident;
}

/* Each step before STEP ends well. */
static inline void answer_until(enum step step)
{
	while (host.step != step)
		answer(0);
}

/* Gives what is on record to a new engine, as a new daemon does. */
static inline void restart(void)
{
	struct incident *incident = recorded();

	engine_free(host.engine);
	host.dies = false;
	new_engine();
	engine_restore_guest(host.engine, &host.stored_guest);
	engine_restore(host.engine, incident, host.now);
	host.steps[0] = '\0';
	host.order = 0;
	scan();
}

static inline const struct incident *open_one(void)
{
	const struct list *list = engine_incidents(host.engine);

	return list_empty(list) ? NULL :
	       LIST_ITEM(list->next, struct incident, node);
}

static inline bool is_open(enum case_state state)
{
	const struct incident *incident = open_one();

	return incident && incident->state == state;
}

#endif
