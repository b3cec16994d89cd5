/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that another has: the toolstack that made them, found out once for
 * each domain, or a live xl monitor, asked for when it matters; and what is done
 * about its guests.  Opens no incident.
 */
#include <stdio.h>

#include "base/text.h"
#include "core/engine_impl.h"
#include "core/planted.h"

/*
 * A peer marks a domain before it lets it run.  What was found stays: a peer
 * takes its marks away when it removes the domain.
 */
int engine_foreign_look(struct engine *e, struct domain *domain)
{
	enum peer peer = PEER_NONE;
	int r = 0;

	if (!domain->peer && e->calls->made_by && !PLANTED(PEER))
		r = e->calls->made_by(e->calls->ctx, domain, &peer);
	if (r < 0)
		return r;
	if (!domain->peer)
		domain->peer = peer;
	domain->marked = !domain->info.paused || domain->info.cpu_time_ns;
	domain->guest->peer = domain->peer;
	return 0;
}

/* Each list has every domain: a domain with complete marks is not checked
 * again. */
void engine_foreign_note(struct engine *e, struct domain *domain)
{
	if (!domain->marked)
		(void)engine_foreign_look(e, domain);
}

void engine_named(struct engine *engine, uint32_t domid,
		  const uint8_t uuid[UUID_BYTES], const char *name,
		  enum peer peer, struct engine_time now)
{
	struct domain *domain = engine_life_find(engine, domid);
	struct guest *guest;

	if (!domain || !uuid_equal(domain->info.id.uuid, uuid) ||
	    domain->configured)
		return;
	guest = domain->guest;
	text_copy(domain->name, sizeof(domain->name), name);
	domain->named = true;
	if (!guest->has_config)
		text_copy(guest->name, sizeof(guest->name), name);
	if (peer && !domain->peer)
		domain->peer = guest->peer = peer;
	engine_taken_named(engine, domain, now);
	engine_run(engine, now);
}

static enum peer_stance stance_of(const struct engine *e,
				  const struct guest *guest, enum peer peer)
{
	if (!peer || guest->adopted)
		return PEER_ADOPT;
	return guest->disowned ? PEER_IGNORE : e->settings->peers[peer];
}

enum peer_stance engine_foreign_stance(const struct engine *e,
				       const struct domain *domain)
{
	return stance_of(e, domain->guest, domain->peer);
}

bool engine_foreign_is(const struct engine *e, const struct guest *guest)
{
	return stance_of(e, guest, guest->peer) != PEER_ADOPT;
}

bool engine_acts_on(const struct engine *engine, const struct guest *guest)
{
	return engine->settings->adopt != SETTINGS_ADOPT_NONE || guest->adopted;
}

bool engine_is_foreign(const struct engine *engine,
		       const struct domain *domain)
{
	return engine_foreign_stance(engine, domain) != PEER_ADOPT;
}

/* xl's monitor has no say in its devices; who keeps us off the guest has. */
bool engine_may_reattach(const struct engine *engine, const struct domain *domain)
{
	const struct guest *guest = domain->guest;

	return !domain->info.dying && !domain->info.shutdown &&
	       !guest->disowned && !guest->hold &&
	       engine_acts_on(engine, guest) &&
	       !engine_is_foreign(engine, domain);
}

/* --- a live xl monitor --- */

enum engine_claim engine_foreign_claim(struct engine *e,
				       struct domain *domain)
{
	uint32_t pid = 0;
	enum engine_claim claim = e->calls->claimed(e->calls->ctx, domain,
						    &pid);

	if (PLANTED(FOREIGN) && claim == ENGINE_CLAIM_OTHER)
		claim = ENGINE_CLAIM_NONE;
	if (claim == ENGINE_CLAIM_UNSETTLED)
		return claim;
	domain->monitored = claim == ENGINE_CLAIM_OTHER &&
			    !domain->guest->disowned;
	domain->monitor = domain->monitored ? pid : 0;
	return claim;
}

void engine_monitored(struct engine *engine, uint32_t domid, uint32_t pid)
{
	struct domain *domain = engine_life_find(engine, domid);

	if (!domain || domain->guest->disowned)
		return;
	domain->monitored = true;
	domain->monitor = pid;
}

enum peer engine_owner(const struct engine *engine,
		       const struct domain *domain)
{
	if (engine_is_foreign(engine, domain))
		return domain->peer;
	return domain->monitored ? PEER_XL : PEER_NONE;
}

static void say_whose(struct incident *incident, uint32_t pid)
{
	if (pid)
		snprintf(incident->why, sizeof(incident->why),
			 "handled by xl's monitor %u", pid);
	else
		text_copy(incident->why, sizeof(incident->why),
			  "handled by xl's monitor");
}

void engine_foreign_open(const struct engine *e, const struct domain *domain,
			 struct incident *incident)
{
	incident->peer = engine_owner(e, domain);
	if (incident->peer == PEER_XL)
		say_whose(incident, domain->monitor);
}

bool engine_foreign_keeps(const struct incident *incident)
{
	return incident->peer == PEER_XL &&
	       incident_step(incident) == STEP_END;
}

/* Nothing was done but to look.  From here on it is as if the monitor had ended
 * before the shutdown. */
static void take_over(struct engine *e, struct incident *incident,
		      struct engine_time now)
{
	incident->peer = PEER_NONE;
	incident->why[0] = '\0';
	engine_report_decide_again(e, incident);
	engine_tell(e, ENGINE_NOTE_INCIDENT_OURS, NULL, incident,
		    "xl's monitor ended and left the domain as it was");
	engine_case_begin(e, incident, now);
}

void engine_foreign_await(struct engine *e, struct incident *incident,
			  struct engine_time now)
{
	struct domain *domain = engine_life_find(e, incident->id.domid);

	if (!domain || !domain_id_equal(&domain->info.id, &incident->id) ||
	    PLANTED(MONITOR)) {
		engine_case_event(e, incident, CASE_EVENT_FINISHED, now);
		return;
	}
	switch (engine_foreign_claim(e, domain)) {
	case ENGINE_CLAIM_NONE:
		take_over(e, incident, now);
		break;
	case ENGINE_CLAIM_OTHER:
		/* Without a pidfd its end is not reported. */
		say_whose(incident, domain->monitor);
		engine_case_postpone(e, incident, ENGINE_RECLAIM_MS, now);
		break;
	default:
		engine_case_postpone(e, incident, ENGINE_ASK_AGAIN_MS, now);
		break;
	}
}

void engine_foreign_renamed(struct engine *e, struct domain *domain,
			    struct engine_time now)
{
	struct incident *incident = domain->incident;

	if (incident && incident->peer == PEER_XL &&
	    !domain_id_equal(&domain->info.id, &incident->id))
		engine_case_event(e, incident, CASE_EVENT_VANISHED, now);
}
