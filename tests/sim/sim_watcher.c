/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watcher and its messages, which come late, twice or never, and the
 * daemon's question whether xenstored answers.
 */
#include <string.h>

#include "base/text.h"
#include "sim.h"

static void tell_toolstack(struct sim *s, bool answers)
{
	s->daemon.told_away = !answers;
	s->daemon.told_at = s->mono;
	sim_host_enter(s);
	engine_set_toolstack(s->daemon.engine, answers, sim_now(s));
	sim_host_leave(s);
}

/* xenstored answers, late when it was away: then it may be asked in vain. */
void sim_watcher_probe(void *ctx)
{
	struct sim *s = ctx;

	s->daemon.beat_at = s->mono + 1 + sim_random(s, 50);
}

static void answer_probe(struct sim *s)
{
	if (s->away) {
		s->daemon.beat_at = s->mono + 500;
		return;
	}
	s->daemon.beat_at = SIM_NEVER;
	sim_host_scan(s);
	if (s->daemon.up)
		tell_toolstack(s, true);
}

static void send(struct sim *s, enum sim_message_kind kind, int domain,
		 uint8_t code)
{
	for (int i = 0; i < SIM_MESSAGES_MAX; i++) {
		struct sim_message *m = &s->messages[i];

		if (m->used)
			continue;
		*m = (struct sim_message){
			.used = true, .kind = kind, .code = code,
			.domain = domain,
			.domid = s->domains[domain].id.domid,
			.at = s->mono + 1 +
			      sim_random(s, sim_chance(s, 10) ? 8000 : 60),
		};
		memcpy(m->uuid, s->domains[domain].id.uuid, UUID_BYTES);
		return;
	}
}

/* A domain came, went or shut down: a hint, perhaps, perhaps twice. */
void sim_host_event(struct sim *s, int domain, bool introduced, uint8_t code)
{
	if (!s->daemon.up || !s->daemon.watcher || s->away)
		return;
	if (introduced)
		send(s, SIM_CONFIG, domain, 0);
	if (!sim_chance(s, 15))
		send(s, SIM_HINT, domain, code);
	if (sim_chance(s, 15))
		send(s, SIM_HINT, domain, code);
}

/* It is kept aside while another domain of its uuid has the record. */
static void note_config(struct sim *s, const struct sim_message *m)
{
	bool waits = engine_config_waits(s->daemon.engine, m->domid, m->uuid);
	struct sim_domain *domain = &s->domains[m->domain];

	sim_file_check_told(s, m->domain, waits);
	if (waits)
		domain->aside_at = s->mono;
	else
		sim_host_look_for_death(s, sim_file_set(s, m->domain));
	if (!s->daemon.dead)
		domain->told_at = s->mono;
}

static void receive_config(struct sim *s, const struct sim_message *m)
{
	struct domain_config config = { .type = DOMAIN_TYPE_PV };
	struct sim_daemon *d = &s->daemon;
	const struct domain_config *file = sim_file_of(s, m->domain);
	bool renamed = !uuid_equal(m->uuid, s->domains[m->domain].id.uuid);

	if (file && !renamed)
		config = *file;
	else
		text_copy(config.name, sizeof(config.name), "copy");
	sim_host_scan(s);
	if (!d->up)
		return;
	sim_host_enter(s);
	if (file && !renamed)
		note_config(s, m);
	if (!d->dead)
		engine_config(d->engine, m->domid, m->uuid, &config,
			      sim_now(s));
	sim_host_leave(s);
}

static bool is_stale(const struct sim *s, const struct sim_message *m)
{
	int domain = sim_find_domid(s, m->domid);

	return domain < 0 || !s->domains[domain].shutdown ||
	       s->domains[domain].code != m->code;
}

static void receive(struct sim *s, struct sim_message *m)
{
	m->used = false;
	if (m->kind == SIM_CONFIG) {
		receive_config(s, m);
		return;
	}
	if (m->code) {
		s->stale_hints += is_stale(s, m);
		engine_hint(s->daemon.engine, m->domid, m->code);
	}
	sim_host_scan(s);
}

/* It is armed: it tells of every domain that is there. */
static void watcher_ready(struct sim *s)
{
	s->daemon.watcher = true;
	s->daemon.hang_at = SIM_NEVER;
	s->daemon.watcher_at = SIM_NEVER;
	sim_say(s, "the watcher is ready");
	sim_host_scan(s);
	if (s->daemon.up)
		tell_toolstack(s, true);
	for (int i = 0; i < s->domain_count; i++)
		if (s->daemon.up && s->domains[i].listed)
			send(s, SIM_CONFIG, i, 0);
}

void sim_host_lose_watcher(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;

	if (!d->up || !d->watcher)
		return;
	sim_say(s, "the watcher is lost");
	d->watcher = false;
	d->hang_at = SIM_NEVER;
	d->beat_at = SIM_NEVER;
	d->watcher_at = s->mono + 100 + sim_random(s, 3000);
	memset(s->messages, 0, sizeof(s->messages));
	tell_toolstack(s, false);
	sim_host_scan(s);
}

/* --- time --- */

void sim_watcher_tick(struct sim *s)
{
	struct sim_daemon *d = &s->daemon;

	for (int i = 0; i < SIM_MESSAGES_MAX && d->up; i++)
		if (s->messages[i].used && s->messages[i].at <= s->mono)
			receive(s, &s->messages[i]);
	if (d->up && d->watcher && s->away && d->hang_at == SIM_NEVER)
		d->hang_at = s->mono + sim_random(s, 15000);
	if (d->up && d->beat_at <= s->mono)
		answer_probe(s);
	if (d->up && d->hang_at <= s->mono)
		sim_host_lose_watcher(s);
	if (d->up && d->watcher_at <= s->mono) {
		if (s->away)
			d->watcher_at = s->mono + 1000;
		else
			watcher_ready(s);
	}
}
