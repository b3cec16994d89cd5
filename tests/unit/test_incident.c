/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/incident: the log of attempts, and which domain an incident is about.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/incident.h"

#include "tap.h"

static struct incident *make(enum action action)
{
	struct incident *incident = incident_new();

	incident->verdict.action = action;
	incident->id = (struct domain_id){ .domid = 7, .epoch = 9 };
	memset(incident->id.uuid, 0x11, UUID_BYTES);
	return incident;
}

static void test_attempts(void)
{
	struct incident *incident = make(ACTION_RESTART);
	unsigned int wrong = 0;

	incident_end_step(incident, 1, -EIO, "before any");
	ok(!incident->step_count, "an end without a begin changes nothing");
	for (int i = 0; i < 1000; i++) {
		wrong += incident_begin_step(incident, 1000 + i) != 0;
		wrong += incident->steps[incident->step_count - 1].ended_ms;
		incident_end_step(incident, 2000 + i, -i, "so it ended");
	}
	ok(wrong == 0 && incident->step_count == INCIDENT_STEPS_MAX,
	   "a thousand attempts take the room of %d", INCIDENT_STEPS_MAX);
	ok(incident->steps[0].begun_ms == 1000 &&
	   incident->steps[INCIDENT_STEPS_MAX / 2 - 1].begun_ms ==
	   1000 + INCIDENT_STEPS_MAX / 2 - 1, "the first half stays");
	ok(incident->steps[INCIDENT_STEPS_MAX - 1].rc == -999 &&
	   incident->steps[INCIDENT_STEPS_MAX - 2].rc == -998,
	   "so do the latest");
	incident_free(incident);
	incident_free(NULL);
}

/* Each attempt ends in its own way. */
static void attempt_often(struct incident *incident, int times)
{
	char text[32];

	for (int i = 0; i < times; i++) {
		snprintf(text, sizeof(text), "for the %dth time", i);
		incident_begin_step(incident, 1);
		incident_end_step(incident, 2, -EIO, text);
	}
}

static void test_repeated(void)
{
	struct incident *incident = make(ACTION_RESTART);

	for (int i = 0; i < 60; i++) {
		incident_begin_step(incident, 1000 + i);
		incident_unbegin_step(incident, 2000 + i, -EAGAIN, "none");
	}
	ok(incident->step_count == 2 && incident->steps[0].begun_ms == 1000 &&
	   incident->steps[0].ended_ms == 2000 &&
	   incident->steps[1].begun_ms == 1059 &&
	   incident->steps[1].ended_ms == 2059,
	   "of sixty equal failures the first and the last stay");
	incident_begin_step(incident, 3000);
	ok(incident->step_count == 2 && !incident->steps[1].ended_ms &&
	   !incident->steps[1].rc, "the next attempt is in the last one's place");
	incident_end_step(incident, 3001, -EIO, "none");
	incident_begin_step(incident, 3002);
	ok(incident->step_count == 3, "another failure is no repetition");
	incident_end_step(incident, 3003, 0, NULL);
	incident_begin_step(incident, 3004);
	incident_end_step(incident, 3005, 0, NULL);
	incident_begin_step(incident, 3006);
	ok(incident->step_count == 5, "and success is none");
	incident_free(incident);
}

/* What decides is not in the log, which forgets. */
static void test_forgotten(void)
{
	struct incident *incident = make(ACTION_RESTART_FIRST);

	incident->at = 2;
	attempt_often(incident, 40);
	incident->verdict.action = ACTION_COREDUMP_RESTART;
	incident->at = 0;
	attempt_often(incident, 40);
	incident->verdict.action = ACTION_RESTART_FIRST;
	incident->at = 2;
	incident_begin_step(incident, 1);
	incident_end_step(incident, 2, 0, NULL);
	incident->verdict.action = ACTION_COREDUMP_RESTART;
	incident->at = 0;
	attempt_often(incident, 300);
	ok(incident->step_count == INCIDENT_STEPS_MAX &&
	   incident_is_aside(incident) && incident_removes_domain(incident) &&
	   !incident_is_about(incident, &incident->id),
	   "a rename that the log has forgotten was made");
	incident_free(incident);
}

static void test_unbegun(void)
{
	struct incident *incident = make(ACTION_RESTART);

	incident->at = 1;
	incident_begin_step(incident, 1);
	ok(incident_removes_domain(incident), "a destroy may be under way");
	incident_unbegin_step(incident, 2, -EAGAIN, "none");
	ok(!incident_removes_domain(incident), "one that no worker began is not");
	incident_begin_step(incident, 3);
	incident_end_step(incident, 4, -EIO, "stuck");
	incident_begin_step(incident, 5);
	incident_unbegin_step(incident, 6, -EAGAIN, "none");
	ok(incident_removes_domain(incident), "but an earlier attempt counts");
	incident_free(incident);
}

