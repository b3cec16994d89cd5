/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/reason, core/action and core/domain: every name both ways, every code,
 * every plan, and the rules that each plan has to keep.
 */
#include <errno.h>
#include <string.h>

#include "core/action.h"
#include "core/domain.h"
#include "core/reason.h"

#include "tap.h"

static void test_reason_codes(void)
{
	static const char *const names[] = { "poweroff", "reboot", "suspend",
					     "crash", "watchdog", "soft-reset" };
	unsigned int wrong = 0;

	for (int code = 0; code < 256; code++)
		wrong += strcmp(reason_name(reason_from_code(code)),
				code < 6 ? names[code] : "unknown") != 0;
	ok(wrong == 0, "each of the 256 codes has its reason");
}

static void test_names(void)
{
	unsigned int wrong = 0;
	enum reason reason;
	enum action action;
	enum step step;

	for (unsigned int i = 0; i < REASON_COUNT; i++)
		wrong += reason_parse(reason_name(i), &reason) || reason != i;
	ok(wrong == 0, "each reason's name is read back");
	for (unsigned int i = 0; i < ACTION_COUNT; i++)
		wrong += action_parse(action_name(i), &action) || action != i;
	ok(wrong == 0, "each action's name is read back");
	for (unsigned int i = 0; i < STEP_COUNT; i++)
		wrong += step_parse(step_name(i), &step) || step != i;
	ok(wrong == 0, "each step's name is read back");
	for (unsigned int i = 0; i < DOMAIN_TYPE_COUNT; i++)
		wrong += !domain_type_name(i)[0];
	ok(wrong == 0, "each domain type has a name");
	for (unsigned int i = 0; i <= DOMAIN_TIE_COUNT; i++)
		wrong += !domain_tie_text(i) != (i == DOMAIN_TIE_NONE ||
						 i == DOMAIN_TIE_COUNT);
	ok(wrong == 0, "each tie is told in words");
}

static void test_bad_names(void)
{
	static const char *const bad[] = { "", "crashed", "Crash", "crash ",
					   "soft_reset", "rename_restart", "x" };
	enum reason reason = REASON_REBOOT;
	enum action action = ACTION_PAUSE;
	enum step step = STEP_SAVE;
	unsigned int wrong = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		wrong += reason_parse(bad[i], &reason) != -EINVAL;
		wrong += action_parse(bad[i], &action) != -EINVAL;
		wrong += step_parse(bad[i], &step) != -EINVAL;
	}
	ok(wrong == 0, "other names are refused");
	ok(reason == REASON_REBOOT && action == ACTION_PAUSE &&
	   step == STEP_SAVE, "and leave the output as it was");
}

/* A value that came off the wire or out of the store is no index yet. */
static void test_out_of_range(void)
{
	is_text(reason_name(REASON_COUNT), "unknown", "a reason out of range");
	is_text(action_name(ACTION_COUNT), "none", "an action out of range");
	is_text(step_name(STEP_COUNT), "end", "a step out of range");
	is_text(domain_type_name(DOMAIN_TYPE_COUNT), "unknown",
		"a domain type out of range");
	ok(action_steps(ACTION_COUNT)[0] == STEP_END, "its plan is empty");
	ok(!step_is_destructive(STEP_COUNT), "it destroys nothing");
}

static void test_plans(void)
{
	static const char *const plans[ACTION_COUNT] = {
		[ACTION_NONE] = "",
		[ACTION_DESTROY] = "destroy ",
		[ACTION_RESTART] = "save destroy create ",
		[ACTION_RENAME_RESTART] = "save rename create ",
		[ACTION_PRESERVE] = "",
		[ACTION_COREDUMP_DESTROY] = "dump destroy ",
		[ACTION_COREDUMP_RESTART] = "dump save destroy create ",
		[ACTION_SOFT_RESET] = "save soft-reset ",
		[ACTION_PAUSE] = "pause ",
		[ACTION_LOG] = "",
		[ACTION_RESTART_FIRST] =
			"save room rename release create dump destroy ",
	};

	for (unsigned int i = 0; i < ACTION_COUNT; i++) {
		char plan[80] = "";

		for (const enum step *s = action_steps(i); *s; s++) {
			strcat(plan, step_name(*s));
			strcat(plan, " ");
		}
		is_text(plan, plans[i], "the plan of %s", action_name(i));
	}
}

