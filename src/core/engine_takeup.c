/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares the restored incidents with the first list: this shows what remains
 * to be done, and whether it needs an operator's order.
 */
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"
#include "core/planted.h"

static const char rebooted_text[] = "the host was rebooted";

bool engine_takeup_asks(const struct engine *e,
			const struct incident *incident)
{
	return !PLANTED(BOOT) && incident->rebooted &&
	       incident_starts_later(incident) &&
	       !engine_case_settings(e, incident)->resume_after_boot;
}

void engine_takeup_note_boot(struct engine *e, struct incident *incident,
			     struct engine_time now)
{
	if (strcmp(incident->why, rebooted_text) == 0)
		return;
	text_copy(incident->why, sizeof(incident->why), rebooted_text);
	engine_record(e, incident, now);
	engine_tell(e, ENGINE_NOTE_INCIDENT_HELD, NULL, incident,
		    incident->why);
}

/* The domain that INCIDENT is about is gone, or a newer incident has it: then
 * it ran in between, and the disk had no room to say so. */
static void note_missing(struct engine *e, struct incident *incident,
			 struct engine_time now)
{
	const struct domain *domain = engine_life_find(e, incident->id.domid);

	if (domain && domain->incident == incident)
		return;
	if (!domain || !engine_scan_is_about(incident, &domain->info)) {
		engine_case_event(e, incident, CASE_EVENT_VANISHED, now);
		return;
	}
	engine_step_note_unheard(e, incident, now);
	engine_case_event(e, incident, CASE_EVENT_RESUMED, now);
}

/* Somebody may have started the guest elsewhere while this host was down. */
static void go_on(struct engine *e, struct incident *incident,
		  struct engine_time now)
{
	if (incident->rebooted)
		incident_lose_domain(incident);
	if (engine_takeup_asks(e, incident)) {
		engine_case_hold(e, incident, rebooted_text, now);
		return;
	}
	incident->rebooted = false;
	if (incident->state == CASE_STATE_QUEUED)
		engine_case_proceed(e, incident, now);
}

void engine_takeup(struct engine *e, struct engine_time now)
{
	struct incident *incident;

	LIST_EACH(incident, &e->incidents, struct incident, node)
		note_missing(e, incident, now);
	LIST_EACH(incident, &e->incidents, struct incident, node)
		go_on(e, incident, now);
}
