/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariants.  Each is judged by the model's own state, or by a rule
 * written down here a second time, never by what the engine thinks.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define SLACK_NS 1000000ull

/* --- accounting: each shutdown has one incident --- */

static bool is_missed(const struct incident *incident)
{
	return incident->verdict.wanted == ACTION_NONE;
}

/* Under its first name, or that of a copy whose record the disk was too full
 * for. */
static bool is_of(const struct sim *s, const struct sim_shut *shut,
		  const struct incident *incident)
{
	return domain_id_equal(&shut->id, &incident->id) ||
	       domain_id_equal(&s->domains[shut->domain].id, &incident->id);
}

static struct sim_shut *find_shut(struct sim *s,
				  const struct incident *incident)
{
	for (int i = s->shut_count - 1; i >= 0; i--) {
		struct sim_shut *shut = &s->shuts[i];

		if (is_of(s, shut, incident) && shut->code == incident->reason_code &&
		    incident->cpu_time_ns + SLACK_NS >= shut->cpu_ns &&
		    incident->cpu_time_ns <= shut->cpu_ns + SLACK_NS)
			return shut;
	}
	/* One that was only heard of has no CPU time to go by. */
	for (int i = s->shut_count - 1; i >= 0 && is_missed(incident); i--)
		if (is_of(s, &s->shuts[i], incident) &&
		    !s->shuts[i].incident)
			return &s->shuts[i];
	return NULL;
}

const struct sim_shut *sim_check_look_up(const struct sim *s, uint64_t number)
{
	for (int i = s->shut_count - 1; i >= 0; i--)
		if (s->shuts[i].incident == number)
			return &s->shuts[i];
	return NULL;
}

struct sim_shut *sim_check_find(struct sim *s, uint64_t number)
{
	return (struct sim_shut *)sim_check_look_up(s, number);
}

void sim_check_listed(struct sim *s)
{
	for (int i = 0; i < s->domain_count; i++) {
		const struct sim_domain *domain = &s->domains[i];

		if (domain->listed && domain->shutdown && !domain->dying &&
		    domain->code != 2 && !s->shuts[domain->shut].left)
			s->shuts[domain->shut].owed = true;
	}
}

/* The other supervisor has ended: it is for the daemon from here on. */
void sim_check_freed(struct sim *s, int guest)
{
	for (int i = 0; i < s->shut_count; i++)
		if (s->domains[s->shuts[i].domain].guest == guest)
			s->shuts[i].theirs = false;
}

/* Now, or a moment ago: what was to be written may not be yet. */
bool sim_check_was_full(const struct sim *s)
{
	return s->full || s->mono < s->room_at + 6000 ||
	       sim_trouble_is_fresh(s);
}

/* What was not on record is not owed by the next daemon, unless it sees it. */
void sim_check_killed(struct sim *s)
{
	for (int i = 0; i < s->shut_count; i++) {
		if (s->shuts[i].durable)
			continue;
		s->shuts[i].incident = 0;
		s->shuts[i].owed = false;
	}
	for (int i = 0; sim_check_was_full(s) && i < s->guest_count; i++) {
		sim_budget_forgive(s, i);
		s->guests[i].granted = true;
	}
}

static int find_on_record(void *ctx, struct incident *incident)
{
	struct sim *s = ctx;
	struct sim_shut *shut = sim_check_find(s, incident->number);

	if (!shut)
		shut = find_shut(s, incident);
	if (!shut && !is_missed(incident))
		sim_fail(s, "incident %llu on record is of no shutdown",
			 (unsigned long long)incident->number);
	else if (shut && shut->incident &&
		 shut->incident != incident->number)
		sim_fail(s, "incidents %llu and %llu on record are of one "
			 "shutdown", (unsigned long long)shut->incident,
			 (unsigned long long)incident->number);
	if (shut) {
		shut->incident = incident->number;
		shut->durable = true;
		shut->closed |= incident->state == CASE_STATE_CLOSED;
	}
	incident_free(incident);
	return 0;
}

/* A write that was not acknowledged may be there all the same. */
void sim_check_restored(struct sim *s)
{
	if (store_each_since(s->daemon.store, 0, 100000, find_on_record, s))
		sim_fail(s, "the records cannot be read");
}

static enum reason reason_of(uint8_t code)
{
	return code == 0 ? REASON_POWEROFF : code == 1 ? REASON_REBOOT :
	       code == 4 ? REASON_WATCHDOG :
	       code == 5 ? REASON_SOFT_RESET : REASON_CRASH;
}

enum action sim_check_expected(const struct sim *s,
			       const struct domain_config *config,
			       enum reason reason)
{
	enum action action = s->settings->guest.on[reason];

