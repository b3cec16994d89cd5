/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * adopt = "xl": takes each guest over from its live xl monitor, as soon as that
 * is safe.  Works for a moment at a time, so that the loop serves the rest.
 */
#include <stdlib.h>

#include "core/policy.h"
#include "keeper.h"
#include "port/owner.h"

#define WORK_MS 100		/* at a time ... */
#define REST_MS 100		/* ... and what all else has in between */
#define AGAIN_MS 1000		/* an xl may be about to become a monitor */
#define UNSAFE_MS 2000		/* a monitor's guest is paused or down */
#define AGAIN_MAX_MS 32000	/* a monitor that cannot be ended */
/* So often in a row without a monitor that can be ended, nor an xl that may
 * become one: it gets none. */
#define LOOKS 2

/* What is known of a domain's monitor. */
struct seen {
	struct domain_id id;
	bool has_monitor;	/* when last looked */
	unsigned int looks;	/* in a row that found none */
	int64_t again_ms;	/* monotonic */
	int64_t wait_ms;	/* after the next failure */
};

struct keeper_takeover {
	ev_timer due;
	struct seen *seen;	/* in the engine's order, by domid */
	size_t count;
};

/* One turn of work. */
struct turn {
	struct keeper *keeper;
	struct domain *const *domains;
	struct seen *seen;
	size_t count;
	int64_t now_ms, end_ms;
	int64_t next_ms;	/* when there is something to do; INT64_MAX */
};

/* --- which --- */

static bool concerns_us(struct keeper *keeper, const struct domain *domain)
{
	return domain->configured && domain->name[0] && !domain->serves &&
	       !domain->info.dying && !domain->guest->disowned &&
	       !engine_is_foreign(keeper->engine, domain);
}

/* A monitor may be at work on any other. */
static bool is_safe(const struct domain *domain)
{
	return !domain->info.paused && !domain->info.shutdown &&
	       !policy_name_is_migrating(domain->name);
}

static bool is_settled(const struct seen *seen)
{
	return seen->looks >= LOOKS;
}

static void note_due(struct turn *turn, int64_t at_ms)
{
	if (at_ms < turn->next_ms)
		turn->next_ms = at_ms;
}

/* Is anything to be learnt of it now?  Without a look at the processes. */
static bool is_due(struct turn *turn, size_t i)
{
	struct seen *seen = &turn->seen[i];

	if (is_settled(seen) || !concerns_us(turn->keeper, turn->domains[i]))
		return false;
	if (seen->has_monitor && !is_safe(turn->domains[i])) {
		note_due(turn, turn->now_ms + UNSAFE_MS);
		return false;
	}
	if (seen->again_ms > turn->now_ms) {
		note_due(turn, seen->again_ms);
		return false;
	}
	return true;
}

static bool is_over(struct turn *turn)
{
	if (keeper_now(turn->keeper).mono_ms < turn->end_ms)
		return false;
	note_due(turn, turn->end_ms + REST_MS);
	return true;
}

/* --- what is done --- */

static void put_off(struct turn *turn, struct seen *seen, int64_t wait_ms)
{
	seen->again_ms = turn->now_ms + wait_ms;
	note_due(turn, seen->again_ms);
}

static void take_over(struct turn *turn, size_t i, pid_t pid)
{
	struct seen *seen = &turn->seen[i];

	if (!keeper_adopt_from_monitor(turn->keeper, turn->domains[i], pid)) {
		seen->has_monitor = false;
		seen->looks = LOOKS;
		return;
	}
	put_off(turn, seen, seen->wait_ms);
	if (seen->wait_ms < AGAIN_MAX_MS)
		seen->wait_ms *= 2;
}

/* Calls from the walk over the processes. */
static void on_monitor(void *ctx, const struct owner_monitor *monitor)
{
	struct turn *turn = ctx;

	for (size_t i = 0; i < turn->count; i++) {
		struct owner_query query;

		if (!is_due(turn, i))
			continue;
		keeper_owner_query(turn->keeper, turn->domains[i], &query);
		if (!owner_is_monitor_of(monitor, &query))
			continue;
		turn->seen[i].has_monitor = true;
		turn->seen[i].looks = 0;
		if (!is_safe(turn->domains[i]))
			note_due(turn, turn->now_ms + UNSAFE_MS);
		else if (!is_over(turn))
			take_over(turn, i, monitor->pid);
		return;
	}
}