static void test_removes(void)
{
	static const struct {
		enum action action;
		uint32_t at;
		bool removes;
	} cases[] = {
		{ ACTION_RESTART, 0, false }, { ACTION_RESTART, 1, true },
		{ ACTION_RENAME_RESTART, 1, true },
		{ ACTION_COREDUMP_RESTART, 1, false },
		{ ACTION_SOFT_RESET, 1, false }, { ACTION_PAUSE, 0, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct incident *incident = make(cases[i].action);

		incident->at = cases[i].at;
		incident_begin_step(incident, 1);
		ok(incident_removes_domain(incident) == cases[i].removes,
		   "%s at %s %s it", action_name(cases[i].action),
		   step_name(incident_step(incident)),
		   cases[i].removes ? "may miss" : "must not miss");
		incident_free(incident);
	}
}

static void test_about(void)
{
	struct incident *incident = make(ACTION_RENAME_RESTART);
	struct domain_id id = incident->id, copy = incident->id;

	memset(incident->copy_uuid, 0x22, UUID_BYTES);
	memset(copy.uuid, 0x22, UUID_BYTES);
	ok(incident_is_about(incident, &id) && incident_is_about(incident, &copy),
	   "before the rename is done it has either uuid");
	incident->at = 2;
	ok(!incident_is_about(incident, &id) && incident_is_about(incident, &copy),
	   "afterwards its first uuid is the successor's");
	copy.domid++;
	ok(!incident_is_about(incident, &copy), "a copy is told by its domid");
	copy.domid--;
	copy.epoch++;
	ok(!incident_is_about(incident, &copy), "and its epoch");
	incident_free(incident);
	incident = make(ACTION_RESTART);
	memset(id.uuid, 0, UUID_BYTES);
	ok(!incident_is_about(incident, &id), "no copy is no uuid of zeros");
	incident_free(incident);
}

/* An attempt at the step it stands at, ended with RC. */
static void attempt(struct incident *incident, int rc)
{
	incident_begin_step(incident, 1);
	incident_end_step(incident, 2, rc, NULL);
}

static bool aims_at(const struct incident *incident, uint8_t id, uint8_t other)
{
	struct domain_id got, got_other;

	incident_aim(incident, &got, &got_other);
	return got.uuid[0] == id && got_other.uuid[0] == other &&
	       got.domid == incident->id.domid;
}

static void test_aside(void)
{
	struct incident *incident = make(ACTION_RESTART_FIRST);
	struct domain_id id = incident->id, copy = incident->id;
	uint8_t own = id.uuid[0];

	memset(incident->copy_uuid, 0x22, UUID_BYTES);
	memset(copy.uuid, 0x22, UUID_BYTES);
	ok(!incident_is_aside(incident) && incident_starts_later(incident) &&
	   aims_at(incident, own, 0), "a restart-first begins as itself");
	incident->at = 2;
	attempt(incident, -EIO);
	ok(incident_is_aside(incident) && incident_is_about(incident, &id),
	   "a rename that failed may have been done");
	incident_fall_back(incident, "no room");
	is_text(incident->why, "no room", "it is said why it fell back");
	ok(incident->verdict.action == ACTION_COREDUMP_RESTART &&
	   incident_step(incident) == STEP_DUMP &&
	   aims_at(incident, own, 0x22) && incident_is_about(incident, &id) &&
	   incident_is_about(incident, &copy), "its core is of either name");
	incident_advance(incident);
	ok(incident_step(incident) == STEP_DESTROY,
	   "what was saved is not saved again, under another name");
	incident_advance(incident);
	ok(incident_step(incident) == STEP_CREATE &&
	   aims_at(incident, own, 0), "the start is of the guest's own");
	incident->verdict.action = ACTION_RESTART_FIRST;
	incident->at = 2;
	attempt(incident, 0);
	incident_fall_back(incident, "stuck");
	ok(aims_at(incident, 0x22, 0) && !incident_is_about(incident, &id),
	   "one that was renamed has that name only");
	incident_pass_start(incident);
	ok(incident->verdict.action == ACTION_COREDUMP_DESTROY &&
	   incident_step(incident) == STEP_DUMP &&
	   !incident_starts_later(incident), "another's start leaves the core");
	incident->verdict.action = ACTION_COREDUMP_RESTART;
	incident->at = 2;
	incident_pass_start(incident);
	ok(incident_step(incident) == STEP_DESTROY, "or the end alone");
	incident->verdict.action = ACTION_RESTART_FIRST;
	incident->at = 3;
	incident_pass_start(incident);
	ok(incident->verdict.action == ACTION_RESTART_FIRST &&
	   incident_step(incident) == STEP_DUMP, "in its own plan it goes on");
	incident_free(incident);
}

/* What was counted and paid for the step before is not the next one's. */
static void test_fresh(void)
{
	struct incident *incident = make(ACTION_RESTART);

	incident->losses = 2;
	incident->again = incident->paid = true;
	incident_pass_start(incident);
	ok(!incident->losses && !incident->again && !incident->paid &&
	   incident->dirty, "a start that is passed leaves nothing behind");
	incident->losses = 2;
	incident->dirty = false;
	incident_lose_domain(incident);
	ok(!incident->losses && incident->absent && incident->dirty,
	   "nor does a domain that is lost");
	incident_free(incident);
}

static void test_outcomes(void)
{
	unsigned int wrong = 0;
	enum outcome outcome;

	for (unsigned int i = 0; i < OUTCOME_COUNT; i++)
		wrong += outcome_parse(outcome_name(i), &outcome) ||
			 outcome != i;
	ok(wrong == 0, "each outcome is read back from its name");
	ok(outcome_parse("none such", &outcome) == -EINVAL,
	   "another name is refused");
	is_text(outcome_name(OUTCOME_COUNT), "unknown",
		"a number without an outcome has a name too");
}

int main(void)
{
	test_attempts();
	test_repeated();
	test_forgotten();
	test_unbegun();
	test_removes();
	test_about();
	test_aside();
	test_fresh();
	test_outcomes();
	return done_testing();
}
