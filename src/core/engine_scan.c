/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares the hypervisor's list with the table of domains: new domains, gone
 * domains, domids that another domain has now, and the state of each.  Fires
 * events; engine_life.c handles them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_impl.h"
#include "core/planted.h"

/* --- coming and going --- */

/* An incident of an earlier boot is about no present domain. */
static bool may_be_about(const struct incident *incident,
			 const struct domain_info *info)
{
	return !incident->rebooted && incident_is_about(incident, &info->id);
}

/* Was this very shutdown dealt with before the daemon started? */
static bool is_remembered(const struct engine *e,
			  const struct domain_info *info)
{
	struct incident *incident;

	LIST_EACH(incident, &e->remembered, struct incident, node)
		if (may_be_about(incident, info) &&
		    info->cpu_time_ns <=
		    incident->cpu_time_ns + ENGINE_CPU_SLACK_NS)
			return !PLANTED(MEMORY);
	return false;
}

/* By its uuid, or as the renamed copy of another; CPU time never runs back. */
bool engine_scan_is_about(const struct incident *incident,
			  const struct domain_info *info)
{
	return may_be_about(incident, info) &&
	       info->cpu_time_ns + ENGINE_CPU_SLACK_NS >=
	       incident->cpu_time_ns;
}

static struct incident *newest_about(const struct list *list,
				     const struct domain_info *info)
{
	struct incident *incident, *newest = NULL;

	LIST_EACH(incident, list, struct incident, node)
		if (engine_scan_is_about(incident, info) &&
		    (!newest || newest->number < incident->number))
			newest = incident;
	return newest;
}

/* An older one than the domain's last has ended, and the disk had no room to
 * say so. */
static struct incident *open_about(const struct engine *e,
				   const struct domain_info *info)
{
	struct incident *open = newest_about(&e->incidents, info);
	const struct incident *closed = newest_about(&e->remembered, info);

	return open && closed && closed->number > open->number ? NULL : open;
}

/* What was known of it before: to start where that left off. */
static void recall(struct engine *e, struct domain *domain)
{
	const struct domain_info *info = &domain->info;
	struct incident *incident = open_about(e, info);

	domain->state = LIFE_STATE_NEW;
	domain->down_cpu_ns = info->cpu_time_ns;
	if (incident) {
		domain->state = LIFE_STATE_HANDLED;
		domain->incident = incident;
		domain->down_cpu_ns = incident->cpu_time_ns;
		if (!domain_id_equal(&incident->id, &info->id))
			engine_report_copy(e, incident);
	} else if (info->shutdown && is_remembered(e, info)) {
		domain->state = LIFE_STATE_KEPT;
	}
}

/* A run decides when earlier crashes are forgotten, so where it begins and
 * ends has to outlive the daemon while there are any. */
static void start_run(struct engine *e, const struct domain *domain,
		      struct engine_time now)
{
	engine_guest_runs(domain->guest, &domain->info.id, now);
	if (domain->guest->budget.streak)
		engine_record_guest_later(e, domain->guest, now);
}

static void end_run(struct engine *e, const struct domain *domain,
		    struct engine_time now)
{
	struct guest *guest = domain->guest;

	if (!domain_id_equal(&guest->run, &domain->info.id))
		return;
	memset(&guest->run, 0, sizeof(guest->run));
	if (guest->budget.streak)
		engine_record_guest_later(e, guest, now);
}

bool engine_scan_is_half_built(const struct domain_info *info)
{
	return info->paused && info->cpu_time_ns == 0;
}

/* Its run counts from here, unless it is known to run for longer. */
static void note_run(struct engine *e, const struct domain *domain,
		     struct engine_time now)
{
	const struct domain_info *info = &domain->info;

	if (!info->shutdown && !info->dying && !engine_scan_is_half_built(info) &&
	    !domain_id_equal(&domain->guest->run, &info->id))
		start_run(e, domain, now);
}

static struct domain *adopt(struct engine *e, const struct domain_info *info,
			    struct engine_time now)
{
	struct domain *domain = calloc(1, sizeof(*domain));

	if (!domain)
		return NULL;
	list_init(&domain->asking_node);
	domain->info = *info;
	domain->seen_ms = now.mono_ms;
	engine_guest_adopt(e, domain);
	if (!domain->guest) {
		free(domain);
		return NULL;
	}
	text_copy(domain->name, sizeof(domain->name), domain->guest->name);
	recall(e, domain);
	note_run(e, domain, now);
	return domain;
}

void engine_scan_free(struct engine *e, struct domain *domain)
{
	domain->guest->domains--;
	engine_guest_drop(e, domain->guest);
	list_remove(&domain->asking_node);
	free(domain);
}

/* --- what an entry says --- */

/* A crash that cannot be handled any more, because another process removes the
 * domain. */
void engine_scan_dying(struct engine *e, struct domain *domain,
		       struct engine_time now)
{
	const struct domain_info *info = &domain->info;

	if (domain->state == LIFE_STATE_DOWN) {
		engine_life_event(e, domain, LIFE_EVENT_VANISHED, now);
	} else if (domain->incident &&
		   incident_removes_domain(domain->incident)) {
		engine_life_fell_again(e, domain, OUTCOME_VANISHED, now);
	} else if (domain->incident) {
		engine_case_event(e, domain->incident, CASE_EVENT_VANISHED,
				  now);
	} else if (info->shutdown && domain->ran && !domain->hinted) {
		domain->hinted = true;
		domain->hinted_reason = info->reason_code;
	}
}

