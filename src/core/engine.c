/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's surface: its life, settings, records, operator commands.
 * Domains are in engine_life.c, incidents in engine_case.c.
 */
#include "core/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"

static const char *const note_names[] = {
#define X(name, text) [ENGINE_NOTE_##name] = text,
	ENGINE_NOTE_LIST(X)
#undef X
};

const char *engine_note_name(enum engine_note note)
{
	return note < ENGINE_NOTE_COUNT ? note_names[note] : "unknown";
}

struct engine *engine_new(const struct settings *settings,
			  const struct engine_calls *calls)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->settings = settings;
	e->calls = calls;
	e->workers_max = 1;
	e->next_number = 1;
	e->record_again_ms = INT64_MAX;
	list_init(&e->asking);
	list_init(&e->guests);
	list_init(&e->incidents);
	list_init(&e->closed);
	list_init(&e->remembered);
	list_init(&e->queue);
	for (size_t i = 0; i < ENGINE_BUCKETS; i++)
		list_init(&e->buckets[i]);
	return e;
}

static void free_incidents(struct list *list)
{
	struct incident *incident;

	LIST_EACH(incident, list, struct incident, node)
		incident_free(incident);
}

void engine_free(struct engine *engine)
{
	struct guest *guest;

	if (!engine)
		return;
	for (size_t i = 0; i < engine->domain_count; i++)
		engine_life_free(engine->domains[i]);
	free(engine->domains);
	free_incidents(&engine->incidents);
	free_incidents(&engine->closed);
	free_incidents(&engine->remembered);
	LIST_EACH(guest, &engine->guests, struct guest, node)
		free(guest);
	free(engine);
}

void engine_set_settings(struct engine *engine,
			 const struct settings *settings)
{
	engine->settings = settings;
}

void engine_set_caps(struct engine *engine, const struct caps *caps)
{
	engine->caps = *caps;
}

void engine_set_workers(struct engine *engine, uint32_t workers_max)
{
	engine->workers_max = workers_max ? workers_max : 1;
}

void engine_set_next_number(struct engine *engine, uint64_t number)
{
	engine->next_number = number;
}

void engine_set_toolstack(struct engine *engine, bool answers,
			  struct engine_time now)
{
	engine->toolstack = answers;
	engine_run(engine, now);
}

bool engine_toolstack_answers(const struct engine *engine)
{
	return engine->toolstack;
}

/* --- guests --- */

static struct list *bucket_of(const struct engine *e, const uint8_t *uuid)
{
	unsigned int hash = 0;

	for (int i = 0; i < UUID_BYTES; i++)
		hash = hash * 31 + uuid[i];
	return (struct list *)&e->buckets[hash % ENGINE_BUCKETS];
}

const struct guest *engine_guest(const struct engine *engine,
				 const uint8_t uuid[UUID_BYTES])
{
	struct guest *guest;

	LIST_EACH(guest, bucket_of(engine, uuid), struct guest, bucket_node)
		if (uuid_equal(guest->uuid, uuid))
			return guest;
	return NULL;
}

/* Finds or makes it.  NULL: no memory. */
struct guest *engine_need_guest(struct engine *e, const uint8_t *uuid)
{
	struct guest *guest = (struct guest *)engine_guest(e, uuid);

	if (guest)
		return guest;
	guest = calloc(1, sizeof(*guest));
	if (!guest)
		return NULL;
	memcpy(guest->uuid, uuid, UUID_BYTES);
	list_append(&e->guests, &guest->node);
	list_append(bucket_of(e, uuid), &guest->bucket_node);
	return guest;
}

int engine_restore_guest(struct engine *engine, const struct guest *from)
{
	struct guest *guest = engine_need_guest(engine, from->uuid);

	if (!guest)
		return -ENOMEM;
	text_copy(guest->name, sizeof(guest->name), from->name);
	guest->budget = from->budget;
	guest->started_ms = from->started_ms;
	guest->hold = from->hold;
	guest->has_config = from->has_config;
	guest->config = from->config;
	return 0;
}

/* --- records and telling --- */

static void record_later(struct engine *e, struct engine_time now)
{
	int64_t due_ms = now.mono_ms + ENGINE_RECORD_AGAIN_MS;

	if (due_ms < e->record_again_ms)
		e->record_again_ms = due_ms;
}

