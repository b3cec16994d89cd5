/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's surface: its life, its settings, what goes in, what time has
 * come for, what it shows.  The work is in engine_*.c.
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
	list_init(&e->at_work);
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
		free(engine->domains[i]);
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
	if (answers && !engine->toolstack)
		engine->back_ms = now.mono_ms;
	engine->toolstack = answers;
	engine->toolstack_ms = now.mono_ms;
	engine->probing = false;
	engine_run(engine, now);
}

bool engine_toolstack_answers(const struct engine *engine)
{
	return engine->toolstack;
}

/* --- input --- */

static void take_up(struct engine *e, struct engine_time now)
{
	e->scanned = true;
	engine_takeup(e, now);
	free_incidents(&e->remembered);
	engine_guest_drop_unused(e);
}

int engine_scan(struct engine *engine, const struct domain_info *list,
		size_t count, struct engine_time now)
{
	int r = engine_scan_merge(engine, list, count, now);

	engine->blind = false;
	if (r < 0)
		engine_unseen(engine, now);
	else
		engine_twin_update(engine, now);
	if (r == 0 && !engine->scanned)
		take_up(engine, now);
	engine_run(engine, now);
	return r;
}

void engine_unseen(struct engine *engine, struct engine_time now)
{
	engine->blind = true;
	engine->look_again_ms = now.mono_ms + ENGINE_ASK_AGAIN_MS;
}

void engine_hint(struct engine *engine, uint32_t domid, uint8_t reason_code)
{
	struct domain *domain = engine_life_find(engine, domid);

	if (!domain || domain->info.dying)
		return; /* a dying domain was already reported */
	domain->hinted = true;
	domain->hinted_reason = reason_code;
}

int engine_config(struct engine *engine, uint32_t domid,
		  const uint8_t uuid[UUID_BYTES],
		  const struct domain_config *config, struct engine_time now)
{
	struct domain *domain = engine_life_find(engine, domid);
	struct guest *guest = (struct guest *)engine_guest(engine, uuid);

	bool waits = engine_config_waits(engine, domid, uuid);

	if (!guest)
		return 0; /* its domain has gone already */
	if (!waits)
		engine_guest_configure(guest, config);
	if (!domain || !uuid_equal(domain->info.id.uuid, uuid))
		return 0;
	if (!waits)
		guest->config_of = domain->info.id;
	domain->config_waits = waits;
	if (strcmp(domain->name, config->name) != 0)
		domain->left_alone = false;
	text_copy(domain->name, sizeof(domain->name), config->name);
	domain->configured = true;
	domain->named = true;
	engine_twin_told(engine, guest, now);
	(void)engine_foreign_look(engine, domain); /* it has a name now */
	engine_taken_named(engine, domain, now);
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
	domain->monitored = false;
	if (!domain->info.shutdown || domain->info.dying)
		return; /* the next list says what it is now */
	engine_life_event(engine, domain, LIFE_EVENT_FREED, now);
	if (domain->incident && engine_foreign_keeps(domain->incident))
		engine_case_event(engine, domain->incident, CASE_EVENT_DUE,
				  now);
	engine_run(engine, now);
}

static struct incident *find_order(const struct engine *e, uint64_t order)
{
	struct incident *incident;

	LIST_EACH(incident, &e->incidents, struct incident, node)
		if (order && incident->order == order)
			return incident;
	return NULL;
}

void engine_result(struct engine *engine, uint64_t order,
		   const struct engine_result *result, struct engine_time now)
{
	struct incident *incident = find_order(engine, order);

	if (incident)
		engine_step_result(engine, incident, result, now);
	engine_run(engine, now);
}

void engine_lost(struct engine *engine, uint64_t order, const char *how,
		 struct engine_time now)
{
	struct incident *incident = find_order(engine, order);

	if (incident)
		engine_step_lost(engine, incident, how, now);
	engine_run(engine, now);
}

void engine_unbegun(struct engine *engine, uint64_t order, const char *how,
		    struct engine_time now)
{
	struct incident *incident = find_order(engine, order);

	if (incident)
		engine_step_unbegun(engine, incident, how, now);
	engine_run(engine, now);
}

/* --- time --- */

/* A decision may open what can start at once; an end may free a guest for
 * its next decision. */
void engine_run(struct engine *engine, struct engine_time now)
{
	if (!engine->scanned)
		return;
	while (!engine->blind) {
		engine_taken_look(engine, now);
		engine_case_run_due(engine, now);
		engine_queue_pump(engine, now);
		if (!engine_life_ask_due(engine, now))
			break;
	}
	engine_record_dirty(engine, now);
}

int64_t engine_due_ms(const struct engine *engine)
{
	int64_t due_ms = engine->record_again_ms;
	struct incident *incident;
	struct domain *domain;

	if (engine->blind && engine->look_again_ms < due_ms)
		due_ms = engine->look_again_ms;
	if (!engine->scanned || engine->blind)
		return due_ms; /* engine_run() would do nothing else */
	if (engine_queue_due_ms(engine) < due_ms)
		due_ms = engine_queue_due_ms(engine);
	LIST_EACH(domain, &engine->asking, struct domain, asking_node)
		if (domain->ask_again_ms < due_ms)
			due_ms = domain->ask_again_ms;
	LIST_EACH(incident, &engine->incidents, struct incident, node)
		if (incident->state == CASE_STATE_WAITING &&
		    incident->due_ms < due_ms)
			due_ms = incident->due_ms;
	return due_ms;
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
		.foreign = guest && engine_foreign_is(engine, guest),
		.adopted = guest && guest->adopted,
	};
}
