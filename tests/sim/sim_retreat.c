/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host whose xenstored is dead for good, and the daemon's glue around the
 * retreat, as src/role/keeper_probe.c and keeper_retreat.c have it: looks at the
 * host, records, asks.  What must hold is judged in sim_leave.c.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "memvfs.h"
#include "sim.h"

#define LOOK_MS 2000
#define TICK_MS 1000

/* --- the world --- */

void sim_retreat_init(struct sim *s)
{
	s->retreat.look_at = s->retreat.tick_at = SIM_NEVER;
	s->retreat.ran_at = s->retreat.dead_until = SIM_NEVER;
}

void sim_retreat_die(struct sim *s, uint32_t arg)
{
	struct sim_retreat *r = &s->retreat;

	if (r->dead)
		return;
	sim_say(s, "xenstored is dead");
	r->dead = s->away = true;
	r->dead_until = arg % 3 ? s->mono + 20000 + arg / 4 % 200000 :
				  SIM_NEVER;
	sim_leave_died(s);
	r->look_at = s->mono + 100 + sim_random(s, 10000);
}

void sim_retreat_mend(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;

	s->away = false;
	if (!r->dead)
		return;
	sim_say(s, "xenstored is not dead any more");
	r->dead = false;
	r->dead_until = SIM_NEVER;
	r->well_at = s->mono;
}

/* A guest that is asked may power off, fall, or not hear it. */
static void press(struct sim *s, struct sim_domain *domain)
{
	if (!domain->built || domain->shutdown || sim_random(s, 4) == 0)
		return;
	domain->fate_at = s->mono + 1 +
			  sim_random(s, s->settings->retreat_s * 1400);
	domain->fate = sim_random(s, 6) ? 0 : 3;
}

/* After what the course did. */
static void set_tick(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;

	if (!retreat_course_is_ticking(&r->course))
		r->tick_at = SIM_NEVER;
	else if (r->tick_at == SIM_NEVER)
		r->tick_at = s->mono + TICK_MS;
	r->inside = r->judges = false;
	if (s->daemon.dead)
		sim_host_kill(s);
}

/* What it runs goes on without the daemon, and may be what ends the host. */
static void end_command(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;

	r->ran_at = SIM_NEVER;
	if (r->reboots) {
		sim_host_reset(s);
		return;
	}
	sim_say(s, "the retreat's command ends");
	if (!s->daemon.up)
		return;
	r->inside = true;
	retreat_course_ran(&r->course, "it ended with 0");
	set_tick(s);
}

/* --- the calls --- */

static int call_list(void *ctx, const struct domain_info **ret_list,
		     size_t *ret_count)
{
	static struct domain_info list[SIM_DOMIDS * 50];
	struct sim *s = ctx;

	if (s->daemon.dead)
		return -EIO;
	sim_host_scan(s);
	if (s->daemon.dead)
		return -EIO;
	*ret_count = sim_list(s, list);
	*ret_list = list;
	return 0;
}

static int call_ask(void *ctx, struct retreat_guest *guest)
{
	struct sim *s = ctx;
	int index = sim_find_domid(s, guest->id.domid);
	bool refused;

	if (sim_calls_count(s))
		return -EIO;
	if (index < 0 || guest->fate != RETREAT_FATE_ASKED)
		return 0;
	refused = sim_chance(s, 5);
	sim_leave_asks(s, index, refused);
	if (refused)
		return -EPERM;
	press(s, &s->domains[index]);
	return 0;
}

static bool call_capture(void *ctx, struct retreat_guest *guest)
{
	struct sim *s = ctx;

	(void)guest;
	s->retreat.core_at = s->mono + 1 + sim_random(s, 3000);
	return !sim_calls_count(s) && sim_random(s, 5);
}

static bool call_captures(void *ctx, struct retreat_guest *guest)
{
	struct sim *s = ctx;

	text_copy(guest->core, sizeof(guest->core), "/core");
	return s->retreat.core_at > s->mono;
}

static int call_command(void *ctx, const char *path)
{
	struct sim *s = ctx;

	(void)path;
	if (sim_calls_count(s))
		return -EIO;
	sim_leave_command(s);
	s->retreat.ran_at = s->mono + 1 + sim_random(s, 20000);
	s->retreat.reboots = sim_random(s, 2);
	return 0;
}

static int record(struct sim *s)
{
	int r;

	if (s->daemon.dead)
		return -EIO;
	r = store_record_host(s->daemon.store, &s->retreat.trouble);
	sim_host_look_for_death(s, r);
	return r;
}

static void call_record(void *ctx, enum retreat_state state, const char *text)
{
	struct sim *s = ctx;
	struct host_trouble *trouble = &s->retreat.trouble;

	if (!trouble->began_ms)
		return;
	trouble->retreat_state = state;
	text_copy(trouble->retreat, sizeof(trouble->retreat), text);
	sim_leave_recorded(s, state, record(s));
}

static void call_note(void *ctx, enum retreat_note note,
		      enum retreat_state state, const char *text)
{
	struct sim *s = ctx;

