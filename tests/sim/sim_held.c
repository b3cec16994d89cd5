/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariant of what is held: an incident stands still only for a cause that
 * the model has seen by itself.  Never takes the engine's own word for it.
 */
#include <string.h>

#include "sim.h"

#define ATTEMPTS 3	/* of a step that may simply be done again */
#define HEARD_MS 90000	/* from an attempt's begin to when its end is heard */

static const char *const cause_names[] = {
#define X(name, text) [SIM_CAUSE_##name] = text,
	SIM_CAUSE_LIST(X)
#undef X
};

struct sim_tally *sim_held_tally(struct sim *s, uint64_t number)
{
	struct sim_tally *tally = &s->tallies[number % SIM_TALLIES_MAX];

	if (tally->number != number)
		*tally = (struct sim_tally){ .number = number };
	return tally;
}

void sim_held_opened(struct sim *s, const struct incident *incident)
{
	struct sim_tally *tally = sim_held_tally(s, incident->number);
	int guest = sim_guest_of(s, incident->id.uuid);

	*tally = (struct sim_tally){
		.number = incident->number,
		.unsure = sim_file_is_unsure(s, incident),
	};
	if (guest >= 0)
		tally->tries_before = s->guests[guest].tries;
}

static void stand_at(struct sim_tally *tally, enum step step)
{
	if (tally->step != step)
		tally->failed = tally->lost = tally->refused = 0;
	tally->step = step;
}

/* What fails while xenstored is away says nothing, where that is needed. */
static bool is_excused(const struct sim *s, enum step step)
{
	return s->daemon.told_away && step != STEP_PAUSE && step != STEP_REPORT;
}

void sim_held_heard(struct sim *s, uint64_t number, enum step step, int rc)
{
	struct sim_tally *tally = sim_held_tally(s, number);

	stand_at(tally, step);
	if (rc == 0)
		tally->failed = tally->lost = tally->refused = 0;
	else if (!is_excused(s, step))
		tally->failed++;
}

void sim_held_lost(struct sim *s, uint64_t number, enum step step)
{
	struct sim_tally *tally = sim_held_tally(s, number);

	stand_at(tally, step);
	if (!is_excused(s, step))
		tally->lost++;
}

/* No worker could be given the step. */
void sim_held_refused(struct sim *s, const struct incident *incident)
{
	struct sim_tally *tally = sim_held_tally(s, incident->number);

	stand_at(tally, incident_step(incident));
	tally->refused++;
}

/* Is it one that may be begun again when it failed? */
static uint32_t attempts_at(enum step step)
{
	switch (step) {
	case STEP_SAVE:
	case STEP_RENAME:
	case STEP_DESTROY:
	case STEP_PAUSE:
		return ATTEMPTS;
	default:
		return 1;
	}
}

static bool has_failed(const struct sim_tally *tally, enum step step)
{
	uint32_t failed = step == STEP_CREATE ? 0 : tally->failed;

	return tally->step == step &&
	       (failed >= attempts_at(step) ||
		failed + tally->lost + tally->refused >= ATTEMPTS);
}

/* Of the budget's window, and of what it may have been moved on by. */
static bool has_spent(const struct sim *s, int guest,
		      const struct incident *incident)
{
	const struct guest_settings *set = &s->settings->guest;

	return guest >= 0 && step_starts_guest(incident_step(incident)) &&
	       sim_budget_count(s, &s->guests[guest].most, HEARD_MS +
				(int64_t)set->restart_window_s * 1000) >=
	       set->restart_limit;
}

/* This daemon knows a file of one of two domains, and not whose. */
static bool is_untold(const struct sim *s, int guest,
		      const struct incident *incident)
{
	const struct sim_shut *shut = sim_check_look_up(s, incident->number);

	return s->guests[guest].second_came && shut &&
	       s->domains[shut->domain].told_at < s->daemon.began_at;
}

static enum sim_cause find_cause(struct sim *s,
				 const struct incident *incident)
{
	int guest = sim_guest_of(s, incident->id.uuid);
	const struct sim_tally *tally = sim_held_tally(s, incident->number);

	if (guest >= 0 && s->guests[guest].held)
		return SIM_CAUSE_OPERATOR;
	if (has_spent(s, guest, incident))
		return SIM_CAUSE_BUDGET;
	if (sim_check_asks(s, incident))
		return SIM_CAUSE_BOOT;
	if (has_failed(tally, incident_step(incident)))
		return SIM_CAUSE_FAILED;
	if (guest >= 0 && sim_owner_listed(s, guest) > 1)
		return SIM_CAUSE_TWIN;
	if (guest >= 0 && is_untold(s, guest, incident))
		return SIM_CAUSE_UNTOLD;
	return SIM_CAUSE_NONE;
}

void sim_held_check(struct sim *s, const struct incident *incident)
{
	struct sim_tally *tally = sim_held_tally(s, incident->number);

	tally->cause = find_cause(s, incident);
	if (!tally->cause)
		sim_fail(s, "incident %llu is held without a cause: %s",
			 (unsigned long long)incident->number, incident->why);
	else
		sim_say(s, "it is held: %s", cause_names[tally->cause]);
}

/* Nothing goes wrong any more, and no person has released anything. */
void sim_held_rest(struct sim *s)
{
	struct incident *incident;

	LIST_EACH(incident, (struct list *)engine_incidents(s->daemon.engine),
		  struct incident, node) {
		int guest = sim_guest_of(s, incident->id.uuid);
		const struct sim_tally *tally =
			sim_held_tally(s, incident->number);

		if (incident->state != CASE_STATE_HELD)
			sim_fail(s, "incident %llu is %s for ever",
				 (unsigned long long)incident->number,
				 machine_case_name(incident->state));
		else if (tally->cause == SIM_CAUSE_OPERATOR &&
			 !s->guests[guest].held)
			sim_fail(s, "incident %llu is held, and its guest "
				 "was released",
				 (unsigned long long)incident->number);
		else if (tally->cause == SIM_CAUSE_TWIN ||
			 tally->cause == SIM_CAUSE_UNTOLD)
			sim_fail(s, "incident %llu is held, and its domain "
				 "alone has its uuid",
				 (unsigned long long)incident->number);
	}
}
