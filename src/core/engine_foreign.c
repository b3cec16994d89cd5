/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that another toolstack made: who that is, found out once for each
 * domain, and what is done about its guests.  Begins and ends no incident.
 */
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

/* Each list has every domain: one whose marks are complete is not asked. */
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