void engine_record(struct engine *e, struct incident *incident,
		   struct engine_time now)
{
	incident->dirty = e->calls->record(e->calls->ctx, incident) != 0;
	if (incident->dirty)
		record_later(e, now);
}

void engine_record_guest(struct engine *e, struct guest *guest,
			 struct engine_time now)
{
	guest->dirty = e->calls->record_guest(e->calls->ctx, guest) != 0;
	if (guest->dirty)
		record_later(e, now);
}

/* What could not be written (a full disk) is written when it can be. */
static void record_dirty(struct engine *e, struct engine_time now)
{
	struct incident *incident;
	struct guest *guest;

	if (now.mono_ms < e->record_again_ms)
		return;
	e->record_again_ms = INT64_MAX;
	LIST_EACH(guest, &e->guests, struct guest, node)
		if (guest->dirty)
			engine_record_guest(e, guest, now);
	LIST_EACH(incident, &e->incidents, struct incident, node)
		if (incident->dirty)
			engine_record(e, incident, now);
	LIST_EACH(incident, &e->closed, struct incident, node) {
		engine_record(e, incident, now);
		if (!incident->dirty)
			incident_free(incident);
	}
}

void engine_tell(struct engine *e, enum engine_note note,
		 const struct domain *domain, const struct incident *incident,
		 const char *text)
{
	e->calls->note(e->calls->ctx, note, domain, incident, text);
}

/* --- restoring --- */

/* The step that was under way when the daemon ended: its worker may still
 * be at it.  It is done once more; each step looks first. */
static void reopen(struct incident *incident, struct engine_time now)
{
	int64_t wait_ms = incident->due_wall_ms - now.wall_ms;
	struct incident_step *last = incident->step_count ?
		&incident->steps[incident->step_count - 1] : NULL;

	if (incident->state == CASE_STATE_WORKING) {
		incident->state = CASE_STATE_QUEUED;
		incident->paid = incident_step(incident) == STEP_CREATE;
	}
	if (last && !last->ended_ms)
		incident_end_step(incident, now.wall_ms, -EINTR,
				  "the daemon ended meanwhile");
	incident->due_ms = now.mono_ms + (wait_ms > 0 ? wait_ms : 0);
	incident->order = 0;
	incident->losses = 0;
}

int engine_restore(struct engine *engine, struct incident *incident,
		   struct engine_time now)
{
	struct guest *guest;

	if (incident->number >= engine->next_number)
		engine->next_number = incident->number + 1;
	if (incident->state == CASE_STATE_CLOSED) {
		list_append(&engine->remembered, &incident->node);
		return 0;
	}
	guest = engine_need_guest(engine, incident->id.uuid);
	if (!guest)
		return -ENOMEM;
	reopen(incident, now);
	guest->incident = incident;
	list_append(&engine->incidents, &incident->node);
	if (incident->state == CASE_STATE_QUEUED)
		engine_queue_add(engine, incident);
	return 0;
}

/* --- input --- */

int engine_scan(struct engine *engine, const struct domain_info *list,
		size_t count, struct engine_time now)
{
	int r = engine_life_scan(engine, list, count, now);

	if (r == 0 && !engine->scanned) {
		free_incidents(&engine->remembered);
		engine->scanned = true;
	}
	engine_run(engine, now);
	return r;
}

void engine_hint(struct engine *engine, uint32_t domid, uint8_t reason_code)
{
	struct domain *domain = engine_life_find(engine, domid);

	if (!domain)
		return;
	domain->hinted = true;
	domain->hinted_reason = reason_code;
}

int engine_config(struct engine *engine, uint32_t domid,
		  const uint8_t uuid[UUID_BYTES],
		  const struct domain_config *config, struct engine_time now)
{
	struct domain *domain = engine_life_find(engine, domid);
	struct guest *guest = engine_need_guest(engine, uuid);

	if (!guest)
		return -ENOMEM;
	guest->config = *config;
	guest->has_config = true;
	text_copy(guest->name, sizeof(guest->name), config->name);
	if (!domain || !uuid_equal(domain->info.id.uuid, uuid))
		return 0;
	text_copy(domain->name, sizeof(domain->name), config->name);
	domain->configured = true;
	engine_life_event(engine, domain, LIFE_EVENT_CONFIG, now);
	engine_run(engine, now);
	return 0;
}

void engine_freed(struct engine *engine, uint32_t domid,
		  struct engine_time now)
{
	struct domain *domain = engine_life_find(engine, domid);

