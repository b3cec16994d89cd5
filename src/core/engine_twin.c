/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several domains of one uuid that run at one time: a copied configuration, or
 * an image that was restored twice.  What is known of the guest is known of
 * one of them only, so none is acted upon until one alone is left, and the
 * configuration of one does not replace the other's.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"
#include "core/planted.h"

/* As many are named; a person sees the rest. */
#define NAMED_MAX 4

/* One that was kept is dealt with, one that is dying goes by itself. */
static bool is_left(const struct domain *domain)
{
	return !domain->info.dying && domain->state != LIFE_STATE_KEPT;
}

static uint32_t count(const struct engine *e, const struct guest *guest,
		      bool running)
{
	uint32_t found = 0;

	for (size_t i = 0; i < e->domain_count; i++) {
		const struct domain *domain = e->domains[i];

		if (domain->guest == guest)
			found += running ? engine_taken_runs(&domain->info) :
					   is_left(domain);
	}
	return found;
}

static void name_all(const struct engine *e, const struct guest *guest,
		     char ret_text[INCIDENT_TEXT_BYTES])
{
	uint32_t named = 0;
	size_t at;

	at = (size_t)snprintf(ret_text, INCIDENT_TEXT_BYTES,
			      "%u domains have its uuid:",
			      count(e, guest, false));
	for (size_t i = 0; i < e->domain_count && named < NAMED_MAX; i++) {
		const struct domain *domain = e->domains[i];

		if (domain->guest != guest || !is_left(domain))
			continue;
		at += (size_t)snprintf(ret_text + at, INCIDENT_TEXT_BYTES - at,
				       domain->configured ? "%s %u (%.80s)" :
							    "%s %u",
				       named++ ? "," : "",
				       domain->info.id.domid, domain->name);
	}
}

/* --- the owner of the configuration --- */

/* A worker of ours starts the guest, and DOMAIN came since: it may be that
 * start. */
static bool is_being_started(const struct incident *incident,
			     const struct domain *domain)
{
	return incident->state == CASE_STATE_WORKING &&
	       step_starts_guest(incident_step(incident)) &&
	       domain->seen_ms >= incident->ordered_ms &&
	       !domain->info.shutdown;
}

/* May the configuration of DOMID become the record?  Not that of a domain that
 * is gone or kept: the message came late.  Nor, while another domain's incident
 * may start the guest from the record, that of a domain that does not run. */
static bool may_last(const struct engine *e, const struct guest *guest,
		     uint32_t domid)
{
	const struct domain *domain = engine_life_find(e, domid);

	if (!domain || !is_left(domain) || domain->guest != guest)
		return false;
	return !guest->incident || guest->incident == domain->incident ||
	       engine_taken_runs(&domain->info) ||
	       is_being_started(guest->incident, domain);
}

/* Its shutdown, now or later, is handled by its configuration. */
static bool is_to_be_handled(const struct domain *domain)
{
	return is_left(domain) && domain->state != LIFE_STATE_ASIDE &&
	       domain->state != LIFE_STATE_FOREIGN;
}

/* It is shut down, and that is not handled yet. */
static bool is_down(const struct domain *domain)
{
	return !domain->info.dying && (domain->state == LIFE_STATE_DOWN ||
				       domain->state == LIFE_STATE_HANDLED);
}

bool engine_config_waits(const struct engine *e, uint32_t domid,
			 const uint8_t uuid[UUID_BYTES])
{
	const struct guest *guest = engine_guest(e, uuid);
	const struct domain *owner;

	if (PLANTED(FILE) || !guest || guest->config_of.domid == domid)
		return false;
	if (guest->has_config && !may_last(e, guest, domid))
		return true;
	owner = engine_life_find(e, guest->config_of.domid);
	if (!owner || owner->info.dying ||
	    !domain_id_equal(&owner->info.id, &guest->config_of))
		return false;
	return guest->twins || is_to_be_handled(owner);
}

void engine_twin_take(struct engine *e, struct domain *domain)
{
	struct domain_config config;

	if (!domain->config_waits || !is_left(domain) ||
	    engine_config_waits(e, domain->info.id.domid,
				domain->info.id.uuid))
		return;
	domain->config_waits = false;
	if (!e->calls->take_config ||
	    e->calls->take_config(e->calls->ctx, domain, &config) < 0)
		return;
	engine_guest_configure(domain->guest, &config);
	domain->guest->config_of = domain->info.id;
}

/* --- begin and end --- */

static void begin(struct engine *e, struct guest *guest)
{
	char text[INCIDENT_TEXT_BYTES];

	engine_twin_restore(e, guest);
	guest->twins_told = true;
	name_all(e, guest, text);
	for (size_t i = 0; i < e->domain_count; i++)
		if (e->domains[i]->guest == guest && is_left(e->domains[i]))
			engine_tell(e, ENGINE_NOTE_SAME_UUID, e->domains[i],
				    NULL, text);
}

