/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariant of the budget: what counts is a start that is attempted, as the
 * manual says it, whatever becomes of it.  Asks the engine nothing.
 */
#include <string.h>

#include "sim.h"

#define HEALTH_SLACK_MS 25000	/* lost events are made up for by sweeps */

uint32_t sim_budget_count(const struct sim *s, const struct sim_starts *starts,
			  int64_t window_ms)
{
	uint32_t count = 0;

	for (int i = 0; i < starts->count; i++)
		count += starts->at[i] > s->mono - window_ms;
	return count;
}

static void check(struct sim *s, int guest)
{
	const struct guest_settings *set = &s->settings->guest;
	uint32_t count = sim_budget_count(s, &s->guests[guest].least,
				(int64_t)set->restart_window_s * 1000);

	if (count > set->restart_limit)
		sim_fail(s, "guest %d: %u starts in %u s, %u are allowed",
			 guest, count, set->restart_window_s,
			 set->restart_limit);
}

static void add(struct sim_starts *starts, int64_t at)
{
	if (starts->count == SIM_STARTS_MAX) {
		memmove(starts->at, starts->at + 1,
			(SIM_STARTS_MAX - 1) * sizeof(starts->at[0]));
		starts->count--;
	}
	starts->at[starts->count++] = at;
}

/* In the daemon's memory, whether the disk has room for it or not. */
void sim_budget_spent(struct sim *s, const struct incident *incident)
{
	int index = sim_guest_of(s, incident->id.uuid);

	if (index < 0 || s->guests[index].counted == incident->number)
		return;
	s->guests[index].tries++;
	s->guests[index].counted = incident->number;
}

/* On record, whether the order is heard of or not. */
void sim_budget_paid(struct sim *s, const struct incident *incident)
{
	int index = sim_guest_of(s, incident->id.uuid);

	if (index < 0 || s->guests[index].attempt == incident->number)
		return;
	s->guests[index].attempt = incident->number;
	add(&s->guests[index].most, s->mono);
}

/* A start whose worker was lost is done again for the same money; one that
 * failed is not. */
void sim_budget_ordered(struct sim *s, const struct incident *incident)
{
	int index = sim_guest_of(s, incident->id.uuid);
	struct sim_guest *guest;
	bool again;

	if (index < 0 || !step_starts_guest(incident_step(incident)))
		return;
	guest = &s->guests[index];
	guest->tries += guest->counted != incident->number;
	guest->counted = 0;
	if (guest->attempt != incident->number)
		add(&guest->most, s->mono);
	guest->attempt = incident->number;
	again = guest->may_repeat == incident->number;
	guest->may_repeat = incident->number;
	if (again)
		return;
	if (guest->granted) {
		guest->granted = false;
		return;
	}
	add(&guest->least, s->mono);
	check(s, index);
}

/* What fails while xenstored is away says nothing, and stays paid. */
void sim_budget_heard(struct sim *s, const struct sim_worker *worker, int rc)
{
	struct sim_guest *guest;

	if (worker->guest < 0 || !step_starts_guest(worker->step))
		return;
	guest = &s->guests[worker->guest];
	if (guest->attempt != worker->number ||
	    (rc < 0 && s->daemon.told_away))
		return;
	guest->attempt = guest->may_repeat = 0;
	guest->last_attempt = worker->number;
}

/* The record knows of its end. */
void sim_budget_written(struct sim *s, const struct incident *incident)
{
	int index = sim_guest_of(s, incident->id.uuid);

	if (index >= 0 && !incident->order &&
	    s->guests[index].last_attempt == incident->number)
		s->guests[index].last_attempt = 0;
}

/* That the last one ended may not be on record. */
void sim_budget_killed(struct sim *s)
{
	for (int i = 0; i < s->guest_count; i++)
		if (!s->guests[i].may_repeat)
			s->guests[i].may_repeat = s->guests[i].last_attempt;
}

/* One whose end is not on record counts from when it is seen to run. */
void sim_budget_started(struct sim *s)
{
	for (int i = 0; i < s->guest_count; i++)
		if (s->guests[i].last_attempt)
			add(&s->guests[i].most, s->mono);
}

/* Those of the boot before count from this one's begin. */
void sim_budget_booted(struct sim *s)
{
	for (int i = 0; i < s->guest_count; i++) {
		struct sim_starts *most = &s->guests[i].most;

		sim_budget_forgive(s, i);
		for (int j = 0; j < most->count; j++)
			most->at[j] = s->boot_at;
	}
}

/* It may be by the start that nobody heard the end of, and counts from here. */
void sim_budget_runs(struct sim *s, int guest)
{
	if (s->guests[guest].attempt)
		add(&s->guests[guest].most, s->mono);
}

void sim_budget_closed(struct sim *s, const struct incident *incident)
{
	for (int i = 0; i < s->guest_count; i++)
		if (s->guests[i].attempt == incident->number)
			s->guests[i].attempt = 0;
}

void sim_budget_forgive(struct sim *s, int guest)
{
	s->guests[guest].least.count = 0;
}

/* It goes down: a healthy run may have wiped the slate. */
void sim_budget_ran(struct sim *s, int index)
{
	const struct sim_domain *domain = &s->domains[index];
	int64_t healthy_ms = (int64_t)s->settings->guest.healthy_s * 1000;

	if (s->mono - domain->known_run_at + HEALTH_SLACK_MS >= healthy_ms)
		sim_budget_forgive(s, domain->guest);
}
