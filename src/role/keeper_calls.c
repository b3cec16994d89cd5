/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's calls, bound to processes, records, the log and the clock.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "keeper.h"
#include "port/owner.h"
#include "port/peermark.h"

static int call_order(void *ctx, const struct incident *incident,
		      uint64_t order)
{
	return keeper_worker_order(ctx, incident, order);
}

static void call_dismiss(void *ctx, const struct incident *incident)
{
	keeper_worker_dismiss(ctx, incident);
}

/* --- other supervisors --- */

/* Somebody else's process that we wait for to end.  A monitor goes on to the
 * next domain of its guest. */
struct claim {
	struct list node;
	struct keeper *keeper;
	pid_t pid;
	uint32_t domid;
	ev_io ended;
};

static void drop_claim(struct claim *claim)
{
	ev_io_stop(claim->keeper->loop, &claim->ended);
	close(claim->ended.fd);
	list_remove(&claim->node);
	free(claim);
}

static void on_supervisor_ended(struct ev_loop *loop, ev_io *io, int events)
{
	struct claim *claim = io->data;
	struct keeper *keeper = claim->keeper;
	uint32_t domid = claim->domid;

	(void)loop;
	(void)events;
	drop_claim(claim);
	keeper_scan(keeper);
	engine_freed(keeper->engine, domid, keeper_now(keeper));
	keeper_rearm(keeper);
}

static struct claim *find_claim(const struct keeper *keeper, pid_t pid)
{
	struct claim *claim;

	LIST_EACH(claim, (struct list *)&keeper->claims, struct claim, node)
		if (claim->pid == pid)
			return claim;
	return NULL;
}

/* Without pidfds (before Linux 5.3) the engine asks again. */
static void wait_for_end(struct keeper *keeper, uint32_t domid, pid_t pid)
{
	struct claim *claim = find_claim(keeper, pid);
	int fd;

	if (claim) {
		claim->domid = domid;
		return;
	}
	fd = owner_open_pidfd(pid);
	if (fd < 0)
		return;
	claim = calloc(1, sizeof(*claim));
	if (!claim) {
		close(fd);
		return;
	}
	claim->keeper = keeper;
	claim->pid = pid;
	claim->domid = domid;
	list_append(&keeper->claims, &claim->node);
	ev_io_init(&claim->ended, on_supervisor_ended, fd, EV_READ);
	claim->ended.data = claim;
	ev_io_start(keeper->loop, &claim->ended);
}

void keeper_owner_query(struct keeper *keeper, const struct domain *domain,
			struct owner_query *ret_query)
{
	const char *made_as = domain->guest->config.made_as;

	*ret_query = (struct owner_query){
		.name = domain->name,
		.made_as = made_as[0] ? made_as : NULL,
		.domid = domain->info.id.domid,
		.seen_ms = domain->seen_ms,
		.now_ms = keeper_now(keeper).mono_ms,
	};
}

static enum engine_claim call_claimed(void *ctx, const struct domain *domain,
				      uint32_t *ret_pid)
{
	struct keeper *keeper = ctx;
	struct owner_query query;
	enum owner owner = OWNER_NONE;
	pid_t pid = 0;
	int r;

	if (domain->guest->disowned)
		return ENGINE_CLAIM_OTHER;
	keeper_owner_query(keeper, domain, &query);
	r = owner_find("/proc", &query, &owner, &pid);
	if (r < 0) {
		log_event(LOG_LEVEL_ERROR, "owner-unknown",
			  LOG_TEXT("domain", domain->name),
			  LOG_TEXT("error", strerror(-r)));
		return ENGINE_CLAIM_UNSETTLED;
	}
	if (owner == OWNER_NONE)
		return ENGINE_CLAIM_NONE;
	*ret_pid = (uint32_t)pid;
	wait_for_end(keeper, domain->info.id.domid, pid);
	return owner == OWNER_XL ? ENGINE_CLAIM_OTHER : ENGINE_CLAIM_UNSETTLED;
}

/* --- xl's monitors, as they are before anything happens --- */

#define SETTLED_MS 10000 /* by then xl is the monitor of its domain */

static void note_monitor_of(struct keeper *keeper, const struct domain *domain,
			    const struct owner_monitor *monitor)
{
	struct owner_query query;

	if (!domain)
		return;
	keeper_owner_query(keeper, domain, &query);
	if (owner_is_monitor_of(monitor, &query))
		engine_monitored(keeper->engine, domain->info.id.domid,
				 (uint32_t)monitor->pid);
}

static void note_monitor(void *ctx, const struct owner_monitor *monitor)
{
	struct keeper *keeper = ctx;
	struct domain *const *domains;
	size_t count = engine_domains(keeper->engine, &domains);

	if (monitor->waits) {
		note_monitor_of(keeper, engine_domain(keeper->engine,
						      monitor->domid), monitor);
		return;
	}
	for (size_t i = 0; i < count; i++)
		note_monitor_of(keeper, domains[i], monitor);
}

/* A descriptor for each monitor would be too many. */
static void drop_ended(struct keeper *keeper, const struct domain *domain)
{
	if (domain->monitored && domain->monitor &&
	    kill((pid_t)domain->monitor, 0) && errno == ESRCH)
		engine_freed(keeper->engine, domain->info.id.domid,
			     keeper_now(keeper));
}