	if (s->daemon.dead)
		return;
	sim_say(s, "%s (%s): %s", retreat_note_name(note),
		retreat_state_name(state), text);
	sim_host_note_decision(s, ENGINE_NOTE_COUNT + 1 + note, NULL);
	if (note == RETREAT_NOTE_BEGUN)
		sim_leave_begun(s);
	else if (note == RETREAT_NOTE_RESUMED)
		sim_leave_resumed(s);
}

/* --- the daemon --- */

static void judge(struct sim *s, const struct host_trouble *trouble)
{
	s->retreat.inside = s->retreat.judges = true;
	if (!s->daemon.dead)
		retreat_course_judge(&s->retreat.course, trouble, s->settings,
				     sim_now(s).mono_ms);
	s->retreat.judges = false;
}

static void begin_trouble(struct sim *s)
{
	struct host_trouble *trouble = &s->retreat.trouble;

	memset(trouble, 0, sizeof(*trouble));
	trouble->worst = HOST_DEAD;
	trouble->began_ms = sim_now(s).wall_ms;
	trouble->began_mono_ms = sim_now(s).mono_ms;
	sim_leave_noticed(s, record(s));
}

static void end_trouble(struct sim *s)
{
	struct host_trouble *trouble = &s->retreat.trouble;

	judge(s, NULL);
	trouble->ended_ms = sim_now(s).wall_ms;
	sim_leave_ended(s, record(s));
	memset(trouble, 0, sizeof(*trouble));
}

static void look(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;

	r->inside = true;
	r->looked_at = s->mono;
	r->look_at = r->dead ? s->mono + LOOK_MS : SIM_NEVER;
	if (r->dead && !r->trouble.began_ms)
		begin_trouble(s);
	else if (!r->dead && r->trouble.began_ms)
		end_trouble(s);
	judge(s, r->dead ? &r->trouble : NULL);
	if (s->daemon.up && !s->daemon.dead)
		sim_leave_looked(s);
	set_tick(s);
}

static int take_up(void *ctx, const struct host_trouble *trouble)
{
	struct sim *s = ctx;

	if (!trouble->ended_ms && !trouble->is_stale)
		s->retreat.trouble = *trouble;
	sim_leave_read(s, trouble);
	return 0;
}

void sim_retreat_open(struct sim *s)
{
	static struct retreat_calls calls = {
		.list = call_list, .ask = call_ask,
		.capture = call_capture, .captures = call_captures,
		.command = call_command, .record = call_record,
		.note = call_note,
	};
	struct sim_retreat *r = &s->retreat;
	uint32_t count;
	int e;

	calls.ctx = s;
	sim_retreat_forget(s);
	r->course.calls = &calls;
	r->lasts = false;
	e = store_close_hosts(s->daemon.store, sim_now(s).wall_ms, &count);
	sim_host_look_for_death(s, e);
	store_each_host(s->daemon.store, INT64_MAX, 1, take_up, s);
	sim_leave_opened(s, e);
	r->look_at = s->mono + 10;
	set_tick(s);
}

/* The next daemon knows what is on record. */
void sim_retreat_forget(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;

	retreat_clear(&r->course.list);
	memset(&r->course, 0, sizeof(r->course));
	memset(&r->trouble, 0, sizeof(r->trouble));
	r->look_at = r->tick_at = SIM_NEVER;
	r->looked_at = 0;
}

void sim_retreat_operate(struct sim *s, bool cancel)
{
	struct sim_retreat *r = &s->retreat;
	const char *why;
	bool cut = r->cut;

	if (!s->daemon.up || !r->trouble.began_ms)
		return;
	r->inside = true;
	r->cut |= !cancel;
	why = cancel ? retreat_course_cancel(&r->course) :
		       retreat_course_start(&r->course, false, s->settings,
					    sim_now(s).mono_ms);
	/* What a killed daemon was writing may be there all the same, and is
	 * not cancelled before the next one has read it. */
	if (!s->daemon.dead)
		r->cut = why ? cut : false;
	set_tick(s);
}

/* --- time --- */

int64_t sim_retreat_due(const struct sim *s)
{
	const struct sim_retreat *r = &s->retreat;
	int64_t due = r->ran_at < r->dead_until ? r->ran_at : r->dead_until;

	if (!s->daemon.up)
		return due;
	if (r->look_at < due)
		due = r->look_at;
	return r->tick_at < due ? r->tick_at : due;
}

void sim_retreat_tick(struct sim *s)
{
	struct sim_retreat *r = &s->retreat;

	if (r->dead_until <= s->mono)
		sim_retreat_mend(s);
	if (r->ran_at <= s->mono)
		end_command(s);
	if (s->daemon.up && r->look_at <= s->mono)
		look(s);
	if (!s->daemon.up || r->tick_at > s->mono)
		return;
	r->tick_at = SIM_NEVER;
	sim_host_scan(s);
	if (!s->daemon.up)
		return;
	r->inside = true;
	retreat_course_tick(&r->course, s->settings, sim_now(s).mono_ms);
	set_tick(s);
}
