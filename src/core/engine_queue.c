/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which incident gets the next worker.  Starts nothing itself: it fires the
 * event, the case does the rest.
 */
#include "core/engine_impl.h"
#include "core/planted.h"

static bool goes_before(const struct incident *incident)
{
	return incident->step_count > 0 &&
	       incident_step(incident) != STEP_DUMP;
}

/*
 * Those that go on stand before those that begin, each in its order, so
 * that a guest whose domain is destroyed already is up again soonest.
 */
void engine_queue_add(struct engine *e, struct incident *incident)
{
	struct list *before = &e->queue;
	struct incident *other;

	list_remove(&incident->queue_node);
	if (goes_before(incident)) {
		LIST_EACH(other, &e->queue, struct incident, queue_node) {
			if (!goes_before(other)) {
				before = &other->queue_node;
				break;
			}
		}
	}
	list_append(before, &incident->queue_node);
}

/* The hypervisor alone can pause, give what a report is made of, and the
 * memory of a guest whose page tables are its own; everything else goes through
 * xenstored. */
bool engine_queue_needs_toolstack(const struct incident *incident)
{
	enum step step = incident_step(incident);
	bool translated = incident->type == DOMAIN_TYPE_HVM ||
			  incident->type == DOMAIN_TYPE_PVH;

	return step != STEP_REPORT && step != STEP_PAUSE &&
	       !(step == STEP_DUMP && translated);
}

/* Dumps are long: one worker stays free for what is short. */
static bool may_dump(const struct engine *e)
{
	return e->dumping + 1 < e->workers_max || e->workers_max == 1;
}

/* A xenstored that hangs makes no sound: before each step that needs it, it
 * must have been heard of. */
static bool toolstack_answers(struct engine *e, struct engine_time now)
{
	if (!e->toolstack || !e->calls->probe ||
	    now.mono_ms - e->toolstack_ms <= ENGINE_FRESH_MS)
		return e->toolstack;
	if (!e->probing)
		e->calls->probe(e->calls->ctx);
	e->probing = true;
	return false;
}

static struct incident *pick(struct engine *e, struct engine_time now)
{
	struct incident *incident, *dump = NULL;

	LIST_EACH(incident, &e->queue, struct incident, queue_node) {
		enum step step = incident_step(incident);

		if (engine_queue_needs_toolstack(incident) &&
		    !PLANTED(TOOLSTACK) && !toolstack_answers(e, now))
			continue;
		if (step != STEP_DUMP)
			return incident;
		if (!dump && may_dump(e))
			dump = incident;
	}
	return dump;
}

void engine_queue_pump(struct engine *e, struct engine_time now)
{
	struct incident *incident;

	while (e->working < e->workers_max && (incident = pick(e, now)))
		engine_step_start(e, incident, now);
}
