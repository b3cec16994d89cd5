/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another hand starts a guest whose file has no uuid: its new domain has
 * another one, and shows nothing but its name.  The invariant: whoever is known
 * to run under a guest's name ends the wait for that guest's start.
 */
#include <string.h>

#include "sim.h"

const char *sim_name_of(const struct sim *s, int domain)
{
	const struct domain_config *file = sim_file_of(s, domain);

	return file ? file->name : NULL;
}

int sim_name_find(const struct sim *s, const char *name)
{
	for (int i = 0; i < s->domain_count; i++)
		if (s->domains[i].listed && sim_name_of(s, i) &&
		    strcmp(sim_name_of(s, i), name) == 0)
			return i;
	return -1;
}

bool sim_name_is_shared(const struct sim *s, int guest)
{
	int count = 0;

	for (int i = 0; i < s->guest_count; i++)
		count += strcmp(s->guests[i].config.name,
				s->guests[guest].config.name) == 0;
	return count > 1;
}

/* --- the other hand --- */

/* It is a guest of its own from here on, but for the name. */
static void add(struct sim *s, int of, uint32_t takes_ms, bool spoiled)
{
	int index = s->guest_count++;
	struct sim_guest *guest = &s->guests[index];

	memset(guest, 0, sizeof(*guest));
	memset(guest->uuid, 0x10 + index, UUID_BYTES);
	guest->config = s->guests[of].config;
	guest->second = s->guests[of].second;
	guest->hvm = s->guests[of].hvm;
	guest->bad = sim_random(s, 2);
	guest->foreign_at = SIM_NEVER;
	sim_say(s, "guest %d is started with another uuid, as guest %d", of,
		index);
	sim_build_theirs(s, index, takes_ms, spoiled);
}

/* Of a guest that has no domain. */
void sim_name_add(struct sim *s, uint32_t arg)
{
	for (int i = 0; i < s->guest_count; i++) {
		int of = (int)((arg + (uint32_t)i) % (uint32_t)s->guest_count);

		if (s->guest_count == SIM_GUESTS_ALL ||
		    sim_find_uuid(s, s->guests[of].uuid) >= 0 ||
		    sim_name_find(s, s->guests[of].config.name) >= 0)
			continue;
		add(s, of, arg / 64 % (arg / 16 % 2 ? 20 : 20000),
		    arg / 32 % 8 == 0);
		return;
	}
}

/* Down for good: a person removes it, or no other of its name could start. */
void sim_name_clear(struct sim *s)
{
	for (int i = 0; i < s->domain_count; i++) {
		const struct sim_domain *domain = &s->domains[i];
		const struct sim_shut *shut = domain->shut < 0 ? NULL :
					      &s->shuts[domain->shut];

		if (!domain->listed || !domain->shutdown || domain->dying ||
		    !sim_name_of(s, i) ||
		    !sim_name_is_shared(s, domain->guest) || !shut ||
		    !(shut->closed || shut->left || shut->code == 2))
			continue;
		sim_check_other_teardown(s, i);
		sim_destroy(s, i, 20);
	}
}

/* --- the invariant --- */

/* The list of now was taken in. */
void sim_name_listed(struct sim *s)
{
	for (int i = 0; i < s->domain_count; i++) {
		struct sim_domain *domain = &s->domains[i];

		domain->shown = domain->listed && domain->built &&
				!domain->shutdown && !domain->dying;
	}
}

/* Which domain has the guest's name and runs, for all that the daemon was
 * shown and told?  -1: none. */
static int find_known(const struct sim *s, const struct incident *incident)
{
	for (int i = 0; i < s->domain_count; i++) {
		const struct sim_domain *domain = &s->domains[i];
		const char *name = domain->shown ? sim_name_of(s, i) : NULL;

		if (name && domain->told_at >= s->daemon.began_at &&
		    !uuid_equal(domain->id.uuid, incident->id.uuid) &&
		    strcmp(name, incident->name) == 0)
			return i;
	}
	return -1;
}

/* A worker is left to its step, and a look is taken before all else. */
static void check(struct sim *s, const struct incident *incident)
{
	int domain;

	if (incident->state == CASE_STATE_WORKING ||
	    incident_step(incident) == STEP_REPORT ||
	    !incident_starts_later(incident))
		return;
	domain = find_known(s, incident);
	if (domain >= 0)
		sim_fail(s, "incident %llu waits for a start, and domain %u "
			 "has its name and runs",
			 (unsigned long long)incident->number,
			 s->domains[domain].id.domid);
}

/* After whatever happened. */
void sim_name_check(struct sim *s)
{
	struct incident *incident;

	if (!s->daemon.up || s->failed || sim_trouble_is_fresh(s))
		return;
	LIST_EACH(incident, (struct list *)engine_incidents(s->daemon.engine),
		  struct incident, node)
		check(s, incident);
}

/* By a domain of its uuid, or of its name. */
void sim_name_check_taken(struct sim *s, const struct incident *incident)
{
	int index = sim_find_domid(s, incident->successor.domid);
	const char *name = index >= 0 ? sim_name_of(s, index) : NULL;

	if (uuid_equal(incident->successor.uuid, incident->id.uuid) || !name ||
	    strcmp(name, incident->name) == 0)
		return;
	sim_fail(s, "incident %llu of %s is taken by domain %u, which is %s",
		 (unsigned long long)incident->number, incident->name,
		 incident->successor.domid, name);
}