static int position(enum action action, enum step step)
{
	const enum step *steps = action_steps(action);

	for (int i = 0; i < ACTION_STEPS_MAX && steps[i]; i++)
		if (steps[i] == step)
			return i;
	return -1;
}

/* The core is gone with the domain, and so is its configuration.  A domain
 * that is ended after the start bears another name by then. */
static bool is_in_order(enum action action)
{
	int save = position(action, STEP_SAVE);
	int dump = position(action, STEP_DUMP);
	int destroy = position(action, STEP_DESTROY);
	int create = position(action, STEP_CREATE);
	int rename = position(action, STEP_RENAME);
	int gone = rename >= 0 ? rename : destroy;

	return (dump < 0 || destroy < 0 || dump < destroy) &&
	       (create < 0 || (save >= 0 && save < gone && gone < create));
}

static void test_rules(void)
{
	for (unsigned int i = 0; i < ACTION_COUNT; i++) {
		ok(is_in_order(i), "the steps of %s are in order", action_name(i));
		/* After a soft reset it is there too, but runs: not kept. */
		ok(action_keeps_domain(i) ==
			   (position(i, STEP_DESTROY) < 0 &&
			    position(i, STEP_SOFT_RESET) < 0),
		   "%s keeps its domain or not", action_name(i));
		ok(action_starts_domain(i) == (position(i, STEP_CREATE) >= 0),
		   "%s starts a domain or not", action_name(i));
		ok(action_steps(i)[ACTION_STEPS_MAX - 1] == STEP_END,
		   "the plan of %s ends", action_name(i));
	}
}

static void test_destructive(void)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < STEP_COUNT; i++)
		wrong += step_is_destructive(i) !=
			 (i == STEP_RENAME || i == STEP_RELEASE ||
			  i == STEP_DESTROY || i == STEP_SOFT_RESET);
	ok(wrong == 0, "rename, release, destroy and soft-reset are "
	   "destructive");
}

static void test_sets(void)
{
	char text[STEP_SET_BYTES];
	uint32_t all = 0;

	for (unsigned int i = STEP_END + 1; i < STEP_COUNT; i++)
		all |= 1u << i;
	ok(step_set_parse(step_set_format(all, text)) == all,
	   "the set of all steps is read back: %s", text);
	is_text(step_set_format(1u << STEP_CREATE | 1u << STEP_SAVE, text),
		"save,create", "a set is the names of its steps");
	ok(step_set_parse("") == 0 && step_set_parse(",") == 0 &&
	   step_set_parse("sav,savers,save,later") == 1u << STEP_SAVE,
	   "what is no step's name is left out");
}

static void test_identity(void)
{
	const struct domain_id id = { 7, { 1, 2 }, 99 };
	struct domain_id other = id;

	ok(domain_id_equal(&id, &other), "a domain is itself");
	other.domid = 8;
	ok(!domain_id_equal(&id, &other), "another domid is another domain");
	other = id;
	other.uuid[15] = 1;
	ok(!domain_id_equal(&id, &other), "another uuid is another domain");
	other = id;
	other.epoch = 98;
	ok(!domain_id_equal(&id, &other), "another epoch is another domain");
}

static void test_copies(void)
{
	const struct domain_id id = { 7, { 1, 2 }, 99 };
	const struct domain_id others[] = {
		{ 8, { 1, 2 }, 99 }, { 7, { 1, 3 }, 99 }, { 7, { 1, 2 }, 100 },
		{ 7, { [15] = 1 }, 99 }, { 6, { 1, 2 }, 100 },
	};
	uint8_t uuid[UUID_BYTES], again[UUID_BYTES];
	unsigned int same = 0;

	domain_copy_uuid(&id, uuid);
	domain_copy_uuid(&id, again);
	ok(uuid_equal(uuid, again), "a copy's uuid is the same each time");
	ok(!uuid_equal(uuid, id.uuid) && uuid[6] >> 4 == 8 && uuid[8] >> 6 == 2,
	   "it is another, in the form of one");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		domain_copy_uuid(&others[i], again);
		same += uuid_equal(uuid, again);
	}
	ok(same == 0, "and no other domain's copy has it");
}

int main(void)
{
	test_reason_codes();
	test_names();
	test_bad_names();
	test_out_of_range();
	test_plans();
	test_rules();
	test_destructive();
	test_sets();
	test_identity();
	test_copies();
	return done_testing();
}
