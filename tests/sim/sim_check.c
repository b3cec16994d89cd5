/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariants.  Each is judged by the model's own state, or by a rule
 * written down here a second time, never by what the engine thinks.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* No step that needs xenstored starts later than this after its word. */
#define HEARD_MS 1000

#define SLACK_NS 1000000ull
#define HEALTH_SLACK_MS 25000	/* lost events are made up for by sweeps */

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

static struct sim_shut *find_number(struct sim *s, uint64_t number)
{
	for (int i = s->shut_count - 1; i >= 0; i--)
		if (s->shuts[i].incident == number)
			return &s->shuts[i];
	return NULL;
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

void sim_check_foreign(struct sim *s, int domain)
{
	int shut = s->domains[domain].shut;

	if (shut < 0)
		return;
	s->shuts[shut].owed = false;
	s->shuts[shut].left = true;
}

/* Now, or a moment ago: what was to be written may not be yet. */
static bool was_full(const struct sim *s)
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
	for (int i = 0; was_full(s) && i < s->guest_count; i++) {
		sim_check_forgiven(s, i);
		s->guests[i].granted = true;
	}
}

static int find_on_record(void *ctx, struct incident *incident)
{
	struct sim *s = ctx;
	struct sim_shut *shut = find_number(s, incident->number);

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

static enum action expected_action(const struct sim *s, int guest,
				   uint8_t code)
{
	const struct domain_config *config = &s->guests[guest].config;
	enum reason reason = code == 0 ? REASON_POWEROFF :
			     code == 1 ? REASON_REBOOT :
			     code == 4 ? REASON_WATCHDOG :
			     code == 5 ? REASON_SOFT_RESET : REASON_CRASH;
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

static void check_verdict(struct sim *s, const struct incident *incident)
{
	int guest = sim_guest_of(s, incident->id.uuid);
	enum action expected;

	if (is_missed(incident) || guest < 0 ||
	    incident->verdict.source == POLICY_SOURCE_NO_CONFIG)
		return;
	expected = expected_action(s, guest, incident->reason_code);
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
	struct sim_shut *shut = find_number(s, incident->number);

	if (shut)
		shut->durable = true;
}

/* --- orders --- */

static bool wants_core(enum action action)
{
	return action == ACTION_COREDUMP_DESTROY ||
	       action == ACTION_COREDUMP_RESTART ||
	       action == ACTION_RESTART_FIRST;
}

static bool has_tried(const struct incident *incident, enum step step)
{
	for (uint32_t i = 0; i < incident->step_count; i++)
		if (incident->steps[i].step == step)
			return true;
	return false;
}

/* A PV guest's core is libxl's. */
static bool needs_xenstored(const struct incident *incident)
{
	switch (incident_step(incident)) {
	case STEP_REPORT:
	case STEP_PAUSE:
		return false;
	case STEP_DUMP:
		return incident->type != DOMAIN_TYPE_HVM &&
		       incident->type != DOMAIN_TYPE_PVH;
	default:
		return true;
	}
}

/* What a renamed domain was asked before is on no record when the disk was
 * full and the daemon killed then. */
static bool is_renamed(const struct sim *s, const struct incident *incident)
{
	int domain = sim_find_domid(s, incident->id.domid);

	return domain >= 0 && uuid_equal(s->domains[domain].id.uuid,
					 incident->copy_uuid);
}

/* It comes before all else, and is done once unless it was disturbed. */
static void check_report(struct sim *s, const struct incident *incident)
{
	enum step step = incident_step(incident);
	bool wanted = policy_wants_report(&s->settings->guest,
					  incident->verdict.reason,
					  incident->type);

	if (step == STEP_REPORT ? !wanted || incident->at ||
				  incident->panic[0] :
	    wanted && !has_tried(incident, STEP_REPORT) &&
	    !is_renamed(s, incident) && !incident_has_begun(incident, STEP_RENAME))
		sim_fail(s, "incident %llu: %s in the report's place",
			 (unsigned long long)incident->number,
			 step_name(step));
}

/* What became of the incident's domain under its other name. */
static const struct sim_domain *find_copy(const struct sim *s,
					  const struct incident *incident)
{
	int domain = sim_find_domid(s, incident->id.domid);

	return domain >= 0 && !s->domains[domain].dying &&
	       uuid_equal(s->domains[domain].id.uuid, incident->copy_uuid) ?
		&s->domains[domain] : NULL;
}

/* Two domains never have one disk. */
static void check_devices(struct sim *s, const struct incident *incident)
{
	const struct sim_domain *copy = find_copy(s, incident);

	if (incident->verdict.action == ACTION_RESTART_FIRST &&
	    incident_step(incident) == STEP_CREATE && copy && !copy->released)
		sim_fail(s, "incident %llu: a start while the copy has the "
			 "devices", (unsigned long long)incident->number);
}

void sim_check_order(struct sim *s, const struct incident *incident)
{
	enum step step = incident_step(incident);
	unsigned long long number = incident->number;

	if (s->daemon.told_away && needs_xenstored(incident))
		sim_fail(s, "incident %llu: %s while xenstored is away",
			 number, step_name(step));
	if (s->mono > s->daemon.told_at + HEARD_MS &&
	    needs_xenstored(incident))
		sim_fail(s, "incident %llu: %s and xenstored was not asked",
			 number, step_name(step));
	if (incident->dirty && !was_full(s))
		sim_fail(s, "incident %llu: %s begins and is not on record",
			 number, step_name(step));
	if (step == STEP_DESTROY && wants_core(incident->verdict.action) &&
	    !has_tried(incident, STEP_DUMP))
		sim_fail(s, "incident %llu: destroyed without its evidence",
			 number);
	check_report(s, incident);
	check_devices(s, incident);
	for (int i = 0; i < SIM_WORKERS_MAX; i++)
		if (s->workers[i].used && !s->workers[i].orphan &&
		    uuid_equal(s->workers[i].id.uuid, incident->id.uuid))
			sim_fail(s, "incident %llu: two orders for one guest",
				 number);
}

/*
 * A domain is only torn down for the incident of its own shutdown.  That it
 * ran and fell once more after the order was given, nobody could see.
 */
void sim_check_teardown(struct sim *s, int domain,
			const struct sim_worker *worker)
{
	int index = s->domains[domain].shut;

	if (index >= 0 && s->shuts[index].at >= worker->ordered_at)
		s->shuts[index].left = true;
	else if (index < 0 || s->shuts[index].incident != worker->number)
		sim_fail(s, "domain %u is torn down for incident %llu, which "
			 "is not its own", s->domains[domain].id.domid,
			 (unsigned long long)worker->number);
}

/* --- starts --- */

static void check_alone(struct sim *s, int guest)
{
	int live = 0;

	for (int i = 0; i < s->domain_count; i++) {
		const struct sim_domain *domain = &s->domains[i];

		live += domain->listed && domain->built &&
			!domain->shutdown && !domain->dying &&
			uuid_equal(domain->id.uuid, s->guests[guest].uuid);
	}
	if (live > 1)
		sim_fail(s, "guest %d runs %d times", guest, live);
}

static void check_budget(struct sim *s, struct sim_guest *guest, int index)
{
	const struct guest_settings *set = &s->settings->guest;
	int64_t since = s->mono - (int64_t)set->restart_window_s * 1000;
	uint32_t in_window = 0;

	for (int i = 0; i < guest->start_count; i++)
		in_window += guest->starts[i] > since;
	if (in_window > set->restart_limit)
		sim_fail(s, "guest %d: %u starts in %u s, %u are allowed",
			 index, in_window, set->restart_window_s,
			 set->restart_limit);
}

/* A start that the daemon died over is done again for the same money; the
 * worker of the dead one may have done it all the same. */
static bool is_repeated(const struct sim *s, struct sim_guest *guest,
			const struct sim_worker *worker)
{
	bool repeated = guest->last_number == worker->number &&
			guest->last_kills != s->kills;

	guest->last_number = worker->number;
	guest->last_kills = s->kills;
	return worker->orphan || repeated;
}

void sim_check_start(struct sim *s, int domain,
		     const struct sim_worker *worker)
{
	int index = s->domains[domain].guest;
	struct sim_guest *guest = &s->guests[index];

	s->starts++;
	check_alone(s, index);
	if (is_repeated(s, guest, worker))
		return;
	if (guest->granted) {
		guest->granted = false;
		return;
	}
	if (guest->start_count == 256) {
		memmove(guest->starts, guest->starts + 1,
			255 * sizeof(guest->starts[0]));
		guest->start_count--;
	}
	guest->starts[guest->start_count++] = s->mono;
	check_budget(s, guest, index);
}

void sim_check_forgiven(struct sim *s, int guest)
{
	s->guests[guest].start_count = 0;
}

/* It goes down: a healthy run may have wiped the slate. */
void sim_check_run(struct sim *s, int index)
{
	const struct sim_domain *domain = &s->domains[index];
	int64_t healthy_ms = (int64_t)s->settings->guest.healthy_s * 1000;

	if (s->mono - domain->known_run_at + HEALTH_SLACK_MS >= healthy_ms)
		sim_check_forgiven(s, domain->guest);
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

void sim_check_closed(struct sim *s, const struct incident *incident)
{
	unsigned long long number = incident->number;

	s->closed++;
	if (incident->outcome == OUTCOME_OPEN)
		sim_fail(s, "incident %llu is closed without an outcome",
			 number);
	if (incident->outcome == OUTCOME_HANDLED &&
	    action_starts_domain(incident->verdict.action) &&
	    !was_built(s, &incident->successor))
		sim_fail(s, "incident %llu names a successor that never was",
			 number);
	if (incident->outcome == OUTCOME_HANDLED &&
	    incident_is_aside(incident) && find_copy(s, incident))
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
	struct sim_shut *shut = find_number(s, incident->number);

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
