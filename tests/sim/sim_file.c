/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest has two files of one uuid, which differ in all that they say of its
 * end.  The invariant: one domain's file does not become the record while it is
 * another's that runs, and each is handled by its own.
 */
#include <string.h>

#include "sim.h"

/* NULL: a copy, whatever it was before. */
const struct domain_config *sim_file_of(const struct sim *s, int index)
{
	const struct sim_domain *domain = &s->domains[index];
	int guest = sim_guest_of(s, domain->id.uuid);

	if (guest < 0)
		return NULL;
	return domain->second ? &s->guests[guest].second :
				&s->guests[guest].config;
}

/* Another hand starts it from the file that it was started from last. */
bool sim_file_next(const struct sim *s, int guest)
{
	for (int i = s->domain_count - 1; i >= 0; i--)
		if (s->domains[i].guest == guest)
			return s->domains[i].second;
	return false;
}

int sim_file_set(struct sim *s, int index)
{
	const struct sim_domain *domain = &s->domains[index];
	struct sim_guest *guest = &s->guests[domain->guest];
	int r = store_set_config(s->daemon.store, domain->id.uuid,
				 sim_file_of(s, index), domain->second ?
				 SIM_JSON_SECOND : SIM_JSON_FIRST);

	guest->unsure = r < 0;
	if (r < 0)
		return r;
	guest->known = true;
	guest->known_of = index;
	return 0;
}

static bool runs(const struct sim_domain *domain)
{
	return domain->listed && domain->built && !domain->shutdown &&
	       !domain->dying;
}

/* The daemon is told of a domain, and takes that for its guest's unless it
 * WAITS. */
void sim_file_check_told(struct sim *s, int index, bool waits)
{
	const struct sim_domain *domain = &s->domains[index], *owner;
	const struct sim_guest *guest = &s->guests[domain->guest];

	if (waits || !guest->known || guest->unsure)
		return;
	owner = &s->domains[guest->known_of];
	if (owner != domain && owner->second != domain->second &&
	    uuid_equal(owner->id.uuid, domain->id.uuid) && /* no copy */
	    runs(owner) && owner->told_at >= s->daemon.began_at)
		sim_fail(s, "guest %d: the file of domain %u replaces that of "
			 "domain %u, which runs", domain->guest,
			 domain->id.domid, owner->id.domid);
}

/* The list of now was taken in. */
void sim_file_listed(struct sim *s)
{
	for (int i = 0; i < s->domain_count; i++) {
		int guest = s->domains[i].listed ?
			    sim_guest_of(s, s->domains[i].id.uuid) : -1;

		if (guest >= 0 && s->guests[guest].second_came &&
		    sim_owner_listed(s, guest) > 1)
			s->domains[i].beside_at = s->mono;
	}
}

/* A daemon that was not told of the domain, and never saw the other one, has
 * the record alone; and what the disk had no room for is not in it.  For one
 * of another supervisor nobody asks. */
bool sim_file_is_unsure(const struct sim *s, const struct incident *incident)
{
	int index = sim_find_domid(s, incident->id.domid);
	const struct sim_domain *domain = index < 0 ? NULL :
						      &s->domains[index];

	return !domain || incident->peer || s->guests[domain->guest].unsure ||
	       (domain->told_at < s->daemon.began_at &&
		domain->beside_at < s->daemon.began_at);
}

/* The file of the incident's own domain, which the daemon was told in time. */
static const struct domain_config *own_file(struct sim *s,
					    const struct incident *incident)
{
	const struct sim_shut *shut = sim_check_look_up(s, incident->number);
	const struct sim_tally *tally = sim_held_tally(s, incident->number);
	int guest = sim_guest_of(s, incident->id.uuid);
	const struct sim_domain *domain;

	if (!shut || guest < 0 || !s->guests[guest].second_came ||
	    s->guests[guest].unsure || tally->unsure || sim_check_was_full(s))
		return NULL;
	domain = &s->domains[shut->domain];
	return domain->second ? &s->guests[guest].second :
				&s->guests[guest].config;
}

/* Both take a core and start the guest. */
static enum action plain(enum action action)
{
	return action == ACTION_RESTART_FIRST ? ACTION_COREDUMP_RESTART :
						action;
}

/* A fall, or a start by another hand, changes the plan then. */
static bool has_begun(const struct incident *incident)
{
	for (uint32_t i = 0; i < incident->step_count; i++)
		if (incident->steps[i].step != STEP_REPORT)
			return true;
	return incident->at || incident->absent;
}

void sim_file_check_order(struct sim *s, const struct incident *incident)
{
	const struct domain_config *file = own_file(s, incident);
	enum action expected;

	if (!file || has_begun(incident) ||
	    incident_step(incident) == STEP_REPORT ||
	    incident->verdict.refused ||
	    incident->verdict.source == POLICY_SOURCE_NO_CONFIG)
		return;
	expected = sim_check_expected(s, file, incident->verdict.reason);
	if (plain(incident->verdict.action) != plain(expected))
		sim_fail(s, "incident %llu: %s, by the file of the other "
			 "domain with its uuid; its own says %s",
			 (unsigned long long)incident->number,
			 action_name(incident->verdict.action),
			 action_name(expected));
}

/* It may be a later domain's, which another hand started meanwhile. */
void sim_file_check_start(struct sim *s, const struct incident *incident,
			  bool second)
{
	const struct domain_config *file = own_file(s, incident);
	const struct sim_shut *shut = sim_check_look_up(s, incident->number);
	const struct sim_guest *guest;

	if (!file)
		return;
	guest = &s->guests[s->domains[shut->domain].guest];
	if (second != (file == &guest->second) &&
	    s->domains[guest->known_of].made_at <= shut->at)
		sim_fail(s, "incident %llu: a start from the other file of its "
			 "uuid", (unsigned long long)incident->number);
}
