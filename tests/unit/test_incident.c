/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/incident: the log of attempts, and which domain an incident is about.
 */
#include <errno.h>
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
	test_removes();
	test_about();
	test_outcomes();
	return done_testing();
}
