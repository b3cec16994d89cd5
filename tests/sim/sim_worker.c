/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model of the workers, step by step as src/role/worker*.c has them:
 * one at a time per guest by a lock that outlives the daemon, each step
 * looking first.  They take time, fail, hang with xenstored and die.
 */
#include <errno.h>
#include <string.h>

#include "core/planted.h"
#include "sim.h"

static uint32_t takes_ms(struct sim *s, uint32_t most)
{
	return 1 + sim_random(s, sim_random(s, 4) ? most / 10 + 1 : most);
}

static uint32_t deadline_ms(const struct incident *incident)
{
	return incident_step(incident) == STEP_REPORT ? 6000 : 25000;
}

int sim_worker_order(struct sim *s, const struct incident *incident,
		     uint64_t order, bool second)
{
	for (int i = 0; i < SIM_WORKERS_MAX; i++) {
		struct sim_worker *w = &s->workers[i];

		if (w->used)
			continue;
		*w = (struct sim_worker){
			.used = true, .order = order, .domain = -1,
			.ordered_at = s->mono,
			.number = incident->number, .second = second,
			.step = incident_step(incident),
			.at = s->mono + takes_ms(s, 100),
			.deadline = s->mono + deadline_ms(incident),
		};
		incident_aim(incident, &w->id, &w->other);
		memcpy(w->copy_uuid, incident->copy_uuid, UUID_BYTES);
		w->guest = sim_guest_of(s, incident->id.uuid);
		sim_say(s, "order %llu: %s for domain %u",
			(unsigned long long)order, step_name(w->step),
			w->id.domid);
		return 0;
	}
	return -EAGAIN;
}

static bool take_lock(struct sim *s, struct sim_worker *w)
{
	for (int i = 0; i < SIM_WORKERS_MAX; i++) {
		const struct sim_worker *other = &s->workers[i];

		if (other != w && other->used && other->locked &&
		    uuid_equal(other->id.uuid, w->id.uuid))
			return false;
	}
	w->locked = true;
	return true;
}

static void end(struct sim *s, struct sim_worker *w, int rc,
		const struct domain_id *new_id)
{
	struct sim_worker copy = *w;

	sim_say(s, "%s for domain %u ends: %d%s", step_name(w->step),
		w->id.domid, rc, w->orphan ? ", unheard" : "");
	w->used = false;
	if (!copy.orphan)
		sim_host_result(s, &copy, rc, new_id);
}

static void later(struct sim *s, struct sim_worker *w, uint32_t ms)
{
	w->at = s->mono + ms;
}

/* --- the steps --- */

static int look(const struct sim *s, const struct sim_worker *w)
{
	int domain = sim_find_domid(s, w->id.domid);

	return domain >= 0 &&
	       (domain_id_equal(&s->domains[domain].id, &w->id) ||
		domain_id_equal(&s->domains[domain].id, &w->other)) ?
		domain : -1;
}

/* The memory of a guest that is not PV is read without libxl. */
static bool needs_xenstored(const struct sim *s, const struct sim_worker *w)
{
	int domain = look(s, w);

	if (w->step == STEP_DUMP)
		return domain < 0 || !s->domains[domain].hvm;
	return w->step != STEP_PAUSE && w->step != STEP_REPORT;
}

/* A guest can make the report overrun its time. */
static uint32_t quiet_ms(struct sim *s, const struct sim_worker *w)
{
	if (w->step == STEP_REPORT && sim_chance(s, 8))
		return 60000;
	return takes_ms(s, w->step == STEP_DUMP ? 8000 :
			   w->step == STEP_REPORT ? 5000 : 300);
}

/* REPORT, DUMP, SAVE, PAUSE: nothing changes but what is noted. */
static void do_quiet(struct sim *s, struct sim_worker *w)
{
	int domain = look(s, w);

	if (domain < 0) {
		end(s, w, -ESTALE, NULL);
	} else if (w->phase == 1) {
		w->phase = 2;
		later(s, w, quiet_ms(s, w));
	} else if (sim_chance(s, 8)) {
		end(s, w, -EIO, NULL);
	} else {
		s->cores += w->step == STEP_DUMP;
		if (w->step == STEP_PAUSE)
			s->domains[domain].paused = true;
		end(s, w, 0, NULL);
	}
}