/* What was held for it goes on, by the configuration of the one that is left. */
static void end(struct engine *e, struct guest *guest, struct engine_time now)
{
	struct incident *incident = guest->incident;

	guest->twins = guest->twins_told = false;
	e->twins--;
	for (size_t i = 0; i < e->domain_count; i++) {
		if (e->domains[i]->guest != guest || !is_left(e->domains[i]))
			continue;
		engine_twin_take(e, e->domains[i]);
		engine_tell(e, ENGINE_NOTE_SAME_UUID_OVER, e->domains[i], NULL,
			    "no other domain has its uuid now");
	}
	engine_life_ask_guest(e, guest, now);
	if (!incident || !incident->twin)
		return;
	incident->twin = false;
	engine_report_decide_again(e, incident);
	if (incident->state == CASE_STATE_HELD &&
	    !engine_takeup_asks(e, incident))
		engine_case_event(e, incident, CASE_EVENT_DUE, now);
}

/* A daemon that started meanwhile has only the record, which may be that of the
 * domain that is gone.  The configuration of the remaining domain comes in a
 * moment, or when xenstored answers. */
static bool awaits_config(const struct engine *e, const struct guest *guest,
			  struct engine_time now)
{
	for (size_t i = 0; i < e->domain_count; i++) {
		const struct domain *domain = e->domains[i];

		if (domain->guest == guest && is_left(domain) &&
		    !domain->configured)
			return !e->toolstack || now.mono_ms - e->back_ms <
						ENGINE_CONFIG_WAIT_MS;
	}
	return false;
}

/* A domain whose configuration is set aside may run and shut down before a list
 * shows that two run. */
static bool has_fallen_aside(const struct engine *e,
			     const struct guest *guest)
{
	for (size_t i = 0; i < e->domain_count; i++) {
		const struct domain *domain = e->domains[i];

		if (domain->guest == guest && domain->config_waits &&
		    is_down(domain) &&
		    engine_config_waits(e, domain->info.id.domid,
					domain->info.id.uuid))
			return true;
	}
	return false;
}

/* A daemon that starts finds several domains: until each has told its
 * configuration the record may be another's. */
static void note_unsure(const struct engine *e, const struct guest *guest)
{
	if (guest->domains < 2)
		return;
	for (size_t i = 0; i < e->domain_count; i++)
		if (e->domains[i]->guest == guest)
			e->domains[i]->unsure = true;
}

/* A restored mark is about the domains of that time: others may run now. */
static void judge(struct engine *e, struct guest *guest,
		  struct engine_time now)
{
	bool several = guest->domains > 1 && count(e, guest, false) > 1;

	note_unsure(e, guest);
	if (several && !guest->twins_told &&
	    (count(e, guest, true) > 1 || has_fallen_aside(e, guest)))
		begin(e, guest);
	if (several || !guest->twins)
		return;
	guest->twins_told = false; /* others may come meanwhile */
	if (!awaits_config(e, guest, now))
		end(e, guest, now);
}

void engine_twin_update(struct engine *e, struct engine_time now)
{
	struct guest *guest;

	for (size_t i = 0; i < e->domain_count; i++) {
		judge(e, e->domains[i]->guest, now);
		engine_twin_take(e, e->domains[i]);
	}
	if (!e->twins)
		return;
	LIST_EACH(guest, &e->guests, struct guest, node)
		judge(e, guest, now); /* none of it may be left */
}

void engine_twin_told(struct engine *e, struct guest *guest,
		      struct engine_time now)
{
	judge(e, guest, now);
}

void engine_twin_restore(struct engine *e, struct guest *guest)
{
	e->twins += !guest->twins;
	guest->twins = true;
}

/* May its step not be done?  A look does no harm. */
bool engine_twin_keeps(struct engine *e, const struct incident *incident,
		       struct engine_time now)
{
	struct guest *guest = engine_case_guest(e, incident);

	if (guest->twins)
		judge(e, guest, now); /* one may have gone a moment ago */
	return guest->twins && !PLANTED(TWINS) &&
	       incident_step(incident) != STEP_REPORT;
}

void engine_twin_hold(struct engine *e, struct incident *incident,
		      struct engine_time now)
{
	const struct guest *guest = engine_case_guest(e, incident);
	char why[INCIDENT_TEXT_BYTES];

	if (count(e, guest, false) > 1)
		name_all(e, guest, why);
	else
		text_copy(why, sizeof(why), "another domain had its uuid, and "
			  "its own configuration is not known yet");
	incident->twin = true;
	if (!incident_removes_domain(incident)) /* it may yet be renamed */
		domain_copy_uuid(&incident->id, incident->copy_uuid);
	engine_case_hold(e, incident, why, now);
}