	if (!action)
		action = config->on[reason];
	if (action == ACTION_SOFT_RESET && config->type != DOMAIN_TYPE_HVM)
		action = ACTION_PRESERVE;
	if (action == ACTION_COREDUMP_RESTART &&
	    s->settings->guest.restart_first &&
	    config->type != DOMAIN_TYPE_HVM)
		action = ACTION_RESTART_FIRST;
	return action;
}

/* It was on record when the daemon started, or is on its way. */
static bool is_to_be_known(const struct sim *s, const struct incident *incident,
			   int guest)
{
	int domain = sim_find_domid(s, incident->id.domid);

	if (domain < 0 || sim_trouble_is_fresh(s))
		return false;
	for (int i = 0; i < SIM_MESSAGES_MAX; i++)
		if (s->messages[i].used && s->messages[i].kind == SIM_CONFIG &&
		    s->messages[i].domid == incident->id.domid &&
		    uuid_equal(s->messages[i].uuid, incident->id.uuid))
			return true;
	return s->guests[guest].known &&
	       s->domains[domain].made_at <= s->daemon.began_at;
}

/* Who is to see to it now. */
static enum peer owner_of(const struct sim *s, const struct sim_shut *shut)
{
	if (shut->peer || !s->guests[s->domains[shut->domain].guest].foreign)
		return shut->peer;
	return PEER_XL;
}

static void check_verdict(struct sim *s, const struct incident *incident)
{
	int guest = sim_guest_of(s, incident->id.uuid);
	enum action expected;
	enum peer owner;

	if (is_missed(incident) || guest < 0)
		return;
	owner = owner_of(s, sim_check_look_up(s, incident->number));
	if (owner != incident->peer)
		sim_fail(s, "incident %llu: it is of '%s' for '%s'",
			 (unsigned long long)incident->number,
			 peer_name(incident->peer), peer_name(owner));
	if (owner)
		return;
	if (incident->verdict.source == POLICY_SOURCE_NO_CONFIG) {
		if (is_to_be_known(s, incident, guest))
			sim_fail(s, "incident %llu: its configuration could "
				 "be known", (unsigned long long)incident->number);
		return;
	}
	if (s->guests[guest].second_came)
		return; /* whose record it was: sim_file.c */
	expected = sim_check_expected(s, &s->guests[guest].config,
				      reason_of(incident->reason_code));
	if (incident->verdict.action != expected &&
	    !(incident->verdict.refused && !incident->type))
		sim_fail(s, "incident %llu: %s where %s is configured",
			 (unsigned long long)incident->number,
			 action_name(incident->verdict.action),
			 action_name(expected));
}

void sim_check_opened(struct sim *s, const struct incident *incident)
{
	struct sim_shut *shut = find_shut(s, incident);

	sim_held_opened(s, incident);
	if (!shut) {
		/* A hint that came late may be believed of a domain that
		 * another hand destroyed at that moment. */
		if (!is_missed(incident) || ++s->spurious > s->stale_hints)
			sim_fail(s, "incident %llu speaks of no shutdown",
				 (unsigned long long)incident->number);
		return;
	}
	if (shut->incident)
		sim_fail(s, "incidents %llu and %llu are of one shutdown",
			 (unsigned long long)shut->incident,
			 (unsigned long long)incident->number);
	shut->incident = incident->number;
	shut->durable = false;
	check_verdict(s, incident);
}

void sim_check_recorded(struct sim *s, const struct incident *incident)
{
	struct sim_shut *shut = sim_check_find(s, incident->number);

	if (shut)
		shut->durable = true;
}

/* --- starts --- */

/* What was begun by another hand is that one's to end. */
void sim_check_half_built(struct sim *s, int domain)
{
	if (s->domains[domain].theirs)
		sim_fail(s, "domain %u is removed, which another hand builds",
			 s->domains[domain].id.domid);
}

/* Of two that another hand started, both may fall before a list shows that
 * both run: then each is looked after, one after the other. */
void sim_check_alone(struct sim *s, int guest)
{
	int live = 0;

	for (int i = 0; i < s->domain_count; i++) {
		const struct sim_domain *domain = &s->domains[i];

		live += domain->listed && domain->built &&
			!domain->shutdown && !domain->dying &&
			uuid_equal(domain->id.uuid, s->guests[guest].uuid);
	}
	if (live > 1 && !s->guests[guest].had_twins)
		sim_fail(s, "guest %d runs %d times", guest, live);
}

void sim_check_start(struct sim *s, int domain)
{
	s->starts++;
	sim_check_alone(s, s->domains[domain].guest);
}

