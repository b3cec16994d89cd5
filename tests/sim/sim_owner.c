/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose a domain is: the marks of another toolstack, and several domains of one
 * uuid.  What the daemon may do about either is judged by the world as the
 * lists have shown it.
 */
#include "sim.h"

/* --- marks of another toolstack --- */

enum peer sim_owner_peer(const struct sim *s, int domain)
{
	enum peer peer = s->domains[domain].peer;

	return s->settings->peers[peer] == PEER_ADOPT ? PEER_NONE : peer;
}

bool sim_owner_ignores(const struct sim *s, int domain)
{
	enum peer peer = s->domains[domain].peer;

	return peer && s->settings->peers[peer] == PEER_IGNORE;
}

/* --- domains of one uuid --- */

static bool is_of(const struct sim *s, const struct sim_domain *domain,
		  int guest)
{
	return domain->listed &&
	       uuid_equal(domain->id.uuid, s->guests[guest].uuid);
}

int sim_owner_listed(const struct sim *s, int guest)
{
	int count = 0;

	for (int i = 0; i < s->domain_count; i++)
		count += is_of(s, &s->domains[i], guest);
	return count;
}

/* Not going, and down for nothing that was dealt with. */
static bool is_left(const struct sim *s, const struct sim_domain *domain)
{
	return !domain->dying &&
	       (!domain->shutdown || !s->shuts[domain->shut].closed);
}

static void count(const struct sim *s, int guest, int *ret_running,
		  int *ret_left)
{
	*ret_running = *ret_left = 0;
	for (int i = 0; i < s->domain_count; i++) {
		const struct sim_domain *domain = &s->domains[i];

		if (!is_of(s, domain, guest))
			continue;
		*ret_running += domain->built && !domain->shutdown &&
				!domain->dying;
		*ret_left += is_left(s, domain);
	}
}

/* A list shows the world as it is now. */
void sim_owner_listing(struct sim *s)
{
	for (int i = 0; i < s->guest_count; i++) {
		struct sim_guest *guest = &s->guests[i];
		int running, left;

		guest->twins_before = guest->twins;
		count(s, i, &running, &left);
		if (sim_owner_listed(s, i) < 2)
			guest->twins_told = false;
		if (left < 2)
			guest->twins = false;
		else if (running > 1)
			guest->twins = true;
	}
}

/* There was no memory to take the list in: it is as if it had not been. */
void sim_owner_unlisted(struct sim *s)
{
	for (int i = 0; i < s->guest_count; i++)
		s->guests[i].twins = s->guests[i].twins_before;
}

/* The list was taken in. */
void sim_owner_check_told(struct sim *s)
{
	for (int i = 0; i < s->guest_count; i++)
		if (s->guests[i].twins && !s->guests[i].twins_told)
			sim_fail(s, "guest %d: two domains of its uuid run, and "
				 "that is not told", i);
}

void sim_owner_told(struct sim *s, const struct domain *domain)
{
	int guest = sim_guest_of(s, domain->info.id.uuid);

	if (guest >= 0)
		s->guests[guest].twins_told = true;
}

/* The next daemon knows by what it sees, and need not tell it again. */
void sim_owner_forget(struct sim *s)
{
	for (int i = 0; i < s->guest_count; i++)
		s->guests[i].twins = false;
}

void sim_owner_check_order(struct sim *s, const struct incident *incident,
			   enum peer peer)
{
	int guest = sim_guest_of(s, incident->id.uuid);
	enum step step = incident_step(incident);
	int running, left = 0;

	if (step == STEP_REPORT)
		return;
	if (guest >= 0)
		count(s, guest, &running, &left);
	if (peer)
		sim_fail(s, "incident %llu: %s for a guest of %s",
			 (unsigned long long)incident->number,
			 step_name(step), peer_name(peer));
	if (left > 1 && s->guests[guest].twins)
		sim_fail(s, "incident %llu: %s for one of two domains with "
			 "its uuid", (unsigned long long)incident->number,
			 step_name(step));
}

/* A person puts it right: one of each uuid stays. */
void sim_owner_end_twins(struct sim *s)
{
	for (int i = 0; i < s->domain_count; i++) {
		int guest = sim_guest_of(s, s->domains[i].id.uuid);

		if (!s->domains[i].listed || s->domains[i].dying || guest < 0 ||
		    sim_find_uuid(s, s->domains[i].id.uuid) == i)
			continue;
		sim_check_other_teardown(s, i);
		sim_destroy(s, i, 20);
	}
}
