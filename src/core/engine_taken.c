/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another process started a guest that an incident was still to start: finds
 * the domain that shows it, and what it means for the incident.
 */
#include <stdio.h>
#include <string.h>

#include "core/engine_impl.h"
#include "core/planted.h"

/* The next boot of the host counts its domids from one. */
static bool is_newer(const struct domain_info *info,
		     const struct incident *incident)
{
	return incident->rebooted || info->id.domid > incident->id.domid;
}

/* One that is half built may still fail. */
bool engine_taken_runs(const struct domain_info *info)
{
	return !info->dying && !info->shutdown &&
	       (!engine_scan_is_half_built(info) || PLANTED(TAKEN));
}

/*
 * A domain that is shut down does not run, nor does a domain that its builder
 * has not unpaused yet.  But a domain that is newer than the incident's, and
 * that crashed before a list showed it running, was started by another process;
 * it gets its own incident.
 */
static bool is_started(const struct domain *domain,
		       const struct incident *incident)
{
	const struct domain_info *info = &domain->info;

	if (info->dying || !info->shutdown)
		return engine_taken_runs(info);
	return is_newer(info, incident) &&
	       (domain->state == LIFE_STATE_NEW ||
		domain->state == LIFE_STATE_WATCHED ||
		domain->state == LIFE_STATE_DOWN);
}

/*
 * Most guests' files have no uuid, so a manual start gives the guest another
 * one.  Two domains with one name cannot run: the start would fail.  A
 * truncated name is unknown.
 */
static bool is_namesake(const struct domain *domain,
			const struct incident *incident)
{
	return domain->named && incident->name[0] && !PLANTED(NAMESAKE) &&
	       strcmp(domain->name, incident->name) == 0 &&
	       strlen(domain->name) < sizeof(domain->name) - 1 &&
	       !uuid_equal(domain->info.id.uuid, incident->id.uuid) &&
	       engine_taken_runs(&domain->info);
}

static void note_namesake(struct incident *incident,
			  const struct domain *domain)
{
	snprintf(incident->why, sizeof(incident->why), "domain %u, of another "
		 "uuid, has its name and runs", domain->info.id.domid);
}

static bool has_started(const struct domain *domain,
			const struct incident *incident)
{
	return !domain->guest->twins &&
	       uuid_equal(domain->info.id.uuid, incident->id.uuid) &&
	       is_started(domain, incident);
}

/* Our own start, whose end nobody heard of: what comes after it is left.  Who
 * else started the guest sees to its devices. */
static bool pass_to_devices(struct engine *e, struct incident *incident,
			    struct engine_time now)
{
	if (incident->state == CASE_STATE_WORKING ||
	    !incident_reattaches(incident))
		return false;
	incident_end_plan(incident);
	engine_case_event(e, incident, CASE_EVENT_PASSED, now);
	return true;
}

bool engine_taken_note(struct engine *e, struct incident *incident,
		       const struct domain *domain, struct engine_time now)
{
	if (domain->incident == incident || !incident_starts_later(incident))
		return false;
	if (has_started(domain, incident)) {
		incident->wants_reattach &= engine_step_is_unheard(incident);
		engine_step_note_unheard(e, incident, now);
	} else if (is_namesake(domain, incident)) {
		incident->wants_reattach = false;
		note_namesake(incident, domain);
	} else {
		return false;
	}
	incident->successor = domain->info.id;
	if (!engine_step_pass(e, incident, now) &&
	    !pass_to_devices(e, incident, now))
		engine_case_event(e, incident, CASE_EVENT_TAKEN, now);
	return true;
}

bool engine_taken_find(struct engine *e, struct incident *incident,
		       struct engine_time now)
{
	for (size_t i = 0; i < e->domain_count; i++)
		if (engine_taken_note(e, incident, e->domains[i], now))
			return true;
	return false;
}

void engine_taken_named(struct engine *e, const struct domain *domain,
			struct engine_time now)
{
	struct incident *incident;

	LIST_EACH(incident, &e->incidents, struct incident, node)
		engine_taken_note(e, incident, domain, now);
}

void engine_taken_look(struct engine *e, struct engine_time now)
{
	struct incident *incident;

	LIST_EACH(incident, &e->incidents, struct incident, node) {
		if (!incident->rests)
			continue;
		incident->rests = false;
		engine_taken_find(e, incident, now);
	}
}
