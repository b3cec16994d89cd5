/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariants of a step: what has to be so when its order is given, and when
 * a worker tears a domain down.
 */
#include <errno.h>

#include "sim.h"

/* No step that needs xenstored starts later than this after its word. */
#define HEARD_MS 1000

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

/*
 * May a core be missing for the reason that RC stands for?  It was waited for
 * as long as is set, or the loop that the guest is in had enough: of no more
 * starts than were ever ordered.
 */
static bool may_leave_out(struct sim *s, uint64_t number, int rc)
{
	const struct guest_settings *set = &s->settings->guest;
	const struct sim_tally *tally = sim_held_tally(s, number);

	if (rc == -EBUSY)
		return tally->core_at && s->mono - tally->core_at >=
					 set->core_wait_s * 1000ll;
	return rc != -EDQUOT || tally->tries_before >= set->loop_cores;
}

/* A core that is left out is in the log like one that was tried. */
static void check_core(struct sim *s, const struct incident *incident)
{
	bool tried = false;

	for (uint32_t i = 0; i < incident->step_count; i++)
		tried |= incident->steps[i].step == STEP_DUMP &&
			 may_leave_out(s, incident->number,
				       incident->steps[i].rc);
	if (!tried)
		sim_fail(s, "incident %llu: destroyed without its evidence",
			 (unsigned long long)incident->number);
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

/* What became of the incident's domain under its other name.  One of the boot
 * before has none; a later one of that name is on no record when the disk was
 * full. */
const struct sim_domain *sim_check_find_copy(const struct sim *s,
					     const struct incident *incident)
{
	const struct sim_shut *shut = sim_check_look_up(s, incident->number);
	int domain = sim_find_domid(s, incident->id.domid);

	if (shut && shut->boot < s->boot)
		return NULL;
	return domain >= 0 && !s->domains[domain].dying &&
	       uuid_equal(s->domains[domain].id.uuid, incident->copy_uuid) ?
		&s->domains[domain] : NULL;
}

/* Two domains never have one disk. */
static void check_devices(struct sim *s, const struct incident *incident)
{
	const struct sim_domain *copy = sim_check_find_copy(s, incident);

	if (incident->verdict.action == ACTION_RESTART_FIRST &&
	    incident_step(incident) == STEP_CREATE && copy && !copy->released)
		sim_fail(s, "incident %llu: a start while the copy has the "
			 "devices", (unsigned long long)incident->number);
}

static const struct sim_domain *find_id(const struct sim *s,
					const struct domain_id *id)
{
	for (int i = 0; i < s->domain_count; i++)
		if (domain_id_equal(&s->domains[i].id, id))
			return &s->domains[i];
	return NULL;
}

/* Guests that lost devices with a driver domain get them from one that we
 * started for it, or tried to, in the boot that they run in. */
static void check_reattach(struct sim *s, const struct incident *incident)
{
	const struct sim_domain *now = find_id(s, &incident->successor);
	const struct sim_shut *shut = sim_check_look_up(s, incident->number);

	if (incident_step(incident) != STEP_REATTACH)
		return;
	if (!s->settings->guest.reattach_devices)
		sim_fail(s, "incident %llu: devices that nobody asked for",
			 (unsigned long long)incident->number);
	if ((shut && shut->boot < s->boot) ||
	    (now && now->theirs && !has_tried(incident, STEP_CREATE)))
		sim_fail(s, "incident %llu: devices of a domain that is not "
			 "its restart", (unsigned long long)incident->number);
}

/* Another toolstack acts upon its guests' ends by itself. */
static void check_owner(struct sim *s, const struct incident *incident)
{
	const struct sim_shut *shut = sim_check_find(s, incident->number);
	enum step step = incident_step(incident);

	if (shut && shut->theirs &&
	    (step_is_destructive(step) || step_starts_guest(step)))
		sim_fail(s, "incident %llu: %s for another's guest",
			 (unsigned long long)incident->number,
			 step_name(step));
}

enum peer sim_check_peer(const struct sim *s, const struct incident *incident)
{
	const struct sim_shut *shut = sim_check_look_up(s, incident->number);

	return shut && shut->peer ? shut->peer : incident->peer;
}

/* Who may have started it elsewhere since is not for the daemon to guess. */
static bool is_of_boot_before(const struct sim *s,
			      const struct incident *incident)
{
	const struct sim_shut *shut = sim_check_look_up(s, incident->number);

	return shut && shut->boot < s->boot &&
	       !s->settings->guest.resume_after_boot;
}

bool sim_check_asks(const struct sim *s, const struct incident *incident)
{
	int guest = sim_guest_of(s, incident->id.uuid);

	return guest >= 0 && s->guests[guest].noted_boot < s->boot &&
	       is_of_boot_before(s, incident);
}

static void check_boot(struct sim *s, const struct incident *incident)
{
	int guest = sim_guest_of(s, incident->id.uuid);

	if (step_starts_guest(incident_step(incident)) && guest >= 0 &&
	    s->guests[guest].asked_boot < s->boot &&
	    is_of_boot_before(s, incident))
		sim_fail(s, "incident %llu: a start of the host's boot before",
			 (unsigned long long)incident->number);
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
	if (incident->dirty && !sim_check_was_full(s))
		sim_fail(s, "incident %llu: %s begins and is not on record",
			 number, step_name(step));
	if (step == STEP_DESTROY && wants_core(incident->verdict.action))
		check_core(s, incident);
	check_report(s, incident);
	check_devices(s, incident);
	check_reattach(s, incident);
	check_owner(s, incident);
	sim_owner_check_order(s, incident, sim_check_peer(s, incident));
	check_boot(s, incident);
	sim_file_check_order(s, incident);
	sim_leave_check_order(s, incident);
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

/* The same by another hand, or by a worker of a daemon that died, while a worker
 * of ours has the order: what that one would have torn down is not owed. */
void sim_check_other_teardown(struct sim *s, int domain)
{
	int index = s->domains[domain].shut;

	for (int i = 0; i < SIM_WORKERS_MAX && index >= 0; i++) {
		const struct sim_worker *w = &s->workers[i];

		if (w->used && !w->orphan && w->step == STEP_DESTROY &&
		    w->id.domid == s->domains[domain].id.domid &&
		    s->shuts[index].at >= w->ordered_at)
			s->shuts[index].left = true;
	}
}