/*
 * One without a monitor: may it still get one?  OWNER_XL is an xl in the
 * foreground, to which the domain is left, or one that became a monitor after
 * the walk over them: the next walk finds that one.
 */
static void look_for_builder(struct turn *turn, size_t i)
{
	struct seen *seen = &turn->seen[i];
	enum owner owner = OWNER_UNSETTLED;
	struct owner_query query;
	pid_t pid;

	keeper_owner_query(turn->keeper, turn->domains[i], &query);
	(void)owner_find("/proc", &query, &owner, &pid);
	seen->looks = owner == OWNER_UNSETTLED ? 0 : seen->looks + 1;
	if (!is_settled(seen))
		put_off(turn, seen, AGAIN_MS);
}

static bool has_due(struct turn *turn)
{
	bool due = false;

	for (size_t i = 0; i < turn->count; i++) {
		if (turn->seen[i].again_ms <= turn->now_ms &&
		    is_safe(turn->domains[i]))
			turn->seen[i].has_monitor = false; /* look again */
		due |= is_due(turn, i);
	}
	return due;
}

static void work(struct turn *turn)
{
	if (!has_due(turn))
		return;
	if (owner_each_monitor("/proc", on_monitor, turn) < 0) {
		note_due(turn, turn->now_ms + UNSAFE_MS);
		return;
	}
	for (size_t i = 0; i < turn->count; i++)
		if (is_due(turn, i) && !turn->seen[i].has_monitor &&
		    !is_over(turn))
			look_for_builder(turn, i);
}

/* --- when --- */

/* Both are sorted by domid.  Returns whether there was memory. */
static bool renew(struct keeper_takeover *takeover,
		  struct domain *const *domains, size_t count)
{
	struct seen *next = calloc(count + 1, sizeof(*next));
	size_t at = 0;

	if (!next)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct domain_id *id = &domains[i]->info.id;

		while (at < takeover->count &&
		       takeover->seen[at].id.domid < id->domid)
			at++;
		if (at < takeover->count &&
		    domain_id_equal(&takeover->seen[at].id, id))
			next[i] = takeover->seen[at];
		else
			next[i] = (struct seen){ .id = *id,
						 .wait_ms = AGAIN_MS };
	}
	free(takeover->seen);
	takeover->seen = next;
	takeover->count = count;
	return true;
}

static int64_t turn_of_work(struct keeper *keeper)
{
	struct keeper_takeover *takeover = keeper->takeover;
	struct turn turn = { .keeper = keeper, .next_ms = INT64_MAX };

	turn.now_ms = keeper_now(keeper).mono_ms;
	turn.end_ms = turn.now_ms + WORK_MS;
	turn.count = engine_domains(keeper->engine, &turn.domains);
	if (!renew(takeover, turn.domains, turn.count))
		return turn.now_ms + UNSAFE_MS;
	turn.seen = takeover->seen;
	work(&turn);
	return turn.next_ms;
}

static void on_due(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper *keeper = timer->data;
	int64_t next_ms, wait_ms;

	(void)loop;
	(void)events;
	if (keeper->settings->adopt != SETTINGS_ADOPT_XL ||
	    !keeper->watcher_ready)
		return;
	keeper_scan(keeper);
	next_ms = turn_of_work(keeper);
	keeper_rearm(keeper);
	if (next_ms == INT64_MAX)
		return;
	wait_ms = next_ms - keeper_now(keeper).mono_ms;
	keeper_set_timer(keeper, timer, wait_ms > 0 ? wait_ms / 1e3 : 0.);
}

/* What follows from here is done from the loop, not from its caller's. */
void keeper_takeover_look(struct keeper *keeper)
{
	if (keeper->takeover && keeper->settings->adopt == SETTINGS_ADOPT_XL)
		keeper_set_timer(keeper, &keeper->takeover->due, 0.);
}

void keeper_takeover_open(struct keeper *keeper)
{
	keeper->takeover = calloc(1, sizeof(*keeper->takeover));
	if (!keeper->takeover)
		return;
	ev_init(&keeper->takeover->due, on_due);
	keeper->takeover->due.data = keeper;
	keeper_takeover_look(keeper);
}

void keeper_takeover_close(struct keeper *keeper)
{
	if (!keeper->takeover)
		return;
	ev_timer_stop(keeper->loop, &keeper->takeover->due);
	free(keeper->takeover->seen);
	free(keeper->takeover);
	keeper->takeover = NULL;
}