static void do_rename(struct sim *s, struct sim_worker *w)
{
	int domain = sim_find_domid(s, w->id.domid);
	bool renamed = domain >= 0 &&
		       uuid_equal(s->domains[domain].id.uuid, w->copy_uuid);

	if (!renamed) {
		domain = look(s, w);
		if (domain < 0 || !s->domains[domain].shutdown) {
			end(s, w, domain < 0 ? -ESTALE : -EBUSY, NULL);
			return;
		}
		memcpy(s->domains[domain].id.uuid, w->copy_uuid, UUID_BYTES);
	}
	if (w->phase == 1) {
		w->phase = 2;
		later(s, w, takes_ms(s, 500));
	} else {
		end(s, w, sim_chance(s, 8) ? -EIO : 0, &s->domains[domain].id);
	}
}

/* There may be no room, or a device that stays. */
static void do_room(struct sim *s, struct sim_worker *w)
{
	if (w->phase == 2 && sim_chance(s, 15))
		end(s, w, sim_random(s, 2) ? -ENOMEM : -EOPNOTSUPP, NULL);
	else
		do_quiet(s, w);
}

static void do_release(struct sim *s, struct sim_worker *w)
{
	int domain = look(s, w);

	if (domain < 0 || s->domains[domain].dying) {
		end(s, w, 0, NULL);
	} else if (!s->domains[domain].shutdown) {
		end(s, w, -EBUSY, NULL);
	} else if (w->phase == 1) {
		w->phase = 2;
		later(s, w, takes_ms(s, 2000));
	} else if (sim_chance(s, 8)) {
		end(s, w, -EIO, NULL);
	} else {
		s->domains[domain].released = true;
		end(s, w, 0, NULL);
	}
}

/* The driver domain may be long in its boot, or its guests' devices stay lost. */
static void do_reattach(struct sim *s, struct sim_worker *w)
{
	if (w->phase == 1) {
		w->phase = 2;
		later(s, w, takes_ms(s, 15000));
	} else {
		end(s, w, sim_chance(s, 8) ? -EIO : 0, NULL);
	}
}

static void do_destroy(struct sim *s, struct sim_worker *w)
{
	int domain = look(s, w);

	if (domain < 0) {
		end(s, w, 0, NULL); /* gone, or another by now */
	} else if (w->phase == 2 && w->deadline - 6000 < s->mono) {
		end(s, w, -ETIMEDOUT, NULL);
	} else if (s->domains[domain].dying) {
		w->phase = 2;
		later(s, w, 50);
	} else if (!s->domains[domain].shutdown) {
		end(s, w, -EBUSY, NULL);
	} else if (sim_chance(s, 5)) {
		end(s, w, -EIO, NULL);
	} else {
		if (w->orphan)
			sim_check_other_teardown(s, domain);
		else
			sim_check_teardown(s, domain, w);
		sim_destroy(s, domain, sim_chance(s, 3) ? 60000 :
						    takes_ms(s, 3000));
		w->phase = 2;
		later(s, w, 1);
	}
}

static void do_soft_reset(struct sim *s, struct sim_worker *w)
{
	int domain = look(s, w);

	if (domain < 0)
		end(s, w, -ESTALE, NULL);
	else if (!s->domains[domain].shutdown)
		end(s, w, s->domains[domain].paused ? -EBUSY : 0, NULL);
	else if (w->phase == 1) {
		w->phase = 2;
		later(s, w, takes_ms(s, 500));
	} else if (sim_chance(s, 8) || s->domains[domain].dying) {
		end(s, w, -EIO, NULL);
	} else {
		sim_resume(s, domain);
		sim_check_start(s, domain);
		end(s, w, 0, NULL);
	}
}

/* Something has the guest's uuid already. */
static void settle(struct sim *s, struct sim_worker *w, int index)
{
	const struct sim_domain *domain = &s->domains[index];

	if (domain->dying) {
		if (w->deadline - 6000 < s->mono)
			end(s, w, -ETIMEDOUT, NULL);
		else
			later(s, w, 50);
	} else if (domain->shutdown && domain_id_equal(&domain->id, &w->id)) {
		end(s, w, -EEXIST, NULL);
	} else if (domain->built) {
		end(s, w, domain->theirs ? -EALREADY : 0, &domain->id);
	} else if (domain->theirs && domain->complete) {
		end(s, w, -EALREADY, &domain->id);
	} else if (domain->theirs && !PLANTED(HALF_BUILT)) {
		/* It has half of the time, and is left alone then. */
		if (s->mono > (w->ordered_at + w->deadline) / 2)
			end(s, w, -ETIMEDOUT, NULL);
		else
			later(s, w, 200);
	} else {
		sim_check_half_built(s, index);
		sim_destroy(s, index, takes_ms(s, 100));
		later(s, w, 1);
	}
}

