/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's calls, bound to processes, records, the log and the clock.
 */
#include <errno.h>
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

/* Somebody else's process that we wait for to end. */
struct claim {
	struct list node;
	struct keeper *keeper;
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

/* Without pidfds (before Linux 5.3) the sweep asks again. */
static void wait_for_end(struct keeper *keeper, uint32_t domid, pid_t pid)
{
	struct claim *claim;
	int fd = owner_open_pidfd(pid);

	if (fd < 0)
		return;
	claim = calloc(1, sizeof(*claim));
	if (!claim) {
		close(fd);
		return;
	}
	claim->keeper = keeper;
	claim->domid = domid;
	list_append(&keeper->claims, &claim->node);
	ev_io_init(&claim->ended, on_supervisor_ended, fd, EV_READ);
	claim->ended.data = claim;
	ev_io_start(keeper->loop, &claim->ended);
}

static bool is_waited_for(const struct keeper *keeper, uint32_t domid)
{
	struct claim *claim;

	LIST_EACH(claim, &keeper->claims, struct claim, node)
		if (claim->domid == domid)
			return true;
	return false;
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

static enum engine_claim call_claimed(void *ctx, const struct domain *domain)
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
	if (!is_waited_for(keeper, domain->info.id.domid))
		wait_for_end(keeper, domain->info.id.domid, pid);
	return owner == OWNER_XL ? ENGINE_CLAIM_OTHER : ENGINE_CLAIM_UNSETTLED;
}

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
	log_event(level_of(note), engine_note_name(note),
		  LOG_TEXT("domain", domain->name),
		  LOG_INT("domid", domain->info.id.domid),
		  LOG_UUID("uuid", domain->info.id.uuid),
		  LOG_TEXT("owner", domain->peer ?
			   peer_name(domain->peer) : NULL),
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