/* It may have run unseen in between. */
bool engine_scan_ran_since(const struct domain *domain,
			   const struct domain_info *info)
{
	if (domain->state != LIFE_STATE_DOWN &&
	    domain->state != LIFE_STATE_HANDLED &&
	    domain->state != LIFE_STATE_KEPT)
		return false;
	return !info->shutdown ||
	       info->cpu_time_ns > domain->down_cpu_ns + ENGINE_CPU_SLACK_NS;
}

enum life_event engine_scan_event(const struct domain_info *info)
{
	if (!info->shutdown)
		return LIFE_EVENT_RUNS;
	return reason_from_code(info->reason_code) == REASON_SUSPEND ?
		LIFE_EVENT_SUSPENDED : LIFE_EVENT_SHUT;
}

/* What was decided of a shutdown holds for each list that shows it. */
static enum life_event event_of(const struct domain *domain,
				const struct domain_info *info)
{
	return domain->left_alone ? LIFE_EVENT_SUSPENDED :
				    engine_scan_event(info);
}

/* It ran since its shutdown, or since it was suspended: this run is another,
 * and the next shutdown too. */
static void observe_run(struct engine *e, struct domain *domain, bool again,
			struct engine_time now)
{
	start_run(e, domain, now);
	domain->ran = true;
	domain->hinted = false;
	if (again)
		engine_life_event(e, domain, LIFE_EVENT_RUNS, now);
}

/* While Xenvigil removes it, it stays Xenvigil's, whatever it did. */
static bool is_ours_to_end(const struct domain *domain)
{
	return domain->info.dying && domain->incident &&
	       incident_removes_domain(domain->incident);
}

static void observe(struct engine *e, struct domain *domain,
		    const struct domain_info *info, struct engine_time now)
{
	bool again = engine_scan_ran_since(domain, info);
	bool ran = !info->shutdown ||
		   info->cpu_time_ns >
		   domain->info.cpu_time_ns + ENGINE_CPU_SLACK_NS;
	bool back, begins;

	domain->left_alone &= !ran;
	back = domain->state == LIFE_STATE_ASIDE &&
	       event_of(domain, info) != LIFE_EVENT_SUSPENDED;
	begins = !domain->ran || again || back;
	if (ran)
		engine_life_fell_again(e, domain, OUTCOME_RESUMED, now);
	domain->info = *info;
	engine_guest_adopt(e, domain);
	engine_foreign_note(e, domain);
	engine_foreign_renamed(e, domain, now);
	if (domain->guest->incident)
		engine_taken_note(e, domain->guest->incident, domain, now);
	if ((again || back) && !is_ours_to_end(domain))
		observe_run(e, domain, again, now);
	if (info->dying) {
		engine_scan_dying(e, domain, now);
		return;
	}
	if (!info->shutdown) {
		if (!domain->ran)
			note_run(e, domain, now);
		if (begins && !engine_scan_is_half_built(info))
			engine_taken_named(e, domain, now);
		domain->ran = !engine_scan_is_half_built(info);
		domain->hinted = false; /* a hint that was not true, or old */
	}
	if (event_of(domain, info) == LIFE_EVENT_SUSPENDED)
		end_run(e, domain, now);
	engine_life_event(e, domain, event_of(domain, info), now);
}

/* --- the merge --- */

/* By a worker of an earlier daemon, or by another process. */
static bool is_renamed(const struct domain_info *was,
		       const struct domain_info *info)
{
	return was->shutdown && info->shutdown &&
	       was->id.epoch == info->id.epoch &&
	       was->reason_code == info->reason_code &&
	       was->cpu_time_ns == info->cpu_time_ns;
}

/* The same domain?  A rename by us changes its uuid, not more; and CPU time
 * never runs back but by the little that two processors' clocks differ. */
static bool is_same(const struct domain *domain,
		    const struct domain_info *info)
{
	if (PLANTED(IDENTITY))
		return true;
	if (info->cpu_time_ns + ENGINE_CPU_SLACK_NS < domain->info.cpu_time_ns)
		return false;
	return domain_id_equal(&domain->info.id, &info->id) ||
	       is_renamed(&domain->info, info) ||
	       (domain->incident &&
		incident_is_about(domain->incident, &info->id));
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
	if (same) {
		/* What was heard of the domid was of its new bearer. */
		if (info->shutdown && info->reason_code == same->hinted_reason)
			same->hinted = false;
		m->gone[m->gone_count++] = same;
	}
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

/* Only now are the events fired: their effects look into the new table. */
static void report(struct engine *e, const struct merge *m,
		   const struct domain_info *list, struct engine_time now)
{
	size_t j = 0;

	for (size_t i = 0; i < m->gone_count; i++) {
		engine_life_event(e, m->gone[i], LIFE_EVENT_VANISHED, now);
		engine_scan_free(e, m->gone[i]);
	}
	for (size_t i = 0; i < m->next_count; i++) {
		while (list[j].id.domid != m->next[i]->info.id.domid)
			j++;
		observe(e, m->next[i], &list[j], now);
	}
}

int engine_scan_merge(struct engine *e, const struct domain_info *list,
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
	return m.r;
}
