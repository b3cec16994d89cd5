/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schedule: what happens to the world and when.  Made from a seed,
 * carried out event by event, made shorter while it still fails.
 */
#include <stdio.h>
#include <string.h>

#include "memvfs.h"
#include "sim.h"

static const char *const event_texts[] = {
#define X(name, text) [SIM_EVENT_##name] = text,
	SIM_EVENT_LIST(X)
#undef X
};

/* How often each kind is drawn, in parts of the sum. */
static const uint8_t weights[SIM_EVENT_COUNT] = {
	[SIM_EVENT_SHUT] = 30, [SIM_EVENT_BAD] = 4,
	[SIM_EVENT_OTHER_DESTROY] = 6, [SIM_EVENT_OTHER_CREATE] = 6,
	[SIM_EVENT_REPLACE] = 4, [SIM_EVENT_RESUME] = 4, [SIM_EVENT_SUSPEND] = 3,
	[SIM_EVENT_FOREIGN] = 3, [SIM_EVENT_KILL] = 6,
	[SIM_EVENT_KILL_IN_CALL] = 8, [SIM_EVENT_KILL_IN_WRITE] = 8,
	[SIM_EVENT_WATCHER] = 3, [SIM_EVENT_AWAY] = 5,
	[SIM_EVENT_FULL] = 4, [SIM_EVENT_CLOCK] = 3,
	[SIM_EVENT_HOLD] = 2, [SIM_EVENT_RELEASE] = 3,
	[SIM_EVENT_RETRY] = 2, [SIM_EVENT_WORKER] = 4,
	[SIM_EVENT_DEAF] = 2, [SIM_EVENT_SWEEP] = 2,
	[SIM_EVENT_STUCK] = 3, [SIM_EVENT_REBOOT] = 2,
	[SIM_EVENT_TWIN] = 4, [SIM_EVENT_NAMESAKE] = 6,
	[SIM_EVENT_DEAD] = 3, [SIM_EVENT_RETREAT] = 4,
};

static uint8_t draw_kind(struct sim *s)
{
	uint32_t sum = 0, at;

	for (int i = 0; i < SIM_EVENT_COUNT; i++)
		sum += weights[i];
	at = sim_random(s, sum);
	for (int i = 0; i < SIM_EVENT_COUNT; i++) {
		if (at < weights[i])
			return i;
		at -= weights[i];
	}
	return 0;
}

void sim_plan_make(struct sim_plan *plan, uint64_t seed)
{
	static const uint32_t waits[] = { 50, 500, 3000, 3000, 10000, 60000 };
	struct sim s = { .seed = seed ^ 0x5bd1e995 };

	plan->seed = seed;
	plan->count = 8 + sim_random(&s, SIM_EVENTS_MAX - 7);
	for (int i = 0; i < plan->count; i++) {
		struct sim_event *event = &plan->events[i];

		event->wait_ms = sim_random(&s, waits[sim_random(&s, 6)]);
		event->kind = draw_kind(&s);
		event->arg = sim_random(&s, UINT32_MAX);
	}
}

void sim_plan_print(const struct sim_plan *plan)
{
	printf("# seed %llu, %d events:\n", (unsigned long long)plan->seed,
	       plan->count);
	for (int i = 0; i < plan->count; i++)
		printf("#   after %6u ms: %s (%u)\n", plan->events[i].wait_ms,
		       event_texts[plan->events[i].kind],
		       plan->events[i].arg);
}

/* Without FROM..TO; the time stays, so that the rest meets the same world. */
static void leave_out(const struct sim_plan *plan, int from, int to,
		      struct sim_plan *ret)
{
	uint32_t wait_ms = 0;

	ret->seed = plan->seed;
	ret->steady = plan->steady;
	ret->count = 0;
	for (int i = 0; i < plan->count; i++) {
		struct sim_event event = plan->events[i];

		if (i >= from && i < to) {
			wait_ms += event.wait_ms;
			continue;
		}
		event.wait_ms += wait_ms;
		wait_ms = 0;
		ret->events[ret->count++] = event;
	}
}

void sim_plan_shrink(struct sim_plan *plan,
		     bool (*fails)(const struct sim_plan *plan))
{
	static struct sim_plan shorter;

	for (int size = plan->count / 2; size > 0; size /= 2) {
		for (int from = 0; from < plan->count;) {
			int to = from + size < plan->count ? from + size :
							     plan->count;

			leave_out(plan, from, to, &shorter);
			if (fails(&shorter))
				*plan = shorter;
			else
				from = to;
		}
	}
}

/* --- carrying out --- */

static int any_domain(const struct sim *s, uint32_t arg)
{
	int listed = 0;

	for (int i = 0; i < s->domain_count; i++)
		listed += s->domains[i].listed;
	if (!listed)
		return -1;
	arg %= listed;
	for (int i = 0; i < s->domain_count; i++)
		if (s->domains[i].listed && !arg--)
			return i;
	return -1;
}

static void apply_shut(struct sim *s, uint32_t arg, bool suspend)
{
	static const uint8_t codes[] = { 3, 3, 3, 3, 0, 1, 4, 5, 6, 255 };
	int domain = any_domain(s, arg);

	if (domain >= 0)
		sim_shut(s, domain, suspend ? 2 : codes[arg / 64 % 10]);
}

/* Of a guest that runs: who starts one that is down has the guest. */
static void apply_twin(struct sim *s, int domain)
{
	const struct sim_domain *first = domain >= 0 ? &s->domains[domain] :
						       NULL;

	if (first && first->built && !first->shutdown && !first->dying &&
	    sim_guest_of(s, first->id.uuid) >= 0 &&
	    sim_owner_listed(s, first->guest) == 1)
		sim_build_twin(s, first->guest);
}

