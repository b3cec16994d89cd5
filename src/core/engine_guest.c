/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guests by uuid, and what the operator may ask for one.  Works on no
 * incident: it fires the event.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"

static struct list *bucket_of(const struct engine *e, const uint8_t *uuid)
{
	unsigned int hash = 0;

	for (int i = 0; i < UUID_BYTES; i++)
		hash = hash * 31 + uuid[i];
	return (struct list *)&e->buckets[hash % ENGINE_BUCKETS];
}

static struct guest *find(const struct engine *e, const uint8_t *uuid)
{
	struct guest *guest;

	LIST_EACH(guest, bucket_of(e, uuid), struct guest, bucket_node)
		if (uuid_equal(guest->uuid, uuid))
			return guest;
	return NULL;
}

const struct guest *engine_guest(const struct engine *engine,
				 const uint8_t uuid[UUID_BYTES])
{
	return find(engine, uuid);
}

struct guest *engine_guest_need(struct engine *e, const uint8_t *uuid)
{
	struct guest *guest = find(e, uuid);

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

/* A budget is kept: were it to come back, its past would count. */
void engine_guest_drop(struct engine *e, struct guest *guest)
{
	const struct budget *budget = &guest->budget;

	if (!e->scanned || guest->domains || guest->incident || guest->hold ||
	    guest->disowned || guest->adopted ||
	    guest->dirty || budget->count || budget->streak)
		return;
	e->twins -= guest->twins;
	list_remove(&guest->node);
	list_remove(&guest->bucket_node);
	free(guest);
}

void engine_guest_drop_unused(struct engine *e)
{
	struct guest *guest;

	LIST_EACH(guest, &e->guests, struct guest, node)
		engine_guest_drop(e, guest);
}

/* A domain that crashed while no daemon ran may have crashed at once. */
static bool is_run_seen(const struct engine *e, const struct guest *guest,
			int64_t least_ms, struct engine_time now)
{
	const struct domain *domain = engine_life_find(e, guest->run.domid);

	return domain && domain->ran && domain->guest == guest &&
	       domain_id_equal(&domain->info.id, &guest->run) &&
	       engine_taken_runs(&domain->info) &&
	       now.mono_ms - guest->run_ms >= least_ms;
}

/* Clears its starts.  Returns whether there were any. */
static bool expire(const struct engine *e, struct guest *guest,
		   struct engine_time now)
{
	const struct guest_settings *set = settings_for(e->settings,
							guest->name);
	struct budget *budget = &guest->budget;

	if (guest->incident || (!budget->count && !budget->streak) ||
	    !budget_is_over(budget, set, now.mono_ms) ||
	    (guest->domains &&
	     !is_run_seen(e, guest, set->healthy_s * 1000ll, now)))
		return false;
	budget_reset(budget);
	return true;
}

void engine_forget(struct engine *engine, struct engine_time now)
{
	struct guest *guest;

	LIST_EACH(guest, &engine->guests, struct guest, node) {
		if (expire(engine, guest, now) && guest->domains)
			engine_record_guest_later(engine, guest, now);
		engine_guest_drop(engine, guest);
	}
}

/* Without memory it stays as it is, and is tried at the next list. */
void engine_guest_adopt(struct engine *e, struct domain *domain)
{
	struct guest *old = domain->guest, *guest;

	if (old && uuid_equal(old->uuid, domain->info.id.uuid))
		return;
	guest = engine_guest_need(e, domain->info.id.uuid);
	if (!guest)
		return;
	domain->guest = guest;
	guest->domains++;
	if (!old)
		return;
	domain->named = false; /* a rename that changes the uuid changes that */
	old->domains--;
	engine_guest_drop(e, old);
}

void engine_guest_configure(struct guest *guest,
			    const struct domain_config *config)
{
	guest->config = *config;
	guest->has_config = true;
	text_copy(guest->name, sizeof(guest->name), config->name);
}

void engine_guest_runs(struct guest *guest, const struct domain_id *id,
		       struct engine_time now)
{
	guest->run = *id;
	guest->run_ms = now.mono_ms;
}

int engine_restore_guest(struct engine *engine, const struct guest *from)
{
	struct guest *guest = engine_guest_need(engine, from->uuid);

	if (!guest)
		return -ENOMEM;
	text_copy(guest->name, sizeof(guest->name), from->name);
	guest->budget = from->budget;
	guest->run = from->run;
	guest->run_ms = from->run_ms;
	guest->hold = from->hold;
	guest->disowned = from->disowned;
	guest->adopted = from->adopted;
	guest->has_config = from->has_config;
	guest->config = from->config;
	return 0;
}

/* --- the operator --- */

int engine_hold(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		struct engine_time now)
{
	struct guest *guest = find(engine, uuid);

	if (!guest)
		return -ENOENT;
	if (guest->hold)
		return -EALREADY;
	guest->hold = true;
	engine_record_guest(engine, guest, now);
	if (guest->incident && !guest->incident->peer)
		engine_case_hold(engine, guest->incident,
				 "held by the operator", now);
	engine_run(engine, now);
	return 0;
}

int engine_disown(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		  bool disowned, struct engine_time now)
{
	struct guest *guest = find(engine, uuid);

	if (!guest)
		return -ENOENT;
	if (guest->disowned == disowned)
		return -EALREADY;
	if (guest->incident)
		return -EBUSY;
	/* One that was adopted from its toolstack goes back to that. */
	guest->disowned = disowned && !(guest->adopted && guest->peer);
	guest->adopted = false;
	engine_record_guest(engine, guest, now);
	if (!disowned)
		engine_guest_drop(engine, guest);
	engine_run(engine, now);
	return 0;
}

int engine_adopt(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		 struct engine_time now)
{
	struct guest *guest = find(engine, uuid);

	if (!guest)
		return -ENOENT;
	if (guest->adopted)
		return -EALREADY;
	guest->adopted = true;
	guest->disowned = false;
	engine_record_guest(engine, guest, now);
	engine_run(engine, now);
	return 0;
}

int engine_retry(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		 struct engine_time now)
{
	struct guest *guest = find(engine, uuid);

	if (!guest || !guest->incident)
		return -ENOENT;
	if (guest->incident->state != CASE_STATE_HELD &&
	    guest->incident->state != CASE_STATE_WAITING)
		return -EALREADY;
	guest->hold = false; /* recorded with the fresh budget */
	engine_case_event(engine, guest->incident, CASE_EVENT_RETRY, now);
	engine_run(engine, now);
	return 0;
}

int engine_release(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		   struct engine_time now)
{
	struct guest *guest = find(engine, uuid);
	bool held;

	if (!guest)
		return -ENOENT;
	held = guest->incident && guest->incident->state == CASE_STATE_HELD;
	if (!guest->hold && !held)
		return -EALREADY;
	if (held)
		return engine_retry(engine, uuid, now);
	guest->hold = false;
	engine_record_guest(engine, guest, now);
	engine_guest_drop(engine, guest);
	engine_run(engine, now);
	return 0;
}
