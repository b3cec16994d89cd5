/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An incident's data and its step log.  Decides nothing.
 */
#include "core/incident.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const outcome_names[] = {
#define X(name, text) [OUTCOME_##name] = text,
	OUTCOME_LIST(X)
#undef X
};

const char *outcome_name(enum outcome outcome)
{
	return outcome < OUTCOME_COUNT ? outcome_names[outcome] : "unknown";
}

int outcome_parse(const char *name, enum outcome *ret_outcome)
{
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++) {
		if (strcmp(name, outcome_names[i]) == 0) {
			*ret_outcome = i;
			return 0;
		}
	}
	return -EINVAL;
}

struct incident *incident_new(void)
{
	struct incident *incident = calloc(1, sizeof(*incident));

	if (!incident)
		return NULL;
	list_init(&incident->node);
	list_init(&incident->queue_node);
	return incident;
}

void incident_free(struct incident *incident)
{
	if (!incident)
		return;
	list_remove(&incident->node);
	list_remove(&incident->queue_node);
	free(incident->steps);
	free(incident);
}

enum step incident_step(const struct incident *incident)
{
	enum step step = action_steps(incident->verdict.action)[incident->at];

	if (incident->unreported)
		return STEP_REPORT;
	return !step && incident_reattaches(incident) ? STEP_REATTACH : step;
}

bool incident_reattaches(const struct incident *incident)
{
	return incident->wants_reattach && incident->successor.domid &&
	       incident->successor.domid != incident->id.domid;
}

bool incident_starts_later(const struct incident *incident)
{
	const enum step *steps = action_steps(incident->verdict.action);

	for (uint32_t i = incident->at; i < ACTION_STEPS_MAX && steps[i]; i++)
		if (steps[i] == STEP_CREATE)
			return true;
	return false;
}

bool incident_has_begun(const struct incident *incident, enum step step)
{
	return incident->begun & 1u << step;
}

bool incident_removes_domain(const struct incident *incident)
{
	return incident->absent ||
	       incident_has_begun(incident, STEP_DESTROY) ||
	       incident_has_begun(incident, STEP_RENAME);
}

/* Keeps the first half: an endless row of attempts says the same again. */
static void drop_middle(struct incident *incident)
{
	uint32_t half = INCIDENT_STEPS_MAX / 2;

	memmove(incident->steps + half, incident->steps + half + 1,
		(incident->step_count - half - 1) * sizeof(*incident->steps));
	incident->step_count--;
}

/* Does the last entry say what the one before it says, of STEP? */
static bool is_repeated(const struct incident *incident, enum step step)
{
	const struct incident_step *last;

	if (incident->step_count < 2)
		return false;
	last = &incident->steps[incident->step_count - 1];
	return last->step == step && last->rc &&
	       last[-1].step == step && last[-1].rc == last->rc &&
	       strcmp(last[-1].text, last->text) == 0;
}

/* A new entry at the end, or NULL. */
static struct incident_step *add_entry(struct incident *incident,
				       enum step step)
{
	struct incident_step *steps;

	if (is_repeated(incident, step))
		return &incident->steps[incident->step_count - 1];
	if (incident->step_count == INCIDENT_STEPS_MAX)
		drop_middle(incident);
	steps = realloc(incident->steps,
			(incident->step_count + 1) * sizeof(*steps));
	if (!steps)
		return NULL;
	incident->steps = steps;
	return &steps[incident->step_count++];
}

int incident_begin_step(struct incident *incident, int64_t wall_ms)
{
	enum step step = incident_step(incident);
	struct incident_step *entry = add_entry(incident, step);

	if (!entry)
		return -ENOMEM;
	*entry = (struct incident_step){ .step = step, .begun_ms = wall_ms };
	incident->is_first_try = !incident_has_begun(incident, step);
	incident->begun |= 1u << step;
	incident->dirty = true;
	return 0;
}

void incident_end_step(struct incident *incident, int64_t wall_ms, int rc,
		       const char *text)
{
	struct incident_step *last;

	if (!incident->step_count)
		return;
	last = &incident->steps[incident->step_count - 1];
	last->ended_ms = wall_ms;
	last->rc = rc;
	text_copy(last->text, sizeof(last->text), text ? text : "");
	if (rc == 0)
		incident->done |= 1u << last->step;
	incident->dirty = true;
}

