/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of calls that the engine is given.  Killed inside one, the daemon
 * does nothing more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memvfs.h"
#include "sim.h"
#include "store/store_impl.h"

/* Returns whether we are dead, and so nothing must happen. */
bool sim_calls_count(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;

	if (++d->calls == d->kill_at_call) {
		sim_say(s, "the daemon is killed inside a call");
		d->dead = true;
		memvfs_set_trouble(MEMVFS_STOPPED, 0);
	}
	return d->dead;
}

/* Wall clock times are no part of it. */
void sim_host_note_decision(struct sim *s, unsigned int kind,
			    const struct incident *incident)
{
	const uint64_t parts[] = {
		s->mono, kind, incident ? incident->number : 0,
		incident ? incident->state : 0, incident ? incident->at : 0,
		incident ? incident->outcome : 0,
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		s->decisions = (s->decisions ^ parts[i]) * 0x100000001b3ull;
}

static int call_order(void *ctx, const struct incident *incident,
		      uint64_t order)
{
	struct sim *s = ctx;
	char *json = NULL;
	bool second;
	int r = 0;

	/* Written later at the latest, when it could not be written now. */
	if (step_starts_guest(incident_step(incident)))
		sim_budget_spent(s, incident);
	if (sim_calls_count(s))
		return -EIO;
	if (sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return -EAGAIN;
	sim_check_order(s, incident);
	sim_host_note_decision(s, ENGINE_NOTE_COUNT, incident);
	if (step_starts_guest(incident_step(incident)))
		r = store_get_config(s->daemon.store, incident->id.uuid,
				     &json);
	second = json && strcmp(json, SIM_JSON_SECOND) == 0;
	if (json)
		sim_file_check_start(s, incident, second);
	free(json);
	if (r && r != -EAGAIN && r != -ENOMEM)
		sim_held_refused(s, incident);
	if (r == 0 && sim_chance(s, 3))
		r = -EAGAIN;
	if (r == 0)
		r = sim_worker_order(s, incident, order, second);
	if (r == 0)
		sim_budget_ordered(s, incident);
	return r;
}

static void call_dismiss(void *ctx, const struct incident *incident)
{
	(void)incident;
	sim_calls_count(ctx);
}

static int call_record(void *ctx, struct incident *incident,
		       struct guest *payer)
{
	struct sim *s = ctx;
	int r;

	if (sim_calls_count(s) || sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return -EIO;
	r = store_record_paid(s->daemon.store, incident, payer);
	sim_host_look_for_death(s, r);
	if (payer && (r == 0 || s->daemon.dead))
		sim_budget_paid(s, incident);
	if (r == 0) {
		sim_budget_written(s, incident);
		sim_check_recorded(s, incident);
	}
	return r;
}

static int call_record_guest(void *ctx, struct guest *guest)
{
	struct sim *s = ctx;
	int r;

	if (sim_calls_count(s) || sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return -EIO;
	r = store_record_guest(s->daemon.store, guest);
	sim_host_look_for_death(s, r);
	return r;
}

static enum engine_claim call_claimed(void *ctx, const struct domain *domain,
				      uint32_t *ret_pid)
{
	struct sim *s = ctx;
	int index = sim_find_domid(s, domain->info.id.domid);

	if (sim_calls_count(s) || sim_chance(s, 5) ||
	    sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return ENGINE_CLAIM_UNSETTLED;
	if (index < 0 || !s->guests[s->domains[index].guest].foreign)
		return ENGINE_CLAIM_NONE;
	*ret_pid = 1;
	return ENGINE_CLAIM_OTHER;
}

static int call_made_by(void *ctx, const struct domain *domain,
			enum peer *ret_peer)
{
	struct sim *s = ctx;
	int index = sim_find_domid(s, domain->info.id.domid);

	if (sim_calls_count(s) || sim_chance(s, 5) ||
	    sim_trouble_strikes(s, SIM_TROUBLE_CALL))
		return -EAGAIN;
	/* The marks go with the domain. */
	*ret_peer = index >= 0 && !s->domains[index].dying ?
		s->domains[index].peer : PEER_NONE;
	return 0;
}

static int call_take_config(void *ctx, const struct domain *domain,
			    struct domain_config *ret_config)
{
	struct sim *s = ctx;
	int index = sim_find_domid(s, domain->info.id.domid);

	if (sim_calls_count(s) || index < 0 ||
	    s->domains[index].aside_at < s->daemon.began_at)
		return -ENOENT;
	s->domains[index].aside_at = -1;
	sim_host_look_for_death(s, sim_file_set(s, index));
	*ret_config = *sim_file_of(s, index);
	return 0;
}

static void call_note(void *ctx, enum engine_note note,
		      const struct domain *domain,
		      const struct incident *incident, const char *text)
{
	struct sim *s = ctx;

	if (sim_calls_count(s))
		return;
	sim_say(s, "%s: domain %u, incident %llu %s%s%s",
		engine_note_name(note),
		incident ? incident->id.domid : domain->info.id.domid,
		incident ? (unsigned long long)incident->number : 0,
		incident ? machine_case_name(incident->state) : "",
		text ? ": " : "", text ? text : "");
	sim_host_note_decision(s, note, incident);
	if (note == ENGINE_NOTE_INCIDENT_OPENED ||
	    note == ENGINE_NOTE_CRASH_MISSED)
		sim_check_opened(s, incident);
	if (note == ENGINE_NOTE_SAME_UUID)
		sim_owner_told(s, domain);
	if (note == ENGINE_NOTE_INCIDENT_HELD)
		sim_held_check(s, incident);
	if (note == ENGINE_NOTE_INCIDENT_CLOSED)
		sim_check_closed(s, incident);
}

static uint32_t call_random(void *ctx, uint32_t range)
{
	return sim_random(ctx, range);
}

const struct engine_calls *sim_calls(struct sim *s)
{
	static struct engine_calls calls = {
		.order = call_order, .dismiss = call_dismiss,
		.record = call_record, .record_guest = call_record_guest,
		.claimed = call_claimed, .made_by = call_made_by,
		.take_config = call_take_config, .note = call_note,
		.random = call_random, .probe = sim_watcher_probe,
	};

	calls.ctx = s;
	return &calls;
}
