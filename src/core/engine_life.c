/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The domains: what the hypervisor's list says of each, against what we
 * knew.  Opens incidents, never works on them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"

void engine_life_free(struct domain *domain)
{
	list_remove(&domain->asking_node);
	free(domain);
}

struct domain *engine_life_find(const struct engine *e, uint32_t domid)
{
	size_t low = 0, high = e->domain_count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		uint32_t at = e->domains[mid]->info.id.domid;

		if (at == domid)
			return e->domains[mid];
		if (at < domid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* --- deciding --- */

/* When it ran for long enough, its earlier crashes are forgotten. */
static void note_run(struct engine *e, struct guest *guest,
		     struct engine_time now)
{
	if (guest->started_ms)
		budget_note_run(&guest->budget,
				settings_for(e->settings, guest->name),
				now.wall_ms - guest->started_ms);
}

static void decide(struct engine *e, struct domain *domain,
		   struct engine_time now)
{
	struct policy_input input;
	struct policy_verdict verdict;

	engine_policy_input(e, domain->guest, domain->name,
			    domain->info.reason_code, &input);
	policy_decide(&input, &verdict);
	if (verdict.leave_alone) {
		engine_life_event(e, domain, LIFE_EVENT_SUSPENDED, now);
		return;
	}
	note_run(e, domain->guest, now);
	engine_case_open(e, domain, &verdict, now);
}

/*
 * All that a decision needs: the configuration (waited for a while, since
 * it comes from another process), the guest's earlier incident closed, and
 * nobody else in charge.
 */
static void try_decide(struct engine *e, struct domain *domain,
		       struct engine_time now)
{
	int64_t waited_ms = now.mono_ms - domain->down_ms;

	domain->ask_again_ms = now.mono_ms + ENGINE_ASK_AGAIN_MS;
	if (domain->guest->incident) {
		domain->ask_again_ms = INT64_MAX;
		return;
	}
	if (!domain->configured && waited_ms < ENGINE_CONFIG_WAIT_MS) {
		domain->ask_again_ms = domain->down_ms + ENGINE_CONFIG_WAIT_MS;
		return;
	}
	switch (e->calls->claimed(e->calls->ctx, domain)) {
	case ENGINE_CLAIM_NONE:
		engine_life_event(e, domain, LIFE_EVENT_READY, now);
		break;
	case ENGINE_CLAIM_OTHER:
		engine_life_event(e, domain, LIFE_EVENT_CLAIMED, now);
		engine_tell(e, ENGINE_NOTE_DOMAIN_FOREIGN, domain, NULL,
			    "left to its xl monitor");
		break;
	case ENGINE_CLAIM_UNSETTLED:
		break;
	}
}

void engine_life_ask_due(struct engine *e, struct engine_time now)
{
	struct domain *domain;

	LIST_EACH(domain, &e->asking, struct domain, asking_node)
		if (domain->ask_again_ms <= now.mono_ms)
			try_decide(e, domain, now);
}

void engine_life_ask_guest(struct engine *e, const struct guest *guest,
			   struct engine_time now)
{
	struct domain *domain;

	LIST_EACH(domain, &e->asking, struct domain, asking_node)
		if (domain->guest == guest)
			domain->ask_again_ms = now.mono_ms;
}

/* Says at once, not at the crash, which actions cannot work here. */
static void check_actions(struct engine *e, struct domain *domain)
{
	struct policy_input input;
	struct policy_verdict verdict;
	char text[INCIDENT_TEXT_BYTES];

	engine_tell(e, ENGINE_NOTE_DOMAIN_SEEN, domain, NULL, NULL);
	for (unsigned int reason = 0; reason < REASON_UNKNOWN; reason++) {
		engine_policy_input(e, domain->guest, domain->name, reason,
				    &input);
		policy_decide(&input, &verdict);
		if (!verdict.refused)
			continue;
		snprintf(text, sizeof(text), "on %s: %s will be %s: %s",
			 reason_name(reason), action_name(verdict.wanted),
			 action_name(verdict.action), verdict.refused);
		engine_tell(e, ENGINE_NOTE_ACTION_UNSUPPORTED, domain, NULL,
			    text);
	}
}

/* --- events --- */

static void start_asking(struct engine *e, struct domain *domain,
			 struct engine_time now)
{
	if (list_empty(&domain->asking_node)) {
		list_append(&e->asking, &domain->asking_node);
		domain->down_ms = now.mono_ms;
	}
	domain->ask_again_ms = now.mono_ms;
}

static struct incident *incident_of(const struct domain *domain)
{
	struct incident *incident = domain->guest->incident;

	return incident && incident_is_about(incident, &domain->info.id) ?
		incident : NULL;
}

/* It left the list before anybody acted: a crash that an event or the list
 * had shown is still put on record. */
static void forget(struct engine *e, struct domain *domain,
		   struct engine_time now, enum life_state was)
{
	bool down = was == LIFE_STATE_DOWN;
	bool ours = down || was == LIFE_STATE_NEW || was == LIFE_STATE_WATCHED;
	uint8_t code = down ? domain->info.reason_code : domain->hinted_reason;

	if (ours && (down || domain->hinted) &&
	    reason_from_code(code) != REASON_SUSPEND)
		engine_case_open_missed(e, domain, code, now);
	engine_tell(e, ENGINE_NOTE_DOMAIN_GONE, domain, NULL, NULL);
}

static void pass_on(struct engine *e, struct domain *domain,
		    enum case_event event, struct engine_time now)
{
	struct incident *incident = incident_of(domain);

	if (incident)
		engine_case_event(e, incident, event, now);
}

void engine_life_event(struct engine *e, struct domain *domain,
		       enum life_event event, struct engine_time now)
{
	enum life_state was = domain->state;
	struct life_move move = machine_life(was, event);

	domain->state = move.next;
	if (move.next != LIFE_STATE_DOWN)
		list_remove(&domain->asking_node);
	if (move.next == LIFE_STATE_ASIDE && was != LIFE_STATE_ASIDE)
		engine_tell(e, ENGINE_NOTE_DOMAIN_ASIDE, domain, NULL, NULL);
	switch (move.effect) {
	case LIFE_EFFECT_CHECK:
		check_actions(e, domain);
		break;
	case LIFE_EFFECT_ASK:
		start_asking(e, domain, now);
		break;
	case LIFE_EFFECT_DECIDE:
		decide(e, domain, now);
		break;
	case LIFE_EFFECT_RESUMED:
		pass_on(e, domain, CASE_EVENT_RESUMED, now);
		break;
	case LIFE_EFFECT_LOST:
		pass_on(e, domain, CASE_EVENT_VANISHED, now);
		break;
	case LIFE_EFFECT_FORGET:
		forget(e, domain, now, was);
		break;
	default:
		break;
	}
}

/* --- the scan --- */

/* Was this very shutdown dealt with before the daemon started? */
static bool is_remembered(const struct engine *e,
			  const struct domain_info *info)
{
	struct incident *incident;

	LIST_EACH(incident, &e->remembered, struct incident, node)
		if (incident_is_about(incident, &info->id) &&
		    incident->cpu_time_ns == info->cpu_time_ns)
			return true;
	return false;
}

/* The open incident that speaks of INFO: by its uuid, or as the renamed
 * copy of another. */
static struct incident *open_about(const struct engine *e,
				   const struct domain_info *info)
{
	struct incident *incident;

	LIST_EACH(incident, &e->incidents, struct incident, node)
		if (incident_is_about(incident, &info->id))
			return incident;
	return NULL;
}

static struct domain *adopt(struct engine *e, const struct domain_info *info,
			    struct engine_time now)
{
	struct domain *domain = calloc(1, sizeof(*domain));

	if (!domain)
		return NULL;
	list_init(&domain->asking_node);
	domain->guest = engine_need_guest(e, info->id.uuid);
	if (!domain->guest) {
		free(domain);
		return NULL;
	}
	domain->info = *info;
	domain->seen_ms = now.mono_ms;
	domain->state = LIFE_STATE_NEW;
	if (info->shutdown && is_remembered(e, info))
		domain->state = LIFE_STATE_KEPT;
	else if (open_about(e, info))
		domain->state = LIFE_STATE_HANDLED;
	return domain;
}

/* Somebody else runs the guest whose start we still have before us. */
static void note_taken(struct engine *e, const struct domain *domain,
		       struct engine_time now)
{
	struct incident *incident = domain->guest->incident;
	const struct domain_info *info = &domain->info;

	if (!incident || incident_is_about(incident, &info->id) ||
	    !action_starts_domain(incident->verdict.action) ||
	    info->shutdown || (info->paused && info->cpu_time_ns == 0))
		return;
	incident->successor = info->id;
	engine_case_event(e, incident, CASE_EVENT_TAKEN, now);
}

static void observe(struct engine *e, struct domain *domain,
		    const struct domain_info *info, struct engine_time now)
{
	enum life_event event = LIFE_EVENT_RUNS;

	domain->info = *info;
	if (info->dying)
		return;
	note_taken(e, domain, now);
	if (info->shutdown)
		event = reason_from_code(info->reason_code) == REASON_SUSPEND ?
			LIFE_EVENT_SUSPENDED : LIFE_EVENT_SHUT;
	engine_life_event(e, domain, event, now);
}

/* The same domain?  A rename by us changes its uuid, not more. */
static bool is_same(const struct domain *domain,
		    const struct domain_info *info)
{
	const struct incident *incident = incident_of(domain);

	return domain_id_equal(&domain->info.id, &info->id) ||
	       (incident && incident_is_about(incident, &info->id));
}

/* Two lists sorted by domid become one table and a list of the vanished. */
struct merge {
	struct domain **next, **gone;
	size_t next_count, gone_count;
	int r;
};

static void merge_one(struct engine *e, struct merge *m,
		      const struct domain_info *info, struct domain *same,
		      struct engine_time now)
{
	if (same && is_same(same, info)) {
		m->next[m->next_count++] = same;
		return;
	}
	if (same)
		m->gone[m->gone_count++] = same;
	m->next[m->next_count] = adopt(e, info, now);
	if (m->next[m->next_count])
		m->next_count++;
	else
		m->r = -ENOMEM;
}

static void merge(struct engine *e, struct merge *m,
		  const struct domain_info *list, size_t count,
		  struct engine_time now)
{
	struct domain **old = e->domains;
	size_t i = 0, old_count = e->domain_count;

	for (size_t j = 0; j < count; j++) {
		struct domain *same = NULL;

		while (i < old_count &&
		       old[i]->info.id.domid < list[j].id.domid)
			m->gone[m->gone_count++] = old[i++];
		if (i < old_count && old[i]->info.id.domid == list[j].id.domid)
			same = old[i++];
		merge_one(e, m, &list[j], same, now);
	}
	while (i < old_count)
		m->gone[m->gone_count++] = old[i++];
}

/* Incidents from before our start whose domain the first list lacks. */
static void find_missing(struct engine *e, struct engine_time now)
{
	struct incident *incident;

	LIST_EACH(incident, &e->incidents, struct incident, node) {
		const struct domain *domain =
			engine_life_find(e, incident->id.domid);

		if (!domain ||
		    !incident_is_about(incident, &domain->info.id))
			engine_case_event(e, incident, CASE_EVENT_VANISHED,
					  now);
	}
}

/* Only now are the events fired: their effects look into the new table. */
static void report(struct engine *e, const struct merge *m,
		   const struct domain_info *list, struct engine_time now)
{
	size_t j = 0;

	for (size_t i = 0; i < m->gone_count; i++) {
		engine_life_event(e, m->gone[i], LIFE_EVENT_VANISHED, now);
		engine_life_free(m->gone[i]);
	}
	for (size_t i = 0; i < m->next_count; i++) {
		while (list[j].id.domid != m->next[i]->info.id.domid)
			j++;
		observe(e, m->next[i], &list[j], now);
	}
}

int engine_life_scan(struct engine *e, const struct domain_info *list,
		     size_t count, struct engine_time now)
{
	struct merge m = {
		.next = calloc(count + 1, sizeof(struct domain *)),
		.gone = calloc(e->domain_count + 1, sizeof(struct domain *)),
	};

	if (!m.next || !m.gone) {
		free(m.next);
		free(m.gone);
		return -ENOMEM;
	}
	merge(e, &m, list, count, now);
	free(e->domains);
	e->domains = m.next;
	e->domain_count = m.next_count;
	report(e, &m, list, now);
	free(m.gone);
	if (m.r == 0 && !e->scanned)
		find_missing(e, now);
	return m.r;
}
