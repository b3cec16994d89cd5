/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine's records and notes, and their reload after a restart.  Decides
 * nothing about an incident.
 */
#include <errno.h>
#include <string.h>

#include "core/engine_impl.h"
#include "core/planted.h"

/* When so many fail, the disk is at fault, and the others wait as well. */
#define FAILURES_MAX 8

static void record_later(struct engine *e, struct engine_time now)
{
	int64_t due_ms = now.mono_ms + ENGINE_RECORD_AGAIN_MS;

	if (due_ms < e->record_again_ms)
		e->record_again_ms = due_ms;
}

static bool write_one(struct engine *e, struct incident *incident,
		      struct guest *payer)
{
	incident->dirty = e->calls->record(e->calls->ctx, incident, payer) != 0;
	if (payer)
		payer->dirty = incident->dirty;
	return !incident->dirty;
}

/*
 * A record never overtakes what happened to its guest before it: else a spent
 * budget could be forgotten, or two incidents of one guest be found open,
 * after a restart.  BEFORE is in the list of the closed, or NULL: all of them
 * come before.
 */
static bool is_behind(struct engine *e, const uint8_t *uuid,
		      const struct incident *before)
{
	const struct guest *guest = engine_guest(e, uuid);
	const struct incident *incident;

	if (guest && guest->dirty)
		return true;
	LIST_EACH(incident, &e->closed, const struct incident, node) {
		if (incident == before)
			break;
		if (uuid_equal(incident->id.uuid, uuid))
			return true;
	}
	return false;
}

void engine_record_closed(struct engine *e, struct incident *incident,
			  struct engine_time now)
{
	if (!incident->dirty) {
		incident_free(incident);
		return;
	}
	list_append(&e->closed, &incident->node);
	record_later(e, now);
}

void engine_record_guest(struct engine *e, struct guest *guest,
			 struct engine_time now)
{
	guest->dirty = e->calls->record_guest(e->calls->ctx, guest) != 0;
	if (guest->dirty)
		record_later(e, now);
}

void engine_record_guest_later(struct engine *e, struct guest *guest,
			       struct engine_time now)
{
	guest->dirty = true;
	record_later(e, now);
}

static bool has_closed(const struct engine *e, const uint8_t *uuid)
{
	const struct incident *incident;

	LIST_EACH(incident, &e->closed, const struct incident, node)
		if (uuid_equal(incident->id.uuid, uuid))
			return true;
	return false;
}

/* What its open incident has paid for must not be on record without the
 * incident: who is killed between the two pays twice. */
static void write_guest(struct engine *e, struct guest *guest,
			struct engine_time now)
{
	struct incident *incident = guest->incident;

	if (!incident || !incident->dirty || has_closed(e, guest->uuid))
		engine_record_guest(e, guest, now);
	else if (!write_one(e, incident, guest))
		record_later(e, now);
}

/* Only for the guest UUID: a record of another guest that cannot be written
 * must not block this one. */
static bool catch_up(struct engine *e, const uint8_t *uuid,
		     struct engine_time now)
{
	struct guest *guest = (struct guest *)engine_guest(e, uuid);
	struct incident *incident;

	if (guest && guest->dirty)
		write_guest(e, guest, now);
	LIST_EACH(incident, &e->closed, struct incident, node) {
		if (!uuid_equal(incident->id.uuid, uuid) ||
		    is_behind(e, uuid, incident))
			continue;
		if (write_one(e, incident, NULL))
			incident_free(incident);
	}
	return !is_behind(e, uuid, NULL);
}

void engine_record_paid(struct engine *e, struct incident *incident,
			struct guest *payer, struct engine_time now)
{
	bool behind = e->record_again_ms != INT64_MAX;

	incident->dirty = true;
	if ((behind && !catch_up(e, incident->id.uuid, now)) ||
	    !write_one(e, incident, payer)) {
		if (payer)
			payer->dirty = true;
		record_later(e, now);
	}
}

