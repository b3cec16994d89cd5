/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operator's commands: one short function each, found in a table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "control_json.h"
#include "keeper.h"

#define LIST_LIMIT 1000 /* unless more are asked for */

static json_object *error(const char *text)
{
	json_object *answer = json_object_new_object();

	control_json_text(answer, "error", text);
	return answer;
}

static const char *text_of(json_object *request, const char *key)
{
	json_object *value;

	if (!json_object_object_get_ex(request, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static int64_t number_of(json_object *request, const char *key,
			 int64_t otherwise)
{
	json_object *value;

	if (!json_object_object_get_ex(request, key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return otherwise;
	return json_object_get_int64(value);
}

/* --- commands --- */

static json_object *do_status(struct keeper *keeper, json_object *request)
{
	(void)request;
	keeper_scan(keeper);
	keeper_watcher_ping(keeper); /* a host with a client is not idle */
	return control_show_status(keeper);
}

static json_object *do_host(struct keeper *keeper, json_object *request)
{
	(void)request;
	return control_show_host(keeper);
}

static json_object *do_list(struct keeper *keeper, json_object *request)
{
	int64_t limit = number_of(request, "limit", LIST_LIMIT);
	struct control_range range;

	if (limit < 1 || limit > 1000000)
		return error("limit: 1 to 1000000");
	range.since_ms = number_of(request, "since_ms", 0);
	range.before_ms = number_of(request, "before_ms", INT64_MAX);
	range.before = (uint64_t)number_of(request, "before", 0);
	range.limit = (uint32_t)limit;
	return control_show_incidents(keeper, &range);
}

static json_object *do_info(struct keeper *keeper, json_object *request)
{
	return control_show_info(keeper, text_of(request, "id") ?: "");
}

static json_object *do_policy(struct keeper *keeper, json_object *request)
{
	const char *name = text_of(request, "domain");
	const struct guest *guest = NULL;

	if (name) {
		guest = control_find_guest(keeper, name);
		if (!guest)
			return error("no such domain");
	}
	return control_show_policy(keeper, guest);
}

static json_object *operate(struct keeper *keeper, const struct guest *guest,
			    int (*call)(struct engine *engine,
					const uint8_t *uuid,
					struct engine_time now),
			    const char *already)
{
	json_object *answer;
	int r;

	if (!guest)
		return error("no such domain");
	r = call(keeper->engine, guest->uuid, keeper_now(keeper));
	if (r == -EALREADY)
		return error(already);
	if (r == -ENOENT)
		return error("the guest has no open incident");
	answer = json_object_new_object();
	control_json_bool(answer, "ok", true);
	return answer;
}

/* The guest's newest domain, whether it runs or was kept after a crash. */
static const struct domain *domain_of(struct keeper *keeper,
				      const struct guest *guest)
{
	const struct domain *found = NULL;
	struct domain *const *domains;
	size_t count = engine_domains(keeper->engine, &domains);

	for (size_t i = 0; i < count; i++)
		if (domains[i]->guest == guest && !domains[i]->info.dying)
			found = domains[i];
	return found;
}

/* Shows nothing itself: the status says how far it has come. */
static json_object *do_capture(struct keeper *keeper, json_object *request)
{
	const char *name = text_of(request, "domain");
	const struct keeper_capture *capture;
	const struct guest *guest;
	const struct domain *domain;
	json_object *live, *answer;
	int r;

	keeper_scan(keeper);
	guest = name ? control_find_guest(keeper, name) : NULL;
	domain = guest ? domain_of(keeper, guest) : NULL;
	if (!domain)
		return error("no such domain");
	r = keeper_capture_start(keeper, domain,
				 json_object_object_get_ex(request, "live",
							   &live) &&
				 json_object_get_boolean(live), &capture);
	if (r == -EALREADY)
		return error("a core of this domain is already being written");
	if (r < 0)
		return error(strerror(-r));
	answer = json_object_new_object();
	control_json_text(answer, "core", capture->path);
	return answer;
}

static json_object *do_hold(struct keeper *keeper, json_object *request)
{
	const char *name = text_of(request, "domain");

	keeper_scan(keeper);
	return operate(keeper, name ? control_find_guest(keeper, name) : NULL,
		       engine_hold, "the guest is already held");
}

/* Of guests that rest, or an incident of theirs does. */
static json_object *set_going(struct keeper *keeper, json_object *request,
			      bool (*rests)(const struct guest *guest),
			      int (*call)(struct engine *engine,
					  const uint8_t *uuid,
					  struct engine_time now),
			      const char *already)
{
	const char *name = text_of(request, "domain");
	const struct guest *guest = NULL;

	keeper_scan(keeper);
	if (name && control_find_resting(keeper, name, rests, &guest) < 0)
		return error("more than one guest matches: use the uuid, or an "
			     "incident's number that is no domid");
	return operate(keeper, guest, call, already);
}

static bool is_held(const struct guest *guest)
{
	return guest->hold || (guest->incident &&
			       guest->incident->state == CASE_STATE_HELD);
}

static json_object *do_release(struct keeper *keeper, json_object *request)
{
	return set_going(keeper, request, is_held, engine_release,
			 "the guest is not held");
}

static bool may_retry(const struct guest *guest)
{
	return guest->incident &&
	       (guest->incident->state == CASE_STATE_HELD ||
		guest->incident->state == CASE_STATE_WAITING);
}

static json_object *do_retry(struct keeper *keeper, json_object *request)
{
	return set_going(keeper, request, may_retry, engine_retry,
			 "its incident is in progress");
}

/* Changes the supervisor of a domain. */
static json_object *hand(struct keeper *keeper, json_object *request,
			 const char *(*call)(struct keeper *keeper,
					     const struct guest *guest))
{
	const char *name = text_of(request, "domain"), *why;
	const struct guest *guest;
	json_object *answer;

	keeper_scan(keeper);
	guest = name ? control_find_guest(keeper, name) : NULL;
	why = guest ? call(keeper, guest) : "no such domain";
	if (why)
		return error(why);
	answer = json_object_new_object();
	control_json_bool(answer, "ok", true);
	return answer;
}

static json_object *do_adopt(struct keeper *keeper, json_object *request)
{
	return hand(keeper, request, keeper_adopt);
}

static json_object *do_disown(struct keeper *keeper, json_object *request)
{
	return hand(keeper, request, keeper_disown);
}

/* Of one guest, or of all. */
static json_object *plan(struct keeper *keeper, json_object *request,
			 json_object *(*call)(struct keeper *keeper,
					      const struct guest *guest))
{
	const char *name = text_of(request, "domain");
	const struct guest *guest;

	keeper_scan(keeper);
	guest = name ? control_find_guest(keeper, name) : NULL;
	return name && !guest ? error("no such domain") : call(keeper, guest);
}

/* Names of their own, as retreat-cancel has. */
static json_object *do_adopt_plan(struct keeper *keeper, json_object *request)
{
	return plan(keeper, request, control_plan_adopt);
}

static json_object *do_disown_plan(struct keeper *keeper,
				   json_object *request)
{
	return plan(keeper, request, control_plan_disown);
}

static json_object *do_retreat(struct keeper *keeper, json_object *request)
{
	const char *why = keeper_retreat_start(keeper);

	(void)request;
	return why ? error(why) : control_show_retreat(keeper);
}

/* A separate command: an older daemon would take it as the order to start. */
static json_object *do_retreat_cancel(struct keeper *keeper,
				      json_object *request)
{
	const char *why = keeper_retreat_cancel(keeper);

	(void)request;
	return why ? error(why) : control_show_retreat(keeper);
}

static const struct {
	const char *name;
	json_object *(*call)(struct keeper *keeper, json_object *request);
} commands[] = {
	{ "status", do_status },
	{ "host", do_host },
	{ "list", do_list },
	{ "info", do_info },
	{ "policy", do_policy },
	{ "capture", do_capture },
	{ "hold", do_hold },
	{ "release", do_release },
	{ "retry", do_retry },
	{ "adopt", do_adopt },
	{ "disown", do_disown },
	{ "adopt-plan", do_adopt_plan },
	{ "disown-plan", do_disown_plan },
	{ "retreat", do_retreat },
	{ "retreat-cancel", do_retreat_cancel },
};

json_object *control_answer(struct keeper *keeper, json_object *request)
{
	const char *name;

	if (!request || !json_object_is_type(request, json_type_object))
		return error("the request is not a JSON object");
	name = text_of(request, "command");
	for (size_t i = 0; name && i < sizeof(commands) / sizeof(*commands);
	     i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].call(keeper, request);
	return error("no such command");
}