void keeper_calls_look_at_owners(struct keeper *keeper)
{
	struct domain *const *domains;
	size_t count = engine_domains(keeper->engine, &domains);
	bool unsettled = false;

	for (size_t i = 0; i < count; i++) {
		drop_ended(keeper, domains[i]);
		unsettled |= domains[i]->seen_ms + SETTLED_MS >
			     keeper->owners_ms;
	}
	if (!unsettled)
		return;
	owner_each_monitor("/proc", note_monitor, keeper);
	keeper->owners_ms = keeper_now(keeper).mono_ms;
	keeper_metrics_changed(keeper);
}

/* --- other toolstacks --- */

static int call_made_by(void *ctx, const struct domain *domain,
			enum peer *ret_peer)
{
	int r = peermark_find(&peermark_places, &domain->info.id,
			      domain->name, ret_peer);

	(void)ctx;
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "owner-unknown",
			  LOG_TEXT("domain", domain->name),
			  LOG_TEXT("error", strerror(-r)));
	return r;
}

void keeper_calls_drop_claims(struct keeper *keeper)
{
	struct claim *claim;

	LIST_EACH(claim, &keeper->claims, struct claim, node)
		drop_claim(claim);
}

/* --- telling --- */

static enum log_level level_of(enum engine_note note)
{
	switch (note) {
	case ENGINE_NOTE_INCIDENT_HELD:
	case ENGINE_NOTE_STEP_FAILED:
	case ENGINE_NOTE_NO_MEMORY:
		return LOG_LEVEL_ERROR;
	case ENGINE_NOTE_ACTION_UNSUPPORTED:
	case ENGINE_NOTE_WORKER_LOST:
	case ENGINE_NOTE_FELL_BACK:
	case ENGINE_NOTE_CRASH_MISSED:
	case ENGINE_NOTE_SAME_UUID:
		return LOG_LEVEL_WARN;
	case ENGINE_NOTE_INCIDENT_OPENED:
	case ENGINE_NOTE_CRASH_FOUND:
	case ENGINE_NOTE_INCIDENT_CLOSED:
	case ENGINE_NOTE_SAME_UUID_OVER:
		return LOG_LEVEL_NOTICE;
	default:
		return LOG_LEVEL_INFO;
	}
}

static void note_domain(enum engine_note note, const struct domain *domain,
			const char *text)
{
	enum peer owner = domain->monitored ? PEER_XL : domain->peer;

	log_event(level_of(note), engine_note_name(note),
		  LOG_TEXT("domain", domain->name),
		  LOG_INT("domid", domain->info.id.domid),
		  LOG_UUID("uuid", domain->info.id.uuid),
		  LOG_TEXT("owner", owner ? peer_name(owner) : NULL),
		  LOG_TEXT("state", machine_life_name(domain->state)),
		  LOG_INT("epoch", (int64_t)domain->info.id.epoch),
		  LOG_INT("cpu", (int64_t)domain->info.cpu_time_ns),
		  LOG_TEXT("text", text));
}

/* The last attempt says which step and how long; before the first, and at
 * the end, the incident itself does. */
static void note_incident(enum engine_note note,
			  const struct incident *incident, const char *text)
{
	const struct incident_step *last = incident->step_count ?
		&incident->steps[incident->step_count - 1] : NULL;
	bool closed = incident->state == CASE_STATE_CLOSED;
	int64_t took_ms = closed ? incident->closed_ms - incident->seen_ms :
			  last && last->ended_ms ?
			  last->ended_ms - last->begun_ms : 0;

	log_event(incident->peer ? LOG_LEVEL_NOTICE : level_of(note),
		  engine_note_name(note),
		  LOG_INT("incident", (int64_t)incident->number),
		  LOG_TEXT("domain", incident->name),
		  LOG_INT("domid", incident->id.domid),
		  LOG_UUID("uuid", incident->id.uuid),
		  LOG_TEXT("reason", reason_name(incident->verdict.reason)),
		  LOG_INT("reason_code", incident->reason_code),
		  LOG_TEXT("action", action_name(incident->verdict.action)),
		  LOG_TEXT("step", last && !closed ? step_name(last->step) :
						     NULL),
		  LOG_INT("duration_ms", took_ms),
		  LOG_TEXT("outcome", closed ? outcome_name(incident->outcome) :
					       NULL),
		  LOG_TEXT("owner", incident->peer ?
			   peer_name(incident->peer) : NULL),
		  LOG_TEXT("why", incident->why[0] ? incident->why : NULL),
		  LOG_TEXT("text", text && text[0] ? text : NULL));
}

static void call_note(void *ctx, enum engine_note note,
		      const struct domain *domain,
		      const struct incident *incident, const char *text)
{
	keeper_hook_note(ctx, note, incident);
	keeper_metrics_note(ctx, note, incident);
	keeper_hvlog_note(ctx, note, domain, incident);
	keeper_model_note(ctx, note, domain);
	if (incident)
		note_incident(note, incident, text);
	else
		note_domain(note, domain, text);
}

/* --- chance --- */

static void call_probe(void *ctx)
{
	keeper_watcher_ping(ctx);
}

static uint32_t call_random(void *ctx, uint32_t range)
{
	(void)ctx;
	return (uint32_t)random() % range;
}

const struct engine_calls keeper_calls = {
	.order = call_order,
	.dismiss = call_dismiss,
	.record = keeper_records_incident,
	.record_guest = keeper_records_guest,
	.claimed = call_claimed,
	.made_by = call_made_by,
	.note = call_note,
	.cause = keeper_hvlog_cause,
	.take_config = keeper_config_take,
	.probe = call_probe,
	.random = call_random,
};
