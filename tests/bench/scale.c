/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the keeper's own work costs as guests grow in number: the engine and
 * the records as the daemon drives them, upon a modelled host whose guests
 * crash one after the other and are restarted.  Measures only; every answer
 * of the model comes at once, so what is counted is ours.
 *
 *   scale GUESTS CRASHES DIR    prints: GUESTS CPU-US-A-CRASH KIB
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "core/engine.h"
#include "store/store.h"

#define GAP_MS 60	/* 1,000 crashes a minute */
#define WORKERS 16
#define ORDERS_MAX 64
#define CRASH 3		/* SHUTDOWN_crash */

struct order {
	uint64_t number;
	struct domain_id id;
	enum step step;
};

static struct host {
	struct engine *engine;
	struct store *store;
	struct settings *settings;
	struct engine_time now;
	struct domain_info *list, *copy;
	size_t count;
	uint32_t next_domid;
	struct order orders[ORDERS_MAX];
	unsigned int order_count;
	uint64_t closed, held;
	uint32_t random;
	double cpu_us;
} host;

static double cpu_us(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

/* --- the engine's calls, as the keeper binds them --- */

static int call_order(void *ctx, const struct incident *incident,
		      uint64_t order)
{
	(void)ctx;
	if (host.order_count == ORDERS_MAX)
		return -EAGAIN;
	host.orders[host.order_count++] = (struct order){
		.number = order, .id = incident->id,
		.step = incident_step(incident),
	};
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
	return store_record_paid(host.store, incident, payer);
}

static int call_record_guest(void *ctx, struct guest *guest)
{
	(void)ctx;
	return store_record_guest(host.store, guest);
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
	(void)domain;
	(void)incident;
	host.closed += note == ENGINE_NOTE_INCIDENT_CLOSED;
	host.held += note == ENGINE_NOTE_INCIDENT_HELD;
	if (note == ENGINE_NOTE_STEP_FAILED)
		errx(1, "a step failed: %s", text);
}

static uint32_t next_random(uint32_t range)
{
	host.random = host.random * 1664525u + 1013904223u;
	return (host.random >> 8) % range;
}

static uint32_t call_random(void *ctx, uint32_t range)
{
	(void)ctx;
	return next_random(range);
}

static const struct engine_calls calls = {
	.order = call_order, .dismiss = call_dismiss, .record = call_record,
	.record_guest = call_record_guest, .claimed = call_claimed,
	.note = call_note, .random = call_random,
};

/* --- the host --- */

static void pass(int64_t ms)
{
	host.now.mono_ms += ms;
	host.now.wall_ms += ms;
}

/* The copy stands for the hypercall, whose cost is the hypervisor's. */
static void scan(void)
{
	memcpy(host.copy, host.list, host.count * sizeof(*host.list));
	if (engine_scan(host.engine, host.copy, host.count, host.now) < 0)
		errx(1, "no memory");
}

static struct domain_info *find(uint32_t domid)
{
	for (size_t i = host.count; i-- > 0;)
		if (host.list[i].id.domid == domid)
			return &host.list[i];
	errx(1, "domain %u is not there", domid);
}

static struct domain_info *add(const uint8_t uuid[UUID_BYTES])
{
	struct domain_info *info = &host.list[host.count++];

	*info = (struct domain_info){
		.id = { .domid = host.next_domid, .epoch = host.next_domid },
		.cpu_time_ns = 1000000000, .vcpus = 1, .memory_kib = 65536,
	};
	host.next_domid++;
	memcpy(info->id.uuid, uuid, UUID_BYTES);
	return info;
}

static void take_out(uint32_t domid)
{
	struct domain_info *at = find(domid);

	host.count--;
	memmove(at, at + 1, (size_t)(host.list + host.count - at) * sizeof(*at));
}

static void tell_config(const struct domain_id *id)
{
	struct domain_config config = { .type = DOMAIN_TYPE_PVH };
	static const char json[] = "{\"c_info\": {\"type\": \"pvh\"}}";

	snprintf(config.name, sizeof(config.name), "guest-%02x%02x%02x",
		 id->uuid[2], id->uuid[1], id->uuid[0]);
	config.on[REASON_CRASH] = ACTION_RESTART;
	if (store_set_config(host.store, id->uuid, &config, json) < 0)
		errx(1, "the configuration is not stored");
	scan();
	engine_config(host.engine, id->domid, id->uuid, &config, host.now);
}

/* Does the oldest order, and tells its result. */
static void answer(void)
{
	struct order order = host.orders[0];
	struct engine_result result = { .text = "as ordered" };

	memmove(host.orders, host.orders + 1,
		--host.order_count * sizeof(host.orders[0]));
	if (order.step == STEP_DESTROY)
		take_out(order.id.domid);
	else if (order.step == STEP_CREATE)
		result.new_id = add(order.id.uuid)->id;
	pass(20);
	scan();
	engine_result(host.engine, order.number, &result, host.now);
	if (order.step == STEP_CREATE)
		tell_config(&result.new_id);
}

static void settle(void)
{
	int64_t due_ms;

	for (;;) {
		due_ms = engine_due_ms(host.engine);
		if (host.order_count) {
			answer();
		} else if (due_ms <= host.now.mono_ms) {
			scan();
			engine_run(host.engine, host.now);
		} else {
			return;
		}
	}
}

/* One crash, from the hint to the end of what it leads to. */
static void crash(void)
{
	struct domain_info *info = &host.list[next_random((uint32_t)host.count)];
	uint64_t closed = host.closed;
	double begin;

	info->shutdown = true;
	info->reason_code = CRASH;
	begin = cpu_us();
	engine_hint(host.engine, info->id.domid, CRASH);
	scan();
	engine_run(host.engine, host.now);
	settle();
	host.cpu_us += cpu_us() - begin;
	if (host.closed != closed + 1 || host.held)
		errx(1, "a crash was not handled");
	pass(GAP_MS);
}

/* --- --- */

static void set(const char *name, const char *value)
{
	char why[SETTINGS_WHY_BYTES];

	if (settings_set(settings_find_key(name), &host.settings->guest,
			 value, why, sizeof(why)) < 0)
		errx(1, "%s: %s", name, why);
}

static void start(size_t guests, const char *dir)
{
	struct caps caps = { .xen_major = 4, .xen_minor = 17 };
	static struct engine_calls bound;
	struct text why = { 0 };

	host.now = (struct engine_time){ 1000000, 1800000000000 };
	host.next_domid = 1;
	host.settings = settings_new();
	host.list = calloc(guests + 1, sizeof(*host.list));
	host.copy = calloc(guests + 1, sizeof(*host.copy));
	if (!host.settings || !host.list || !host.copy)
		errx(1, "no memory");
	set("restart_limit", "64"); /* with one guest all crashes are its own */
	set("restart_window_seconds", "1");
	set("backoff_min_seconds", "0");
	bound = calls;
	host.engine = engine_new(host.settings, &bound);
	if (!host.engine || store_open(dir, "bench", &host.store, &why) < 0)
		errx(1, "%s", text_get(&why));
	text_free(&why);
	engine_set_caps(host.engine, &caps);
	engine_set_workers(host.engine, WORKERS);
	engine_set_toolstack(host.engine, true, host.now);
}

static void populate(size_t guests)
{
	for (size_t i = 0; i < guests; i++) {
		uint8_t uuid[UUID_BYTES] = { i & 0xff, i >> 8 & 0xff, i >> 16 };

		add(uuid);
	}
	scan();
	for (size_t i = 0; i < guests; i++) {
		struct domain_config config = { .type = DOMAIN_TYPE_PVH };
		const struct domain_id *id = &host.list[i].id;

		config.on[REASON_CRASH] = ACTION_RESTART;
		engine_config(host.engine, id->domid, id->uuid, &config,
			      host.now);
	}
}

static long anonymous_kib(void)
{
	AUTO_FILE FILE *file = fopen("/proc/self/smaps_rollup", "re");
	char line[256];
	long kib = -1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Anonymous: %ld", &kib) == 1)
			break;
	return kib;
}

int main(int argc, char **argv)
{
	size_t guests = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long crashes = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;

	if (!guests || guests > 32000 || !crashes)
		errx(1, "usage: scale GUESTS CRASHES DIR");
	start(guests, argv[3]);
	populate(guests);
	for (unsigned long i = 0; i < crashes / 10 + 1; i++)
		crash(); /* what grows at first: SQLite's cache, the heap */
	host.cpu_us = 0;
	for (unsigned long i = 0; i < crashes; i++)
		crash();
	printf("%zu %.0f %ld\n", guests, host.cpu_us / (double)crashes,
	       anonymous_kib());
	engine_free(host.engine);
	store_close(host.store);
	settings_free(host.settings);
	free(host.list);
	free(host.copy);
	return 0;
}