/* --- ends --- */

static bool was_built(const struct sim *s, const struct domain_id *id)
{
	for (int i = 0; i < s->domain_count; i++)
		if (s->domains[i].built &&
		    (domain_id_equal(&s->domains[i].id, id) ||
		     domain_id_equal(&s->domains[i].first_id, id)))
			return true; /* it may have been set aside since */
	return false;
}

static bool was_complete(const struct sim *s, const struct domain_id *id)
{
	for (int i = 0; i < s->domain_count; i++)
		if (s->domains[i].complete &&
		    domain_id_equal(&s->domains[i].first_id, id))
			return true;
	return false;
}

/* xl's monitor removes its guest's domain; one that it leaves is ours. */
static void check_monitor(struct sim *s, const struct incident *incident)
{
	int domain = sim_find_domid(s, incident->id.domid);

	if (incident->peer == PEER_XL &&
	    incident->outcome == OUTCOME_FOREIGN && domain >= 0 &&
	    domain_id_equal(&s->domains[domain].id, &incident->id) &&
	    !s->domains[domain].dying)
		sim_fail(s, "incident %llu: xl's monitor left domain %u",
			 (unsigned long long)incident->number,
			 incident->id.domid);
}

void sim_check_closed(struct sim *s, const struct incident *incident)
{
	unsigned long long number = incident->number;
	struct sim_shut *shut = sim_check_find(s, number);

	s->closed++;
	if (shut)
		shut->closed = true;
	if (sim_check_peer(s, incident) && incident->outcome != OUTCOME_FOREIGN &&
	    incident->outcome != OUTCOME_RESUMED)
		sim_fail(s, "incident %llu of %s is %s", number,
			 peer_name(sim_check_peer(s, incident)),
			 outcome_name(incident->outcome));
	check_monitor(s, incident);
	sim_budget_closed(s, incident);
	if (incident->outcome == OUTCOME_OPEN)
		sim_fail(s, "incident %llu is closed without an outcome",
			 number);
	if (incident->outcome == OUTCOME_HANDLED &&
	    action_starts_domain(incident->verdict.action) &&
	    !was_built(s, &incident->successor) &&
	    !was_complete(s, &incident->successor))
		sim_fail(s, "incident %llu names a successor that never was",
			 number);
	if (incident->outcome == OUTCOME_TAKEN &&
	    !was_complete(s, &incident->successor))
		sim_fail(s, "incident %llu is taken by one that never was",
			 number);
	if (incident->outcome == OUTCOME_TAKEN)
		sim_name_check_taken(s, incident);
	if (incident->outcome == OUTCOME_HANDLED &&
	    incident_is_aside(incident) && sim_check_find_copy(s, incident))
		sim_fail(s, "incident %llu leaves its copy behind", number);
}

struct tally {
	struct sim *s;
	int count;
};

static int tally_one(void *ctx, struct incident *incident)
{
	struct tally *tally = ctx;
	struct sim *s = tally->s;
	struct sim_shut *shut = sim_check_find(s, incident->number);

	tally->count++;
	if (incident->state != CASE_STATE_CLOSED)
		sim_fail(s, "incident %llu is %s for ever",
			 (unsigned long long)incident->number,
			 machine_case_name(incident->state));
	if (!shut && is_missed(incident))
		tally->count--;
	else if (!shut)
		sim_fail(s, "incident %llu is on record and of no shutdown",
			 (unsigned long long)incident->number);
	incident_free(incident);
	return 0;
}

/* Nothing goes wrong any more, and time has passed. */
void sim_check_rest(struct sim *s)
{
	struct tally tally = { .s = s };
	int accounted = 0;

	if (!list_empty(engine_incidents(s->daemon.engine)))
		sim_fail(s, "an incident does not end");
	if (engine_working(s->daemon.engine))
		sim_fail(s, "a worker is counted that is not there");
	for (int i = 0; i < s->shut_count; i++) {
		const struct sim_shut *shut = &s->shuts[i];

		accounted += shut->incident != 0;
		if (shut->owed && !shut->left && !shut->incident)
			sim_fail(s, "a shutdown of domain %u was seen and "
				 "forgotten", shut->id.domid);
		if (shut->incident && !shut->durable)
			sim_fail(s, "incident %llu is not on record",
				 (unsigned long long)shut->incident);
	}
	if (store_each_since(s->daemon.store, 0, 100000, tally_one,
			     &tally) < 0)
		sim_fail(s, "the records cannot be read");
	if (tally.count != accounted)
		sim_fail(s, "%d records for %d shutdowns", tally.count,
			 accounted);
}
