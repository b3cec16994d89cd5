/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/policy and core/caps: every reason code with every configured action,
 * from either place, on every type of domain, with and without what it
 * needs; and what the history makes of a start and of a core.
 */
#include <stdlib.h>
#include <string.h>

#include "core/policy.h"

#include "tap.h"

static struct settings *settings;

/* What an action becomes where it cannot work, written down once more. */
static enum action possible(enum action wanted, const struct caps *caps,
			    enum domain_type type, bool have_config)
{
	bool first = wanted == ACTION_RESTART_FIRST &&
		     type != DOMAIN_TYPE_HVM && caps->core_dir && have_config;
	bool starts = wanted == ACTION_RESTART ||
		      wanted == ACTION_RENAME_RESTART ||
		      wanted == ACTION_COREDUMP_RESTART;
	bool dumps = wanted == ACTION_COREDUMP_RESTART ||
		     wanted == ACTION_COREDUMP_DESTROY;
	bool old = caps->xen_major < 4 ||
		   (caps->xen_major == 4 && caps->xen_minor < 6);

	if (first)
		return wanted;
	if (wanted == ACTION_RESTART_FIRST)
		return possible(ACTION_COREDUMP_RESTART, caps, type,
				have_config);
	if (wanted == ACTION_SOFT_RESET)
		return type == DOMAIN_TYPE_HVM && !old ? wanted :
							 ACTION_PRESERVE;
	if (dumps && !caps->core_dir)
		wanted = starts ? ACTION_RESTART : ACTION_DESTROY;
	return starts && !have_config ? ACTION_PRESERVE : wanted;
}

static enum reason counts_as(int code)
{
	static const enum reason known[] = {
		REASON_POWEROFF, REASON_REBOOT, REASON_SUSPEND, REASON_CRASH,
		REASON_WATCHDOG, REASON_SOFT_RESET,
	};

	return code < 6 ? known[code] : settings->unknown_reason;
}

struct class {
	int code;
	enum action ours, theirs;	/* ACTION_NONE: nothing set there */
	bool have_config, named;
	enum domain_type type;
	struct caps caps;
};

/* By the operator, by its name. */
static bool adopted;

static bool judge(const struct class *c)
{
	struct domain_config config = { .type = c->type };
	struct policy_input input = {
		.reason_code = c->code, .settings = settings,
		.caps = &c->caps, .config = c->have_config ? &config : NULL,
		.name = c->named ? "guest" : "", .adopted = adopted,
	};
	struct policy_verdict v;
	enum reason reason = counts_as(c->code);
	enum action wanted = ACTION_PRESERVE;

	settings->guest.on[reason] = c->ours;
	config.on[reason] = c->theirs;
	policy_decide(&input, &v);
	settings->guest.on[reason] = ACTION_NONE;
	if (reason == REASON_SUSPEND)
		return v.leave_alone && v.source == POLICY_SOURCE_SUSPENDED;
	if (settings->adopt == SETTINGS_ADOPT_NONE && !adopted)
		wanted = ACTION_LOG;
	else if (c->ours && (c->named || c->have_config))
		wanted = c->ours;
	else if (c->have_config && c->theirs)
		wanted = c->theirs;
	return !v.leave_alone && v.reason == reason && v.wanted == wanted &&
	       v.action == possible(wanted, &c->caps,
				    c->have_config ? c->type :
						     DOMAIN_TYPE_UNKNOWN,
				    c->have_config) &&
	       (v.refused != NULL) == (v.action != v.wanted);
}

/* All actions in both places for one code and one set of circumstances. */
static unsigned int sweep(struct class c)
{
	unsigned int wrong = 0;

	for (c.ours = ACTION_NONE; c.ours < ACTION_COUNT; c.ours++)
		for (c.theirs = ACTION_NONE; c.theirs < ACTION_COUNT; c.theirs++) {
			if (judge(&c))
				continue;
			wrong++;
			printf("# code %d, ours %s, theirs %s, type %s\n",
			       c.code, action_name(c.ours),
			       action_name(c.theirs),
			       domain_type_name(c.type));
		}
	return wrong;
}

