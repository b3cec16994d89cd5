/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model of the hypervisor: domains that are built, run, shut down, are
 * resumed, die, and whose ids come again.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sim.h"

#define MS_NS 1000000ull
#define LEAST_RUN_NS (20 * MS_NS)

uint32_t sim_random(struct sim *s, uint32_t range)
{
	uint64_t z = s->seed + ++s->draws * 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (uint32_t)((z ^ (z >> 31)) % range);
}

bool sim_chance(struct sim *s, uint32_t percent)
{
	return sim_random(s, 100) < percent && s->faults;
}

void sim_fail(struct sim *s, const char *fmt, ...)
{
	va_list args;

	if (s->failed)
		return;
	s->failed = true;
	va_start(args, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, args);
	va_end(args);
	sim_say(s, "FAILED: %s", s->why);
}

void sim_say(struct sim *s, const char *fmt, ...)
{
	va_list args;

	if (!s->verbose)
		return;
	printf("# %10.3f  ", (double)s->mono / 1e3);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

struct engine_time sim_now(const struct sim *s)
{
	return (struct engine_time){
		.mono_ms = s->mono - s->boot_at,
		.wall_ms = 1600000000000 + s->mono + s->wall_offset,
	};
}

/* --- guests --- */

/* Cores of a loop, where guests do nothing but to restart with one. */
#define ONLY_CORES 1000

static void make_guest(struct sim *s, int i)
{
	static const enum action actions[] = {
		ACTION_RESTART, ACTION_RESTART, ACTION_RESTART,
		ACTION_DESTROY, ACTION_RENAME_RESTART, ACTION_PRESERVE,
		ACTION_COREDUMP_DESTROY, ACTION_COREDUMP_RESTART,
		ACTION_COREDUMP_RESTART, ACTION_SOFT_RESET,
	};
	struct sim_guest *guest = &s->guests[i];

	memset(guest->uuid, 0x10 + i, UUID_BYTES);
	guest->hvm = sim_random(s, 2);
	guest->bad = sim_random(s, 2);
	guest->peer = sim_random(s, 5) ? PEER_NONE : PEER_LIBVIRT;
	guest->foreign_at = SIM_NEVER;
	guest->config.type = !guest->hvm ? DOMAIN_TYPE_PV :
			     sim_random(s, 2) ? DOMAIN_TYPE_PVH :
						DOMAIN_TYPE_HVM;
	snprintf(guest->config.name, sizeof(guest->config.name), "guest-%d",
		 i);
	for (int reason = 0; reason < REASON_UNKNOWN; reason++)
		guest->config.on[reason] =
			s->settings->guest.loop_cores == ONLY_CORES ?
			ACTION_COREDUMP_RESTART : actions[sim_random(s, 10)];
	guest->second = guest->config;
	snprintf(guest->second.name, sizeof(guest->second.name), "second-%d",
		 i);
	for (int reason = 0; reason < REASON_UNKNOWN; reason++)
		guest->second.on[reason] = actions[sim_random(s, 10)];
}

static const uint32_t limits[] = { 5, 3, 3, 1, 0, 64 };

/* Nothing but what the longest plan is for, and nothing that shortens it. */
static void make_first(struct guest_settings *set)
{
	set->restart_first = 1;
	set->restart_limit = 64;
	set->backoff_min_s = set->backoff_max_s = 0;
	set->loop_cores = ONLY_CORES;
	set->on[REASON_CRASH] = ACTION_NONE;
}

static void make_retreat(struct sim *s)
{
	struct settings *set = s->settings;

	set->retreat_s = 5 + sim_random(s, 60);
	set->retreat_after_s = sim_random(s, 3) ? 5 + sim_random(s, 60) : 0;
	set->retreat_cores = (int)sim_random(s, 2);
	if (sim_random(s, 3))
		text_copy(set->retreat_command, sizeof(set->retreat_command),
			  "/sbin/reboot");
}

static void make_settings(struct sim *s)
{
	static const enum action extra[] = { ACTION_NONE, ACTION_NONE,
					     ACTION_PAUSE, ACTION_LOG };
	static const enum peer_stance stances[] = {
		PEER_WATCH, PEER_WATCH, PEER_WATCH, PEER_IGNORE, PEER_ADOPT,
	};
	struct guest_settings *set = &s->settings->guest;

	set->restart_limit = limits[sim_random(s, 6)];
	set->restart_window_s = 60 + sim_random(s, 200);
	set->backoff_min_s = sim_random(s, 3);
	set->backoff_max_s = set->backoff_min_s + sim_random(s, 30);
	set->healthy_s = 100 + sim_random(s, 100);
	set->loop_cores = sim_random(s, 4);
	set->restart_first = sim_random(s, 2);
	set->resume_after_boot = sim_random(s, 2);
	set->reattach_devices = sim_random(s, 2);
	set->grace_s = sim_random(s, 4) ? 0 : sim_random(s, 20);
	set->report = sim_random(s, 4) ? SETTINGS_REPORT_REBOOT :
		      sim_random(s, 2) ? SETTINGS_REPORT_CRASH :
					 SETTINGS_REPORT_NONE;
	set->on[REASON_CRASH] = extra[sim_random(s, 4)];
	s->settings->peers[PEER_LIBVIRT] = stances[sim_random(s, 5)];
	make_retreat(s);
	if (sim_random(s, 5) == 0)
		make_first(set);
	for (int step = 0; step < STEP_COUNT; step++)
		s->settings->deadline_s[step] = 20;
}

void sim_world_init(struct sim *s)
{
	s->next_domid = 1;
	s->mono = 100000;
	sim_retreat_init(s);
	s->guest_count = 1 + sim_random(s, SIM_GUESTS_MAX);
	make_settings(s);
	for (int i = 0; i < s->guest_count; i++) {
		int domain;

		make_guest(s, i);
		domain = sim_build_theirs(s, i, 0, false);
		if (domain >= 0)
			sim_unpause(s, domain);
	}
}

/* --- domains --- */

int sim_find_domid(const struct sim *s, uint32_t domid)
{
	for (int i = 0; i < s->domain_count; i++)
		if (s->domains[i].listed && s->domains[i].id.domid == domid)
			return i;
	return -1;
}

int sim_guest_of(const struct sim *s, const uint8_t *uuid)
{
	for (int i = 0; i < s->guest_count; i++)
		if (uuid_equal(s->guests[i].uuid, uuid))
			return i;
	return -1;
}

int sim_find_uuid(const struct sim *s, const uint8_t *uuid)
{
	for (int i = 0; i < s->domain_count; i++)
		if (s->domains[i].listed &&
		    uuid_equal(s->domains[i].id.uuid, uuid))
			return i;
	return -1;
}

/*
 * Has this identity been used?  A PV domain's epoch tells two of one boot apart,
 * an HVM domain's does not: there the hypervisor's slow count of domids has to.
 */
static bool is_used(const struct sim *s, const struct domain_id *id)
{
	for (int i = 0; i < s->domain_count; i++)
		if (s->domains[i].boot == s->boot &&
		    (domain_id_equal(&s->domains[i].id, id) ||
		     domain_id_equal(&s->domains[i].first_id, id)))
			return true;
	return false;
}

static bool take_id(struct sim *s, int guest, struct domain_id *id)
{
	memcpy(id->uuid, s->guests[guest].uuid, UUID_BYTES);
	id->epoch = s->guests[guest].hvm ? 7 : 1000 + s->domain_count;
	id->epoch += (uint64_t)s->boot << 32;
	for (int i = 0; i < SIM_DOMIDS * 50; i++) {
		id->domid = s->next_domid;
		s->next_domid = s->next_domid % (SIM_DOMIDS * (1 + i / SIM_DOMIDS)) + 1;
		if (sim_find_domid(s, id->domid) < 0 && !is_used(s, id))
			return true;
	}
	return false;
}

static int build(struct sim *s, int guest, bool second)
{
	struct sim_domain *domain = &s->domains[s->domain_count];

	if (s->domain_count == SIM_DOMAINS_MAX)
		return -1;
	memset(domain, 0, sizeof(*domain));
	if (!take_id(s, guest, &domain->id))
		return -1;
	domain->first_id = domain->id;
	domain->listed = domain->paused = true;
	domain->guest = guest;
	domain->boot = s->boot;
	domain->made_at = s->mono;
	domain->hvm = s->guests[guest].hvm;
	domain->second = second;
	domain->told_at = domain->aside_at = domain->beside_at = -1;
	domain->asked_at = -1;
	domain->shut = -1;
	domain->gone_at = domain->fate_at = domain->built_at = SIM_NEVER;
	s->domain_count++;
	sim_say(s, "domain %u of guest %d is built", domain->id.domid, guest);
	sim_host_event(s, s->domain_count - 1, true, 0);
	return s->domain_count - 1;
}

/* The toolstack refuses a name that is there; our copies have another. */
int sim_build(struct sim *s, int guest, bool second)
{
	const struct sim_guest *g = &s->guests[guest];

	return sim_find_uuid(s, g->uuid) >= 0 ||
	       sim_name_find(s, second ? g->second.name : g->config.name) >= 0 ?
		-1 : build(s, guest, second);
}

static void run(struct sim *s, struct sim_domain *domain)
{
	static const uint8_t fates[] = { 3, 3, 3, 1, 0, 4, 5, 77 };

	/* A stop that no list showed is none, for all the daemon can know. */
	if (!domain->shutdown || s->shuts[domain->shut].owed)
		domain->known_run_at = s->mono;
	sim_budget_runs(s, domain->guest);
	domain->built = domain->complete = true;
	domain->paused = domain->shutdown = false;
	domain->run_at = s->mono;
	domain->cpu_ns += LEAST_RUN_NS;
	domain->fate_at = SIM_NEVER;
	if (s->guests[domain->guest].bad && s->faults) {
		domain->fate_at = s->mono + 1 + sim_random(s, 15000);
		domain->fate = fates[sim_random(s, 8)];
	}
}

void sim_unpause(struct sim *s, int index)
{
	struct sim_domain *domain = &s->domains[index];

	run(s, domain);
	sim_say(s, "domain %u starts", domain->id.domid);
	sim_check_alone(s, domain->guest);
}

int sim_build_theirs(struct sim *s, int guest, uint32_t takes_ms, bool spoiled)
{
	int index = sim_build(s, guest, sim_file_next(s, guest));

	if (index < 0)
		return index;
	s->domains[index].theirs = true;
	s->domains[index].peer = s->guests[guest].peer;
	s->domains[index].spoiled = spoiled;
	s->domains[index].built_at = s->mono + takes_ms;
	return index;
}

/* It takes a moment, as every start does. */
void sim_build_twin(struct sim *s, int guest)
{
	int first = sim_find_uuid(s, s->guests[guest].uuid);
	int domain = build(s, guest, first >= 0 && !s->domains[first].second);

	if (domain < 0)
		return;
	s->guests[guest].had_twins = s->guests[guest].second_came = true;
	s->domains[domain].theirs = true;
	s->domains[domain].built_at = s->mono + 1 + sim_random(s, 2000);
}

static void end_build(struct sim *s, int index)
{
	struct sim_domain *domain = &s->domains[index];

	domain->built_at = SIM_NEVER;
	if (domain->dying)
		return;
	if (domain->spoiled) {
		sim_destroy(s, index, 20);
	} else if (domain->paused_ms && !domain->complete) {
		domain->complete = true;
		domain->built_at = s->mono + domain->paused_ms;
		sim_say(s, "domain %u is complete, and paused",
			domain->id.domid);
	} else {
		sim_unpause(s, index);
	}
}

uint64_t sim_cpu_ns(const struct sim *s, const struct sim_domain *domain)
{
	if (domain->built && !domain->shutdown && !domain->dying)
		return domain->cpu_ns + (s->mono - domain->run_at) * MS_NS / 2;
	/* Its vCPUs need a moment to stop. */
	if (domain->shutdown && s->mono - domain->shut_at < 2)
		return domain->cpu_ns - MS_NS / 2;
	return domain->cpu_ns;
}

void sim_shut(struct sim *s, int index, uint8_t code)
{
	struct sim_domain *domain = &s->domains[index];

	if (!domain->listed || !domain->built || domain->shutdown ||
	    domain->dying || s->shut_count == SIM_SHUTS_MAX)
		return;
	sim_budget_ran(s, index);
	domain->cpu_ns = sim_cpu_ns(s, domain) + MS_NS;
	domain->shutdown = true;
	domain->code = code;
	domain->shut_at = s->mono;
	domain->fate_at = SIM_NEVER;
	domain->shut = s->shut_count++;
	s->shuts[domain->shut] = (struct sim_shut){
		.domain = index, .id = domain->id, .code = code,
		.left = sim_owner_ignores(s, index),
		.peer = sim_owner_peer(s, index),
		.theirs = s->guests[domain->guest].foreign,
		.cpu_ns = domain->cpu_ns, .at = s->mono, .boot = s->boot,
	};
	sim_say(s, "domain %u shuts down, reason %u", domain->id.domid, code);
	if (s->guests[domain->guest].foreign ||
	    (sim_owner_peer(s, index) && s->faults))
		s->guests[domain->guest].foreign_at =
			s->mono + 10 + sim_random(s, 3000);
	sim_host_event(s, index, false, code);
}

void sim_resume(struct sim *s, int index)
{
	struct sim_domain *domain = &s->domains[index];

	if (!domain->listed || !domain->shutdown || domain->dying)
		return;
	run(s, domain);
	sim_say(s, "domain %u runs again", domain->id.domid);
	sim_check_alone(s, domain->guest);
}

void sim_destroy(struct sim *s, int index, uint32_t takes_ms)
{
	struct sim_domain *domain = &s->domains[index];

	if (!domain->listed || domain->dying)
		return;
	domain->cpu_ns = sim_cpu_ns(s, domain);
	domain->dying = true;
	domain->gone_at = s->mono + 1 + takes_ms;
	domain->fate_at = SIM_NEVER;
	sim_say(s, "domain %u is being destroyed", domain->id.domid);
}

/* Destroyed by another hand, and its domid taken by GUEST's next domain,
 * before anybody could look. */
void sim_replace(struct sim *s, int index, int guest)
{
	struct sim_domain *domain = &s->domains[index];
	int next;

	domain->listed = false;
	sim_say(s, "domain %u is gone at once", domain->id.domid);
	s->next_domid = domain->id.domid;
	next = sim_build(s, guest, sim_file_next(s, guest));
	if (next >= 0)
		sim_unpause(s, next);
}

void sim_fill(const struct sim *s, const struct sim_domain *domain,
	      struct domain_info *info)
{
	memset(info, 0, sizeof(*info));
	info->id = domain->id;
	info->shutdown = domain->shutdown;
	info->dying = domain->dying;
	info->paused = domain->paused;
	info->hvm = domain->hvm;
	info->power_button = s->guests[domain->guest].config.type ==
			     DOMAIN_TYPE_HVM;
	info->reason_code = domain->shutdown ? domain->code : 0;
	info->cpu_time_ns = sim_cpu_ns(s, domain);
}

size_t sim_list(const struct sim *s, struct domain_info *list)
{
	size_t count = 0;

	for (int i = 0; i < s->domain_count; i++) {
		struct domain_info info;
		size_t at;

		if (!s->domains[i].listed)
			continue;
		sim_fill(s, &s->domains[i], &info);
		for (at = count++; at && list[at - 1].id.domid > info.id.domid;
		     at--)
			list[at] = list[at - 1];
		list[at] = info;
	}
	return count;
}

/* --- a reset of the machine --- */

#define BOOT_TAKES_MS 20000

/* Some guests are started by what starts guests at boot. */
void sim_world_reset(struct sim *s)
{
	s->boot++;
	s->boot_at = s->mono;
	s->mono += BOOT_TAKES_MS;
	sim_retreat_mend(s);
	s->next_domid = 1;
	for (int i = 0; i < s->domain_count; i++)
		s->domains[i].listed = false;
	for (int i = 0; i < s->guest_count; i++) {
		struct sim_guest *guest = &s->guests[i];

		guest->foreign = false;
		guest->foreign_at = SIM_NEVER;
		guest->had_twins = guest->twins_told = false;
		sim_check_freed(s, i);
		if (sim_random(s, 3) == 0)
			sim_build_theirs(s, i, sim_random(s, 30000), false);
	}
}

/* --- time --- */

static void earlier(int64_t *due, int64_t at)
{
	if (at < *due)
		*due = at;
}

int64_t sim_world_due(const struct sim *s)
{
	int64_t due = SIM_NEVER;

	for (int i = 0; i < s->domain_count; i++) {
		if (!s->domains[i].listed)
			continue;
		earlier(&due, s->domains[i].gone_at);
		earlier(&due, s->domains[i].fate_at);
		earlier(&due, s->domains[i].built_at);
	}
	for (int i = 0; i < s->guest_count; i++)
		earlier(&due, s->guests[i].foreign_at);
	return due;
}

/* The other supervisor does with its guest as it likes. */
static void foreign_acts(struct sim *s, int guest)
{
	int domain = sim_find_uuid(s, s->guests[guest].uuid);

	s->guests[guest].foreign_at = SIM_NEVER;
	if (!s->guests[guest].foreign && !s->guests[guest].peer)
		return;
	if (domain >= 0 && s->domains[domain].shutdown) {
		sim_destroy(s, domain, 50);
		s->guests[guest].foreign_at = s->mono + 100;
		return;
	}
	sim_build_theirs(s, guest, sim_chance(s, 30) ?
				   sim_random(s, 60000) : 0, false);
}

void sim_world_tick(struct sim *s)
{
	for (int i = 0; i < s->domain_count; i++) {
		struct sim_domain *domain = &s->domains[i];

		if (!domain->listed)
			continue;
		if (domain->gone_at <= s->mono) {
			domain->listed = false;
			sim_say(s, "domain %u is gone", domain->id.domid);
			sim_host_event(s, i, false, 0);
		} else if (domain->fate_at <= s->mono) {
			sim_shut(s, i, domain->fate);
		} else if (domain->built_at <= s->mono) {
			end_build(s, i);
		}
	}
	for (int i = 0; i < s->guest_count; i++)
		if (s->guests[i].foreign_at <= s->mono)
			foreign_acts(s, i);
}
