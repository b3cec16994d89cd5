/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of a retreat.  Knows no clock: who keeps it says when the time is
 * over.
 */
#include "core/retreat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define NS_PER_TENTH 100000000ull

static const char *const state_names[] = {
#define X(name, text) [RETREAT_##name] = text,
	RETREAT_STATE_LIST(X)
#undef X
};

const char *retreat_state_name(enum retreat_state state)
{
	return state_names[state];
}

int retreat_state_parse(const char *name, enum retreat_state *ret_state)
{
	return text_find(state_names, RETREAT_STATE_COUNT, name, ret_state);
}

static void fill(struct retreat_guest *guest, const struct domain_info *info)
{
	guest->id = info->id;
	guest->fate = info->power_button ? RETREAT_FATE_ASKED :
					   RETREAT_FATE_DEAF;
	guest->paused = info->paused;
	guest->cpu_time_ns = info->cpu_time_ns;
}

int retreat_begin(struct retreat *retreat, const struct domain_info *list,
		  size_t count)
{
	struct retreat_guest *guest = calloc(count + 1, sizeof(*guest));

	if (!guest)
		return -ENOMEM;
	retreat->guest = guest;
	retreat->count = 0;
	for (size_t i = 0; i < count; i++)
		if (!list[i].shutdown && !list[i].dying)
			fill(&guest[retreat->count++], &list[i]);
	return 0;
}

void retreat_clear(struct retreat *retreat)
{
	free(retreat->guest);
	memset(retreat, 0, sizeof(*retreat));
}

static const struct domain_info *find(const struct domain_info *list,
				      size_t count, const struct domain_id *id)
{
	for (size_t i = 0; i < count; i++)
		if (domain_id_equal(&list[i].id, id))
			return &list[i];
	return NULL;
}

/* If the domain was destroyed since then, its end is unknown. */
static void conclude(struct retreat_guest *guest,
		     const struct domain_info *info)
{
	guest->gone = !info || !info->shutdown;
	guest->reason = guest->gone ? REASON_UNKNOWN :
				      reason_from_code(info->reason_code);
	guest->fate = guest->reason == REASON_POWEROFF ? RETREAT_FATE_ENDED :
							 RETREAT_FATE_FELL;
}

size_t retreat_look(struct retreat *retreat, const struct domain_info *list,
		    size_t count)
{
	size_t ended = 0;

	for (size_t i = 0; i < retreat->count; i++) {
		struct retreat_guest *guest = &retreat->guest[i];
		const struct domain_info *info;

		if (guest->fate != RETREAT_FATE_ASKED)
			continue;
		info = find(list, count, &guest->id);
		if (!info || info->shutdown || info->dying) {
			conclude(guest, info);
			ended++;
			continue;
		}
		guest->paused = info->paused;
		guest->cpu_used_ns = info->cpu_time_ns - guest->cpu_time_ns;
	}
	return ended;
}

bool retreat_is_waiting(const struct retreat *retreat)
{
	for (size_t i = 0; i < retreat->count; i++)
		if (retreat->guest[i].fate == RETREAT_FATE_ASKED)
			return true;
	return false;
}

void retreat_give_up(struct retreat *retreat)
{
	for (size_t i = 0; i < retreat->count; i++)
		if (retreat->guest[i].fate == RETREAT_FATE_ASKED)
			retreat->guest[i].fate = RETREAT_FATE_LEFT;
}

static bool has_evidence(const struct retreat_guest *guest)
{
	return guest->fate == RETREAT_FATE_LEFT ||
	       (guest->fate == RETREAT_FATE_FELL &&
		(guest->reason == REASON_CRASH ||
		 guest->reason == REASON_WATCHDOG));
}

struct retreat_guest *retreat_next_left(struct retreat *retreat)
{
	for (size_t i = 0; i < retreat->count; i++)
		if (has_evidence(&retreat->guest[i]) &&
		    !retreat->guest[i].captured)
			return &retreat->guest[i];
	return NULL;
}

/* --- in words --- */

static void tell_core(const struct retreat_guest *guest, struct text *text)
{
	if (guest->core[0])
		text_printf(text, ", core %s", guest->core);
	else if (guest->no_core[0])
		text_printf(text, ", no core: %s", guest->no_core);
}

static void tell_left(const struct retreat_guest *guest, struct text *text)
{
	uint64_t tenths = guest->cpu_used_ns / NS_PER_TENTH;

	text_printf(text, " (domid %" PRIu32 "%s, used %" PRIu64 ".%" PRIu64
		    " s of CPU time since", guest->id.domid,
		    guest->paused ? ", paused" : "", tenths / 10, tenths % 10);
	tell_core(guest, text);
	text_append(text, ")");
}

static void tell_fell(const struct retreat_guest *guest, struct text *text)
{
	text_printf(text, " (domid %" PRIu32 ", %s", guest->id.domid,
		    guest->gone ? "gone" : reason_name(guest->reason));
	tell_core(guest, text);
	text_append(text, ")");
}

/* One that came while xenstored hung has no name for us. */
static void tell_name(const struct retreat_guest *guest, struct text *text)
{
	if (guest->name[0])
		text_append_escaped(text, guest->name, strlen(guest->name));
	else
		text_printf(text, "domain %" PRIu32, guest->id.domid);
}

static void tell_fate(const struct retreat *retreat, enum retreat_fate fate,
		      const char *head, struct text *text)
{
	const char *before = head;

	for (size_t i = 0; i < retreat->count; i++) {
		const struct retreat_guest *guest = &retreat->guest[i];

		if (guest->fate != fate)
			continue;
		if (before == head && text->len)
			text_append(text, "; ");
		text_append(text, before);
		tell_name(guest, text);
		if (fate == RETREAT_FATE_LEFT)
			tell_left(guest, text);
		else if (fate == RETREAT_FATE_FELL)
			tell_fell(guest, text);
		before = ", ";
	}
}

void retreat_tell(const struct retreat *retreat, struct text *text)
{
	tell_fate(retreat, RETREAT_FATE_LEFT,
		  "asked to power off, but still running: ", text);
	tell_fate(retreat, RETREAT_FATE_FELL,
		  "ended when asked, but did not power off: ", text);
	tell_fate(retreat, RETREAT_FATE_ASKED,
		  "asked to power off, still waiting for: ", text);
	tell_fate(retreat, RETREAT_FATE_ENDED, "powered off: ", text);
	tell_fate(retreat, RETREAT_FATE_REFUSED,
		  "the hypervisor refused to ask: ", text);
	tell_fate(retreat, RETREAT_FATE_DEAF,
		  "cannot be asked without xenstore, no power button (PV, "
		  "PVH): ", text);
	if (!retreat->count)
		text_append(text, "no guest ran");
}