static unsigned int sweep_circumstances(int code)
{
	unsigned int wrong = 0;

	for (int bits = 0; bits < 16; bits++)
		for (int type = 0; type < DOMAIN_TYPE_COUNT; type++) {
			struct class c = {
				.code = code, .type = type,
				.have_config = bits & 1, .named = bits & 2,
				.caps = { .core_dir = bits & 4, .xen_major = 4,
					  .xen_minor = bits & 8 ? 17 : 5 },
			};

			wrong += sweep(c);
		}
	return wrong;
}

static void test_classes(void)
{
	static const int codes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 42, 128, 255 };

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		ok(sweep_circumstances(codes[i]) == 0, "code %d: every action "
		   "from both places in all circumstances", codes[i]);
	settings->adopt = SETTINGS_ADOPT_NONE;
	ok(sweep_circumstances(3) == 0 && sweep_circumstances(2) == 0,
	   "nothing is adopted: all of it is looked at only");
	adopted = true;
	ok(sweep_circumstances(3) == 0, "but one that was adopted by its name");
	adopted = false;
	settings->adopt = SETTINGS_ADOPT_XL;
	ok(sweep_circumstances(3) == 0, "where xl's are ours, too, as usual");
	settings->adopt = SETTINGS_ADOPT_ORPHANS;
	settings->unknown_reason = REASON_POWEROFF;
	ok(sweep_circumstances(77) == 0, "an odd code counts as is set");
	settings->unknown_reason = REASON_CRASH;
}

/* The setting speaks of coredump-restart alone, wherever that was set. */
static void test_first(void)
{
	static struct caps caps = { .xen_major = 4, .core_dir = true };
	struct domain_config config = { .type = DOMAIN_TYPE_PV };
	struct policy_input input = {
		.reason_code = 3, .settings = settings, .caps = &caps,
		.config = &config, .name = "guest",
	};
	struct policy_verdict v;

	settings->guest.restart_first = 1;
	for (unsigned int i = 1; i < ACTION_COUNT; i++) {
		config.on[REASON_CRASH] = i;
		policy_decide(&input, &v);
		ok(v.wanted == (i == ACTION_COREDUMP_RESTART ?
				ACTION_RESTART_FIRST : i) && !v.refused ==
		   (i != ACTION_SOFT_RESET), "restart_first makes of %s: %s",
		   action_name(i), action_name(v.wanted));
	}
	config.on[REASON_CRASH] = ACTION_COREDUMP_RESTART;
	for (unsigned int i = 1; i < DOMAIN_TIE_COUNT; i++) {
		config.tie = i;
		policy_decide(&input, &v);
		ok(v.wanted == ACTION_RESTART_FIRST &&
		   v.action == ACTION_COREDUMP_RESTART &&
		   v.refused == domain_tie_text(i), "not when %s",
		   domain_tie_text(i));
	}
	config.tie = DOMAIN_TIE_NONE;
	config.type = DOMAIN_TYPE_HVM;
	policy_decide(&input, &v);
	ok(v.action == ACTION_COREDUMP_RESTART &&
	   v.refused == domain_tie_text(DOMAIN_TIE_MODEL),
	   "not when all that is known is that it is HVM");
	settings->guest.restart_first = 0;
	config.type = DOMAIN_TYPE_PV;
	policy_decide(&input, &v);
	ok(v.action == ACTION_COREDUMP_RESTART && !v.refused,
	   "not when nobody asked for it");
}

static void test_foreign(void)
{
	static struct caps caps = { .xen_major = 4, .core_dir = true };
	struct domain_config config = { .on = { [REASON_CRASH] =
						ACTION_RESTART } };
	struct policy_input input = {
		.reason_code = 3, .settings = settings, .caps = &caps,
		.config = &config, .name = "guest", .foreign = true,
	};
	struct policy_verdict v;

	settings->guest.on[REASON_CRASH] = ACTION_DESTROY;
	policy_decide(&input, &v);
	settings->guest.on[REASON_CRASH] = ACTION_NONE;
	ok(v.action == ACTION_LOG && v.source == POLICY_SOURCE_FOREIGN,
	   "another toolstack's guest is recorded, whatever is set");
	input.reason_code = 2;
	policy_decide(&input, &v);
	ok(v.leave_alone, "but not when it is suspended");
}