/* At once, in seconds, in minutes: a large guest, a restore, a migration. */
static void apply_create(struct sim *s, int guest, uint32_t arg)
{
	static const uint32_t times_ms[] = { 1, 10000, 180000 };
	int domain = sim_build_theirs(s, guest,
				      arg / 16 % times_ms[arg / 4 % 3],
				      arg % 8 == 0);

	if (domain >= 0 && arg % 8 == 1)
		s->domains[domain].paused_ms = 1 + arg / 16 % 100000;
}

static void apply_foreign(struct sim *s, int guest)
{
	s->guests[guest].foreign = !s->guests[guest].foreign;
	s->guests[guest].foreign_at = SIM_NEVER;
	sim_say(s, "another supervisor of guest %d %s", guest,
		s->guests[guest].foreign ? "comes" : "goes");
	if (!s->guests[guest].foreign) {
		sim_check_freed(s, guest);
		sim_host_freed(s, guest);
	}
}

static void apply_full(struct sim *s)
{
	s->full = !s->full;
	s->room_at = s->mono;
	sim_say(s, "the disk is %s", s->full ? "full" : "not full any more");
	memvfs_set_trouble(s->full ? MEMVFS_FULL : MEMVFS_NONE, 0);
}

/* Many guests fall by what they have in common, and stay in its hands. */
static void apply_stuck(struct sim *s, uint32_t arg)
{
	bool stuck = !s->guests[arg % s->guest_count].stuck;

	for (int i = 0; i < s->guest_count; i++)
		s->guests[i].stuck = stuck && (arg >> (8 + i)) % 4;
	sim_say(s, "the storage %s", stuck ? "hangs" : "works again");
	for (int i = 0; stuck && i < s->domain_count; i++)
		if (s->guests[s->domains[i].guest].stuck)
			sim_shut(s, i, 3);
}

static void apply_worker(struct sim *s, uint32_t arg)
{
	for (int i = 0; i < SIM_WORKERS_MAX; i++)
		if (s->workers[i].used && arg-- % 2) {
			sim_worker_kill(s, i);
			return;
		}
}

static void apply_world(struct sim *s, const struct sim_event *event,
			int guest, int domain)
{
	switch (event->kind) {
	case SIM_EVENT_SHUT:
	case SIM_EVENT_SUSPEND:
		apply_shut(s, event->arg, event->kind == SIM_EVENT_SUSPEND);
		break;
	case SIM_EVENT_BAD:
		s->guests[guest].bad = !s->guests[guest].bad;
		break;
	case SIM_EVENT_OTHER_DESTROY:
		if (domain < 0)
			break;
		sim_check_other_teardown(s, domain);
		sim_destroy(s, domain, event->arg % 3000);
		break;
	case SIM_EVENT_OTHER_CREATE:
		apply_create(s, guest, event->arg / SIM_GUESTS_MAX);
		break;
	case SIM_EVENT_REPLACE:
		if (domain < 0)
			break;
		sim_check_other_teardown(s, domain);
		sim_replace(s, domain, guest);
		break;
	case SIM_EVENT_RESUME:
		if (domain >= 0)
			sim_resume(s, domain);
		break;
	case SIM_EVENT_FOREIGN:
		apply_foreign(s, guest);
		break;
	case SIM_EVENT_CLOCK:
		s->clock_steps++;
		if (!s->steady)
			s->wall_offset += (int64_t)(event->arg % 7200000) -
					  3600000;
		break;
	case SIM_EVENT_AWAY:
		if (s->retreat.dead)
			break;
		s->away = !s->away;
		sim_say(s, "xenstored %s", s->away ? "is away" : "is back");
		break;
	case SIM_EVENT_FULL:
		apply_full(s);
		break;
	case SIM_EVENT_STUCK:
		apply_stuck(s, event->arg);
		break;
	case SIM_EVENT_TWIN:
		apply_twin(s, domain);
		break;
	case SIM_EVENT_DEAD:
		sim_retreat_die(s, event->arg);
		break;
	case SIM_EVENT_NAMESAKE:
		sim_name_add(s, event->arg);
		break;
	case SIM_EVENT_WORKER:
		apply_worker(s, event->arg);
		break;
	default:
		break;
	}
}

void sim_plan_apply(struct sim *s, const struct sim_event *event)
{
	int guest = event->arg % s->guest_count;

	switch (event->kind) {
	case SIM_EVENT_KILL:
		sim_host_kill(s);
		break;
	case SIM_EVENT_KILL_IN_CALL:
		s->daemon.kill_at_call = s->daemon.calls + 1 +
					 event->arg % 12;
		break;
	case SIM_EVENT_KILL_IN_WRITE:
		memvfs_set_trouble(MEMVFS_STOPPED, event->arg % 24);
		break;
	case SIM_EVENT_REBOOT:
		sim_host_reset(s);
		break;
	case SIM_EVENT_WATCHER:
		sim_host_lose_watcher(s);
		break;
	case SIM_EVENT_HOLD:
	case SIM_EVENT_RELEASE:
	case SIM_EVENT_RETRY:
		sim_host_operate(s, event->kind, guest);
		break;
	case SIM_EVENT_RETREAT:
		sim_retreat_operate(s, event->arg % 5 == 0);
		break;
	case SIM_EVENT_DEAF:
		memset(s->messages, 0, sizeof(s->messages));
		break;
	case SIM_EVENT_SWEEP:
		sim_host_scan(s);
		break;
	default:
		apply_world(s, event, guest,
			    any_domain(s, event->arg / SIM_GUESTS_MAX));
		break;
	}
}
