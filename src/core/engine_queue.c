/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which incident gets the next worker.  Starts nothing itself: it fires the
 * event, the case does the rest.
 */
#include "core/engine_impl.h"
#include "core/planted.h"

/*
 * Places.  As many steps run at the same time as there are workers.  In
 * addition one place is reserved for a first report and one for a start.  A
 * long step usually waits for something: it gives up its place, so guests that
 * hang do not block others.  Cores have separate places.  A step that failed
 * before is queued last, and does not give up its place to another such step.
 */
struct load {
	uint32_t going, starting, looking;	/* places taken, by what */
	uint32_t again;		/* that failed before */
	uint32_t slow;		/* that gave their place up */
};

static bool is_first_look(const struct incident *incident)
{
	return !(incident->begun & ~(1u << incident_step(incident)));
}

static void add_load(struct load *load, const struct incident *incident,
		     struct engine_time now)
{
	bool is_slow = now.mono_ms - incident->ordered_ms >= ENGINE_SLOW_MS;

	load->again += incident->again;
	if (is_slow && load->slow < ENGINE_SLOW_MAX)
		load->slow++;
	else if (incident->again)
		load->going++;
	else if (step_starts_guest(incident_step(incident)))
		load->starting++;
	else if (is_first_look(incident))
		load->looking++;
	else
		load->going++;
}

static struct load weigh(const struct engine *e, struct engine_time now)
{
	const struct incident *incident;
	struct load load = { 0 };

	LIST_EACH(incident, &e->at_work, const struct incident, queue_node)
		if (incident_step(incident) != STEP_DUMP)
			add_load(&load, incident, now);
	return load;
}

static uint32_t beyond_one(uint32_t count)
{
	return count > 1 ? count - 1 : 0;
}

/* Cores are long: they leave a worker for what is short. */
static bool may_dump(const struct engine *e)
{
	return e->dumping + 1 < e->workers_max || !e->dumping;
}

static bool has_place(const struct engine *e, const struct load *load,
		      const struct incident *incident)
{
	bool is_free = load->going + beyond_one(load->starting) +
		       beyond_one(load->looking) < e->workers_max;
	enum step step = incident_step(incident);

	if (step == STEP_DUMP)
		return may_dump(e);
	if (incident->again)
		return is_free && load->again < e->workers_max;
	if (step_starts_guest(step))
		return is_free || (!load->starting && !PLANTED(RESERVE));
	if (is_first_look(incident))
		return is_free || !load->looking;
	return is_free;
}

/* --- the order --- */

enum rank { RANK_GOES_ON, RANK_BEGINS, RANK_LATE };

static enum rank rank_of(const struct incident *incident)
{
	if (incident->again || incident_step(incident) == STEP_DUMP)
		return RANK_LATE;
	return is_first_look(incident) ? RANK_BEGINS : RANK_GOES_ON;
}

/*
 * Incidents in progress come before new ones, each in its order, so that a
 * guest whose domain is already destroyed runs again first.
 */
void engine_queue_add(struct engine *e, struct incident *incident,
		      struct engine_time now)
{
	struct list *before = &e->queue;
	struct incident *other;

	list_remove(&incident->queue_node);
	LIST_EACH(other, &e->queue, struct incident, queue_node) {
		if (rank_of(other) > rank_of(incident)) {
			before = &other->queue_node;
			break;
		}
	}
	list_append(before, &incident->queue_node);
	if (incident_step(incident) == STEP_DUMP && !incident->core_until_ms)
		incident->core_until_ms = now.mono_ms +
			engine_case_settings(e, incident)->core_wait_s * 1000ll;
}

/* Pausing, the data of a report, and the memory of a translated guest need the
 * hypervisor only; everything else needs xenstored. */
bool engine_queue_needs_toolstack(const struct incident *incident)
{
	enum step step = incident_step(incident);
	bool translated = incident->type == DOMAIN_TYPE_HVM ||
			  incident->type == DOMAIN_TYPE_PVH;

	return step != STEP_REPORT && step != STEP_PAUSE &&
	       !(step == STEP_DUMP && translated);
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
	struct load load = weigh(e, now);
	struct incident *incident;

	LIST_EACH(incident, &e->queue, struct incident, queue_node)
		if (has_place(e, &load, incident) &&
		    (!engine_queue_needs_toolstack(incident) ||
		     PLANTED(TOOLSTACK) || toolstack_answers(e, now)))
			return incident;
	return NULL;
}

/* --- cores without a place --- */

/* Until then the guest or its next crash is not handled. */
static bool is_waited_for(const struct incident *incident)
{
	return incident_starts_later(incident) || incident_is_aside(incident);
}

static bool is_too_late(const struct engine *e,
			const struct incident *incident,
			struct engine_time now)
{
	return incident_step(incident) == STEP_DUMP &&
	       incident->core_until_ms <= now.mono_ms && !may_dump(e) &&
	       (e->toolstack || !engine_queue_needs_toolstack(incident)) &&
	       is_waited_for(incident);
}

static void skip_late_dumps(struct engine *e, struct engine_time now)
{
	struct incident *incident;

	LIST_EACH(incident, &e->queue, struct incident, queue_node)
		if (is_too_late(e, incident, now))
			engine_case_skip_core(e, incident, now);
}

void engine_queue_pump(struct engine *e, struct engine_time now)
{
	struct incident *incident;

	e->pumped_ms = now.mono_ms;
	skip_late_dumps(e, now);
	while (!(PLANTED(IDLE) && e->working) && (incident = pick(e, now)))
		engine_step_start(e, incident, now);
}

static int64_t sooner(const struct engine *e, int64_t at_ms, int64_t due_ms)
{
	return at_ms > e->pumped_ms && at_ms < due_ms ? at_ms : due_ms;
}

int64_t engine_queue_due_ms(const struct engine *e)
{
	const struct incident *incident;
	int64_t due_ms = INT64_MAX;

	if (list_empty(&e->queue))
		return due_ms;
	LIST_EACH(incident, &e->at_work, const struct incident, queue_node)
		due_ms = sooner(e, incident->ordered_ms + ENGINE_SLOW_MS,
				due_ms);
	LIST_EACH(incident, &e->queue, const struct incident, queue_node)
		if (incident_step(incident) == STEP_DUMP &&
		    is_waited_for(incident))
			due_ms = sooner(e, incident->core_until_ms, due_ms);
	return due_ms;
}