void incident_unbegin_step(struct incident *incident, int64_t wall_ms, int rc,
			   const char *text)
{
	incident_end_step(incident, wall_ms, rc, text);
	if (incident->is_first_try && incident->step_count)
		incident->begun &=
			~(1u << incident->steps[incident->step_count - 1].step);
	incident->is_first_try = false;
}

/* From then on a domain of its first name is another. */
static bool is_renamed(const struct incident *incident)
{
	const enum step *steps = action_steps(incident->verdict.action);

	for (uint32_t i = 0; i < incident->at; i++)
		if (steps[i] == STEP_RENAME)
			return true;
	return incident->done & 1u << STEP_RENAME;
}

bool incident_is_about(const struct incident *incident,
		       const struct domain_id *id)
{
	static const uint8_t none[UUID_BYTES];

	if (incident->absent)
		return false;
	if (domain_id_equal(&incident->id, id))
		return !is_renamed(incident);
	return !uuid_equal(incident->copy_uuid, none) &&
	       uuid_equal(incident->copy_uuid, id->uuid) &&
	       incident->id.domid == id->domid &&
	       incident->id.epoch == id->epoch;
}

/* --- a domain that is set aside --- */

bool incident_is_aside(const struct incident *incident)
{
	return incident->verdict.action != ACTION_RENAME_RESTART &&
	       incident_has_begun(incident, STEP_RENAME);
}

/* What a successor is made of was saved before its domain was renamed. */
void incident_advance(struct incident *incident)
{
	if (incident_step(incident) == STEP_REATTACH) {
		incident->wants_reattach = false;
		incident->dirty = true;
		return;
	}
	incident->at++;
	if (incident_step(incident) == STEP_SAVE && incident_is_aside(incident))
		incident->at++;
}

void incident_fall_back(struct incident *incident, const char *why)
{
	text_copy(incident->why, sizeof(incident->why), why);
	incident->verdict.action = ACTION_COREDUMP_RESTART;
	incident->at = 0;
	incident->losses = 0;
	incident->again = false;
	incident->paid = false;
	incident->dirty = true;
}

static uint32_t index_of(enum action action, enum step step)
{
	const enum step *steps = action_steps(action);
	uint32_t at = 0;

	while (steps[at] && steps[at] != step)
		at++;
	return at;
}

void incident_lose_domain(struct incident *incident)
{
	enum action action = incident->verdict.action;
	bool starts = incident_starts_later(incident);

	incident->at = index_of(action, starts ? STEP_CREATE : STEP_END);
	incident->absent = true;
	incident->unreported = false;
	incident->wants_reattach = false; /* its guests went as well */
	incident->losses = 0;
	incident->dirty = true;
}

void incident_end_plan(struct incident *incident)
{
	incident->at = index_of(incident->verdict.action, STEP_END);
	incident->losses = 0;
	incident->again = false;
	incident->paid = false;
	incident->dirty = true;
}

void incident_pass_start(struct incident *incident)
{
	enum step step = incident_step(incident);

	if (incident->verdict.action == ACTION_RESTART_FIRST) {
		incident->at = index_of(ACTION_RESTART_FIRST, STEP_CREATE) + 1;
	} else {
		incident->verdict.action = ACTION_COREDUMP_DESTROY;
		incident->at = index_of(ACTION_COREDUMP_DESTROY,
					step == STEP_DUMP ? STEP_DUMP :
							    STEP_DESTROY);
	}
	incident->losses = 0;
	incident->again = false;
	incident->paid = false;
	incident->dirty = true;
}

void incident_aim(const struct incident *incident, struct domain_id *ret_id,
		  struct domain_id *ret_other)
{
	enum step step = incident_step(incident);

	*ret_id = incident->id;
	*ret_other = (struct domain_id){0};
	if (step == STEP_REATTACH)
		*ret_other = incident->successor;
	if (!incident_is_aside(incident) ||
	    (step != STEP_RELEASE && step != STEP_DUMP && step != STEP_DESTROY))
		return;
	if (!is_renamed(incident)) {
		*ret_other = incident->id;
		ret_id = ret_other;
	}
	memcpy(ret_id->uuid, incident->copy_uuid, UUID_BYTES);
}
