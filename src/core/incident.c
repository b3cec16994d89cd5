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
	return incident->unreported ? STEP_REPORT :
	       action_steps(incident->verdict.action)[incident->at];
}

bool incident_has_begun(const struct incident *incident, enum step step)
{
	for (uint32_t i = 0; i < incident->step_count; i++)
		if (incident->steps[i].step == step)
			return true;
	return false;
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

int incident_begin_step(struct incident *incident, int64_t wall_ms)
{
	struct incident_step *steps;

	if (incident->step_count == INCIDENT_STEPS_MAX)
		drop_middle(incident);
	steps = realloc(incident->steps,
			(incident->step_count + 1) * sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	incident->steps = steps;
	steps[incident->step_count++] = (struct incident_step){
		.step = incident_step(incident),
		.begun_ms = wall_ms,
	};
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
	incident->dirty = true;
}

/* From then on a domain of its first name is another. */
static bool is_renamed(const struct incident *incident)
{
	const enum step *steps = action_steps(incident->verdict.action);

	for (uint32_t i = 0; i < incident->at; i++)
		if (steps[i] == STEP_RENAME)
			return true;
	return false;
}

bool incident_is_about(const struct incident *incident,
		       const struct domain_id *id)
{
	static const uint8_t none[UUID_BYTES];

	if (domain_id_equal(&incident->id, id))
		return !is_renamed(incident);
	return !uuid_equal(incident->copy_uuid, none) &&
	       uuid_equal(incident->copy_uuid, id->uuid) &&
	       incident->id.domid == id->domid &&
	       incident->id.epoch == id->epoch;
}