static void do_create(struct sim *s, struct sim_worker *w)
{
	int index = sim_find_uuid(s, s->guests[w->guest].uuid);

	if (w->phase == 1 && index >= 0) {
		settle(s, w, index);
	} else if (w->phase == 1) {
		w->domain = sim_build(s, w->guest, w->second);
		w->phase = 2;
		later(s, w, takes_ms(s, 2000));
		if (w->domain < 0)
			end(s, w, -EEXIST, NULL);
	} else if (!s->domains[w->domain].listed ||
		   s->domains[w->domain].dying) {
		end(s, w, -ESRCH, NULL);
	} else if (sim_chance(s, 8)) {
		sim_destroy(s, w->domain, 5);
		end(s, w, -EIO, NULL);
	} else {
		sim_unpause(s, w->domain);
		sim_check_start(s, w->domain);
		end(s, w, 0, &s->domains[w->domain].id);
	}
}

/* What reads or frees its disks hangs until it is killed. */
static bool is_stuck(const struct sim *s, const struct sim_worker *w)
{
	return w->guest >= 0 && s->guests[w->guest].stuck &&
	       (w->step == STEP_DUMP || w->step == STEP_DESTROY ||
		w->step == STEP_RELEASE);
}

static void do_step(struct sim *s, struct sim_worker *w)
{
	switch (w->step) {
	case STEP_ROOM:
		do_room(s, w);
		break;
	case STEP_RENAME:
		do_rename(s, w);
		break;
	case STEP_RELEASE:
		do_release(s, w);
		break;
	case STEP_DESTROY:
		do_destroy(s, w);
		break;
	case STEP_CREATE:
		do_create(s, w);
		break;
	case STEP_SOFT_RESET:
		do_soft_reset(s, w);
		break;
	case STEP_REATTACH:
		do_reattach(s, w);
		break;
	default:
		do_quiet(s, w);
		break;
	}
}

/* --- their lives --- */

/* One of another version, or that could not be started. */
static void decline(struct sim *s, struct sim_worker *w)
{
	struct sim_worker copy = *w;

	sim_say(s, "order %llu is not begun", (unsigned long long)w->order);
	w->used = false;
	if (!copy.orphan)
		sim_host_unbegun(s, &copy);
}

static void tick(struct sim *s, struct sim_worker *w)
{
	bool is_taken = w->is_taken;

	w->is_taken = true;
	if (!is_taken && sim_chance(s, 5)) {
		decline(s, w);
	} else if (!w->locked && !take_lock(s, w)) {
		if (w->deadline - 5000 < s->mono)
			end(s, w, -ETIMEDOUT, NULL);
		else
			later(s, w, 50);
	} else if (is_stuck(s, w)) {
		later(s, w, 2000);
	} else if (s->away && needs_xenstored(s, w)) {
		later(s, w, 200); /* hangs */
	} else if (sim_chance(s, 3)) {
		sim_worker_kill(s, (int)(w - s->workers));
	} else {
		if (!w->phase)
			w->phase = 1;
		do_step(s, w);
	}
}

void sim_worker_kill(struct sim *s, int index)
{
	struct sim_worker *w = &s->workers[index];
	struct sim_worker copy = *w;

	if (!w->used)
		return;
	sim_say(s, "the worker of order %llu dies",
		(unsigned long long)w->order);
	w->used = false;
	if (!copy.orphan)
		sim_host_lost(s, &copy);
}

void sim_worker_orphan_all(struct sim *s)
{
	for (int i = 0; i < SIM_WORKERS_MAX; i++)
		s->workers[i].orphan = true;
}

void sim_worker_end_all(struct sim *s)
{
	for (int i = 0; i < SIM_WORKERS_MAX; i++)
		s->workers[i].used = false;
}

int64_t sim_worker_due(const struct sim *s)
{
	int64_t due = SIM_NEVER;

	for (int i = 0; i < SIM_WORKERS_MAX; i++) {
		const struct sim_worker *w = &s->workers[i];

		if (w->used && w->at < due)
			due = w->at;
		if (w->used && !w->orphan && w->deadline < due)
			due = w->deadline;
	}
	return due;
}

void sim_worker_tick(struct sim *s)
{
	for (int i = 0; i < SIM_WORKERS_MAX; i++) {
		struct sim_worker *w = &s->workers[i];

		if (w->used && !w->orphan && w->deadline <= s->mono)
			sim_worker_kill(s, i);
		else if (w->used && w->at <= s->mono)
			tick(s, w);
	}
}