void engine_record(struct engine *e, struct incident *incident,
		   struct engine_time now)
{
	engine_record_paid(e, incident, NULL, now);
}

/* One that fails goes to the end: the next pass begins with the others.  These
 * return whether all is written. */
static bool write_guests(struct engine *e, struct engine_time now)
{
	struct guest *guest, *first = NULL;
	uint32_t failures = 0;

	LIST_EACH(guest, &e->guests, struct guest, node) {
		if (guest == first || failures >= FAILURES_MAX)
			break;
		if (!guest->dirty)
			continue;
		write_guest(e, guest, now);
		if (!guest->dirty) {
			engine_guest_drop(e, guest);
			continue;
		}
		failures++;
		first = first ?: guest;
		list_remove(&guest->node);
		list_append(&e->guests, &guest->node);
	}
	return !failures;
}

static bool write_closed(struct engine *e)
{
	struct incident *incident;
	uint32_t failures = 0;

	LIST_EACH(incident, &e->closed, struct incident, node) {
		if (failures >= FAILURES_MAX)
			break;
		if (is_behind(e, incident->id.uuid, incident))
			continue;
		if (write_one(e, incident, NULL))
			incident_free(incident);
		else
			failures++;
	}
	return list_empty(&e->closed);
}

static bool write_open(struct engine *e)
{
	struct incident *incident;
	uint32_t failures = 0;

	LIST_EACH(incident, &e->incidents, struct incident, node) {
		if (failures >= FAILURES_MAX)
			break;
		if (!incident->dirty)
			continue;
		if (is_behind(e, incident->id.uuid, NULL) ||
		    !write_one(e, incident, NULL))
			failures++;
	}
	return !failures;
}

/* What could not be written (a full disk) is written when it can be. */
void engine_record_dirty(struct engine *e, struct engine_time now)
{
	bool all;

	if (now.mono_ms < e->record_again_ms)
		return;
	e->record_again_ms = INT64_MAX;
	all = write_guests(e, now);
	all &= write_closed(e);
	all &= write_open(e);
	if (!all)
		record_later(e, now);
}

uint32_t engine_unrecorded(const struct engine *e)
{
	const struct incident *incident;
	uint32_t count = 0;

	LIST_EACH(incident, &e->closed, struct incident, node)
		count++;
	LIST_EACH(incident, &e->incidents, struct incident, node)
		count += incident->dirty;
	return count;
}

void engine_tell(struct engine *e, enum engine_note note,
		 const struct domain *domain, const struct incident *incident,
		 const char *text)
{
	e->calls->note(e->calls->ctx, note, domain, incident, text);
}

/* --- restoring --- */

/*
 * The step that ran when the daemon ended: its worker may still be running.
 * The step is repeated; each step checks first.
 */
static void reopen(struct engine *e, struct incident *incident,
		   struct engine_time now)
{
	struct incident_step *last = incident->step_count ?
		&incident->steps[incident->step_count - 1] : NULL;

	if (last && !last->ended_ms) {
		incident_end_step(incident, now.wall_ms, -EINTR,
				  "the daemon stopped during this step");
		incident->is_unheard |= step_starts_guest(last->step);
	}
	incident->order = 0;
	incident->losses = 0;
	engine_case_event(e, incident, CASE_EVENT_RESTORED, now);
}

/* Records are written in order, so this cannot be; but two incidents that
 * start one guest must not be, whatever is in the file. */
static void supersede(struct engine *e, struct guest *guest,
		      const struct incident *by, struct engine_time now)
{
	struct incident *old = guest->incident;

	if (!old)
		return;
	old->successor = by->id;
	engine_case_event(e, old, CASE_EVENT_TAKEN, now);
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
	guest = engine_guest_need(engine, incident->id.uuid);
	if (!guest) {
		incident_free(incident);
		return -ENOMEM;
	}
	supersede(engine, guest, incident, now);
	guest->incident = incident;
	list_append(&engine->incidents, &incident->node);
	if (incident->twin)
		engine_twin_restore(engine, guest);
	reopen(engine, incident, now);
	return 0;
}
