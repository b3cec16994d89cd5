/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client waits for, over a guest's shutdowns and starts.  That the daemon
 * answers when it should is tests/attack's.
 */
#include "engine_host.h"
#include "role/control.h"
#include "role/control_wait.h"
#include "role/keeper.h"
#include "tap.h"

static struct keeper keeper;

static json_object *make_request(const char *domain, const char *until)
{
	json_object *request = json_object_new_object();

	json_object_object_add(request, "domain",
			       json_object_new_string(domain));
	json_object_object_add(request, "until",
			       json_object_new_string(until));
	return request;
}

/* The answer at once; NULL and what is waited for. */
static json_object *begin_wait(const char *domain, const char *until,
			       struct control_wait **ret_wait)
{
	json_object *request = make_request(domain, until);
	json_object *answer;

	keeper.engine = host.engine;
	*ret_wait = NULL;
	answer = control_wait_begin(&keeper, request, ret_wait);
	json_object_put(request);
	return answer;
}

static bool says(json_object *answer, const char *key, const char *text)
{
	const char *has = json_object_get_string(
		json_object_object_get(answer, key));
	bool same = has && strcmp(has, text) == 0;

	json_object_put(answer);
	return same;
}

/* Whether it is answered at once, by an error. */
static bool is_refused(const char *domain, const char *until)
{
	struct control_wait *wait;
	json_object *answer = begin_wait(domain, until, &wait);
	bool refused = !wait && json_object_object_get(answer, "error");

	free(wait);
	json_object_put(answer);
	return refused;
}

/* Whether the guest has it now; its answer then says so. */
static bool is(const char *until)
{
	struct control_wait *wait;
	json_object *answer = begin_wait("web", until, &wait);

	free(wait);
	return answer && says(answer, "reached", "true");
}

static bool reached(const struct control_wait *wait)
{
	bool again;
	json_object *answer = control_wait_look(&keeper, wait, &again);

	json_object_put(answer);
	return answer != NULL;
}

static void test_states(void)
{
	begin(ACTION_RESTART);
	ok(is("running") && is("handled") && !is("down") && !is("held") &&
	   !is("kept") && !is("gone"), "a guest that runs");
	crash(5);
	ok(is("down") && !is("running") && !is("handled") && !is("gone"),
	   "one whose crash is being handled");
	answer_until(STEP_CREATE);
	ok(is("gone") && is("down") && !is("handled"),
	   "one whose domain was destroyed");
	answer(0);
	ok(is("running") && is("handled") && !is("down"),
	   "one that was restarted");
	finish();
}

static void test_held(void)
{
	struct control_wait *wait;
	json_object *late;

	begin(ACTION_RESTART);
	engine_hold(host.engine, uuid, host.now);
	ok(!is("held"), "maintenance alone is not what is waited for");
	ok(!begin_wait("web", "held", &wait) && wait && !reached(wait),
	   "a held incident is waited for");
	crash(5);
	ok(reached(wait) && is("held"), "and is seen");
	free(wait);
	ok(!begin_wait("5", "running", &wait) && wait,
	   "a guest is known by its domid");
	late = control_wait_end(&keeper, wait);
	ok(!json_object_get_boolean(json_object_object_get(late, "reached")) &&
	   json_object_get_int64(json_object_object_get(late, "incident")) > 0 &&
	   says(late, "state", "held"), "late, it is said what it is instead");
	engine_release(host.engine, uuid, host.now);
	answer_until(STEP_CREATE);
	ok(!reached(wait), "its domain being gone, it does not run");
	answer(0);
	ok(reached(wait), "with another domid it does");
	free(wait);
	finish();
}

static void test_kept(void)
{
	begin(ACTION_PRESERVE);
	crash(5);
	while (open_one())
		answer(0);
	ok(is("kept") && is("handled") && is("down") && !is("gone"),
	   "one that stays as it is after its crash");
	finish();
}

/* As a person does with a file that has no uuid. */
static void test_another_uuid(void)
{
	struct domain_config config = { .name = "web",
					.type = DOMAIN_TYPE_PV };
	struct control_wait *wait;
	bool again = false;

	begin(ACTION_DESTROY);
	ok(!begin_wait("web", "down", &wait) && wait, "it runs");
	free(wait);
	crash(5);
	ok(!begin_wait("web", "running", &wait) && wait, "it fell");
	while (open_one())
		answer(0);
	pass(1000);
	scan();
	ok(!reached(wait), "it is gone");
	build_domain(9);
	host.list[host.count - 1].id.uuid[0] = 77;
	scan();
	engine_config(host.engine, 9, host.list[host.count - 1].id.uuid, &config,
		      host.now);
	ok(!control_wait_look(&keeper, wait, &again) && again,
	   "one that is being built is looked at again");
	host.list[host.count - 1].paused = false;
	scan();
	ok(reached(wait), "a start with another uuid is found by the name");
	free(wait);
	finish();
}

static void test_refused(void)
{
	struct control_wait *wait;

	begin(ACTION_RESTART);
	ok(says(begin_wait("db", "running", &wait), "error", "no such domain"),
	   "a domain that is not known is an error");
	ok(says(begin_wait("db", "gone", &wait), "reached", "true"),
	   "but it is gone");
	ok(is_refused("web", "well"), "a state that there is not");
	ok(is_refused("web", ""), "nor is none one");
	finish();
}

static void test_timeout(void)
{
	static const struct { int64_t ms, taken; } cases[] = {
		{ 0, 0 }, { 1500, 1500 }, { -7, -1 }, { INT64_MIN, -1 },
		{ INT64_MAX, CONTROL_WAIT_MOST_MS },
	};

	begin(ACTION_RESTART);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_object *request = make_request("web", "down");
		struct control_wait *wait = NULL;

		json_object_object_add(request, "timeout_ms",
				       json_object_new_int64(cases[i].ms));
		keeper.engine = host.engine;
		control_wait_begin(&keeper, request, &wait);
		ok(wait && control_wait_timeout_ms(wait) == cases[i].taken,
		   "a time of %lld ms", (long long)cases[i].ms);
		free(wait);
		json_object_put(request);
	}
	finish();
}

int main(void)
{
	test_states();
	test_held();
	test_kept();
	test_another_uuid();
	test_refused();
	test_timeout();
	return done_testing();
}
