/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariants of a retreat: whom it asks, how long it waits, how often its
 * command runs, when it begins by itself, and what the host's next boot makes
 * of it.  Judged by the world, and by what the daemons wrote down.
 */
#include "sim.h"

#define NOTICE_MS 2500	/* from one look at the host to the next */
#define CORE_MS 4500	/* a core, and the tick after it */

static int64_t limit_ms(const struct sim *s)
{
	return s->settings->retreat_s * 1000ll;
}

/* It has run since before the retreat began, and hears its power button. */
static bool is_to_be_asked(const struct sim *s,
			   const struct sim_domain *domain)
{
	return domain->listed && domain->built && !domain->shutdown &&
	       !domain->dying && domain->run_at <= s->retreat.begun_at &&
	       s->guests[domain->guest].config.type == DOMAIN_TYPE_HVM;
}

void sim_leave_asks(struct sim *s, int domain, bool refused)
{
	s->domains[domain].asked_at = s->mono;
	s->domains[domain].refused = refused;
	if (!s->retreat.dead && s->retreat.looked_at > s->retreat.well_at)
		sim_fail(s, "domain %u is asked to power off, and the host was "
			 "seen to be well", s->domains[domain].id.domid);
}

static void check_asked(struct sim *s)
{
	for (int i = 0; i < s->domain_count; i++)
		if (is_to_be_asked(s, &s->domains[i]) &&
		    s->domains[i].asked_at != s->mono)
			sim_fail(s, "a retreat does not ask domain %u",
				 s->domains[i].id.domid);
}

/* By the operator, or by itself: that once for each failure. */
void sim_leave_begun(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;
	int64_t after_ms = s->settings->retreat_after_s * 1000ll;

	r->begun_at = s->mono;
	check_asked(s);
	if (r->judges && !r->unsure &&
	    (!after_ms || s->mono - r->noticed_at < after_ms))
		sim_fail(s, "a retreat begins by itself too soon");
	if (r->judges && !r->unsure && r->starts)
		sim_fail(s, "a retreat begins by itself after another");
	r->starts++;
	r->cut = false;
}

/* The daemon that began it may have been killed before it could say so. */
void sim_leave_resumed(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;

	r->begun_at = s->mono;
	check_asked(s);
	r->starts += r->cut;
	r->cut = false;
	if (!r->starts && !r->unsure)
		sim_fail(s, "a retreat is gone on with that nobody began");
}

/* What a killed daemon was writing may be there all the same. */
void sim_leave_recorded(struct sim *s, enum retreat_state state, int error)
{
	struct sim_retreat *r = &s->retreat;

	if (s->daemon.dead) {
		r->cut |= r->judges;
		r->known = RETREAT_NONE;
	} else if (error < 0) {
		r->unsure = true;
		r->known = RETREAT_NONE;
	} else {
		r->known = state;
	}
}

/* Before a daemon saw that it was well meanwhile it is the same failure. */
void sim_leave_died(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;

	if (r->open && r->boot == s->boot)
		return;
	r->noticed = r->open = r->cut = false;
	r->unsure = r->lost;
	r->starts = r->commands = 0;
	r->known = RETREAT_NONE;
}

void sim_leave_ended(struct sim *s, int error)
{
	s->retreat.open = false;
	s->retreat.lost = error < 0;
}

void sim_leave_noticed(struct sim *s, int error)
{
	struct sim_retreat *r = &s->retreat;

	if (r->noticed && !r->unsure)
		sim_fail(s, "one failure of the host is taken for two");
	r->noticed_at = s->mono;
	r->boot = s->boot;
	r->open = true;
	r->noticed = error == 0;
	r->unsure |= error < 0 && !s->daemon.dead;
}

/* Those that were asked have ended, or had their time. */
void sim_leave_command(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;

	r->commands++;
	sim_say(s, "the retreat's command begins");
	if (r->commands > r->starts && !r->unsure)
		sim_fail(s, "a retreat's command runs twice");
	for (int i = 0; i < s->domain_count; i++) {
		const struct sim_domain *domain = &s->domains[i];

		if (!is_to_be_asked(s, domain))
			continue;
		if (domain->asked_at < r->begun_at)
			sim_fail(s, "a retreat's command runs, and domain %u "
				 "was not asked", domain->id.domid);
		else if (!domain->refused &&
			 s->mono < domain->asked_at + limit_ms(s))
			sim_fail(s, "a retreat's command runs, and domain %u "
				 "has not had its time", domain->id.domid);
	}
}

static bool is_over_time(const struct sim *s)
{
	const struct sim_retreat *r = &s->retreat;
	int64_t most_ms = limit_ms(s) + NOTICE_MS +
			  (int64_t)r->course.list.count * CORE_MS;

	return retreat_course_is_ticking(&r->course) &&
	       s->mono > r->begun_at + most_ms;
}

/* The daemon has looked at a host that is dead, and done what follows. */
void sim_leave_looked(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;
	int64_t after_ms = s->settings->retreat_after_s * 1000ll;

	if (!r->dead)
		return;
	if (after_ms && !r->starts && !r->cut && !r->unsure &&
	    r->ran_at == SIM_NEVER && /* the command of another */
	    s->mono - r->noticed_at >= after_ms)
		sim_fail(s, "a retreat does not begin by itself");
	if (r->known != RETREAT_NONE && !r->unsure &&
	    r->course.state == RETREAT_NONE)
		sim_fail(s, "a retreat is not gone on with");
	if (is_over_time(s))
		sim_fail(s, "a retreat does not come to its end");
}

/* The newest on record. */
void sim_leave_read(struct sim *s, const struct host_trouble *trouble)
{
	s->retreat.lasts = !trouble->ended_ms && s->retreat.boot != s->boot;
}

/* A daemon has closed those of earlier boots, and read what is on record. */
void sim_leave_opened(struct sim *s, int error)
{
	if (!error && s->retreat.lasts)
		sim_fail(s, "a failure of the host's boot before lasts");
	if (s->retreat.trouble.began_ms && s->retreat.boot != s->boot &&
	    !s->retreat.unsure)
		sim_fail(s, "a failure of the host's boot before is gone on "
			 "with");
}

void sim_leave_check_order(struct sim *s, const struct incident *incident)
{
	if (s->retreat.dead && step_starts_guest(incident_step(incident)) &&
	    s->retreat.course.state != RETREAT_NONE)
		sim_fail(s, "incident %llu: a start while the host is left",
			 (unsigned long long)incident->number);
}