	if (!domain)
		return;
	engine_life_event(engine, domain, LIFE_EVENT_FREED, now);
	engine_run(engine, now);
}

static struct incident *find_order(const struct engine *e, uint64_t order)
{
	struct incident *incident;

	LIST_EACH(incident, &e->incidents, struct incident, node)
		if (incident->order == order)
			return incident;
	return NULL;
}

void engine_result(struct engine *engine, uint64_t order,
		   const struct engine_result *result, struct engine_time now)
{
	struct incident *incident = order ? find_order(engine, order) : NULL;

	if (incident)
		engine_case_result(engine, incident, result, now);
	engine_run(engine, now);
}

void engine_lost(struct engine *engine, uint64_t order, const char *how,
		 struct engine_time now)
{
	struct incident *incident = order ? find_order(engine, order) : NULL;

	if (incident)
		engine_case_lost(engine, incident, how, now);
	engine_run(engine, now);
}

/* --- time --- */

void engine_run(struct engine *engine, struct engine_time now)
{
	if (!engine->scanned)
		return;
	engine_life_ask_due(engine, now);
	engine_case_run_due(engine, now);
	engine_queue_pump(engine, now);
	record_dirty(engine, now);
}

int64_t engine_due_ms(const struct engine *engine)
{
	int64_t due_ms = engine->record_again_ms;
	struct incident *incident;
	struct domain *domain;

	LIST_EACH(domain, &engine->asking, struct domain, asking_node)
		if (domain->ask_again_ms < due_ms)
			due_ms = domain->ask_again_ms;
	LIST_EACH(incident, &engine->incidents, struct incident, node)
		if (incident->state == CASE_STATE_WAITING &&
		    incident->due_ms < due_ms)
			due_ms = incident->due_ms;
	return due_ms;
}

/* --- the operator --- */

static struct guest *known_guest(struct engine *e, const uint8_t *uuid)
{
	return (struct guest *)engine_guest(e, uuid);
}

int engine_hold(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		struct engine_time now)
{
	struct guest *guest = known_guest(engine, uuid);

	if (!guest)
		return -ENOENT;
	if (guest->hold)
		return -EALREADY;
	guest->hold = true;
	engine_record_guest(engine, guest, now);
	if (guest->incident) {
		text_copy(guest->incident->why, sizeof(guest->incident->why),
			  "held by the operator");
		engine_case_event(engine, guest->incident, CASE_EVENT_HOLD,
				  now);
	}
	return 0;
}

int engine_retry(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		 struct engine_time now)
{
	struct guest *guest = known_guest(engine, uuid);

	if (!guest || !guest->incident)
		return -ENOENT;
	if (guest->incident->state != CASE_STATE_HELD &&
	    guest->incident->state != CASE_STATE_WAITING)
		return -EALREADY;
	guest->hold = false;
	engine_case_event(engine, guest->incident, CASE_EVENT_RETRY, now);
	engine_run(engine, now);
	return 0;
}

int engine_release(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		   struct engine_time now)
{
	struct guest *guest = known_guest(engine, uuid);
	bool held;

	if (!guest)
		return -ENOENT;
	held = guest->incident && guest->incident->state == CASE_STATE_HELD;
	if (!guest->hold && !held)
		return -EALREADY;
	guest->hold = false;
	engine_record_guest(engine, guest, now);
	return held ? engine_retry(engine, uuid, now) : 0;
}

/* --- showing --- */

const struct domain *engine_domain(const struct engine *engine,
				   uint32_t domid)
{
	return engine_life_find(engine, domid);
}

size_t engine_domains(const struct engine *engine,
		      struct domain *const **ret_domains)
{
	*ret_domains = engine->domains;
	return engine->domain_count;
}

const struct list *engine_incidents(const struct engine *engine)
{
	return &engine->incidents;
}

const struct list *engine_guests(const struct engine *engine)
{
	return &engine->guests;
}

uint32_t engine_working(const struct engine *engine)
{
	return engine->working;
}

void engine_policy_input(const struct engine *engine,
			 const struct guest *guest, const char *name,
			 uint8_t reason_code, struct policy_input *ret_input)
{
	*ret_input = (struct policy_input){
		.reason_code = reason_code,
		.settings = engine->settings,
		.caps = &engine->caps,
		.config = guest && guest->has_config ? &guest->config : NULL,
		.name = name,
	};
}