static void test_all_codes(void)
{
	struct class c = { .have_config = true, .named = true,
			   .type = DOMAIN_TYPE_PV, .ours = ACTION_RESTART,
			   .caps = { .xen_major = 4, .xen_minor = 17 } };
	unsigned int wrong = 0;

	for (c.code = 0; c.code < 256; c.code++)
		wrong += !judge(&c);
	ok(wrong == 0, "each of the 256 codes is decided");
}

static void test_own_file(void)
{
	struct settings_guest *own = settings_add_guest(settings, "guest");
	struct domain_config config = { .type = DOMAIN_TYPE_PV };
	struct caps caps = { .xen_major = 4, .xen_minor = 17 };
	struct policy_input input = { .reason_code = 3, .settings = settings,
				      .caps = &caps, .config = &config,
				      .name = "guest" };
	struct policy_verdict v;

	settings->guest.on[REASON_CRASH] = ACTION_DESTROY;
	own->guest.on[REASON_CRASH] = ACTION_PAUSE;
	policy_decide(&input, &v);
	ok(v.action == ACTION_PAUSE, "a guest's own file goes before all");
	input.name = "other";
	policy_decide(&input, &v);
	ok(v.action == ACTION_DESTROY, "and is no other guest's");
	settings->guest.on[REASON_CRASH] = ACTION_NONE;
	own->guest.on[REASON_CRASH] = ACTION_NONE;
}

static void test_migrating(void)
{
	static const char *const moving[] = { "a--incoming",
					      "a--migratedaway", "--incoming" };
	static const char *const staying[] = { "", "a", "incoming",
					       "a--incoming-b", "-incoming" };
	struct caps caps = { 0 };
	struct policy_input input = { .reason_code = 3, .settings = settings,
				      .caps = &caps };
	struct policy_verdict v;
	unsigned int wrong = 0;

	for (int i = 0; i < 3; i++) {
		input.name = moving[i];
		policy_decide(&input, &v);
		wrong += !v.leave_alone;
	}
	for (int i = 0; i < 5; i++)
		wrong += policy_name_is_migrating(staying[i]);
	ok(wrong == 0, "both ends of a migration are left alone, nobody else");
}

/* The history: how many starts, how recent, how many in a row. */
static void test_history(void)
{
	struct guest_settings set = { .restart_limit = 3,
				      .restart_window_s = 100,
				      .backoff_min_s = 1, .backoff_max_s = 9,
				      .loop_cores = 2 };
	static const uint32_t delays[] = { 0, 1000, 2000 };
	struct budget budget = { 0 };
	unsigned int wrong = 0;
	uint32_t delay = 77;

	for (int i = 0; i < 3; i++) {
		enum policy_start start = policy_decide_start(&budget, &set,
							      500000, &delay);

		wrong += start != (i ? POLICY_START_LATER : POLICY_START_NOW);
		wrong += delay != delays[i];
		wrong += policy_wants_core(&budget, &set) != (i < 2);
		budget_spend(&budget, 500000);
	}
	ok(wrong == 0, "first at once, then later and later; cores of the "
	   "first two");
	delay = 77;
	ok(policy_decide_start(&budget, &set, 599999, &delay) ==
	   POLICY_START_HOLD && delay == 77, "held when it is spent");
	ok(policy_decide_start(&budget, &set, 600000, &delay) ==
	   POLICY_START_LATER && delay == 4000,
	   "allowed when the window is over, the loop not forgotten");
	set.restart_limit = 0;
	budget_reset(&budget);
	ok(policy_decide_start(&budget, &set, 1, &delay) == POLICY_START_HOLD,
	   "a limit of none starts nothing");
	set.loop_cores = 0;
	ok(!policy_wants_core(&budget, &set), "and no cores means none");
}

int main(void)
{
	settings = settings_new();
	test_classes();
	test_first();
	test_foreign();
	test_all_codes();
	test_own_file();
	test_migrating();
	test_history();
	for (unsigned int i = 0; i < POLICY_SOURCE_COUNT; i++)
		ok(policy_source_name(i)[0] != '\0', "source %u has a name", i);
	is_text(policy_source_name(POLICY_SOURCE_COUNT), "unknown",
		"a number without a source has one too");
	settings_free(settings);
	return done_testing();
}
