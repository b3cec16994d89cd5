/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client that waits for a state of a guest: which states there are, and
 * whether the guest has one.  Keeps no pointer into the engine, and writes to
 * no socket.
 */
#include "control_wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "control.h"
#include "control_json.h"
#include "keeper.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A guest as the list of domains and its incident show it. */
struct view {
	bool is_there, runs, is_half_built, is_kept, is_undecided;
	uint32_t domid;		/* of the one that runs, or of another one */
	const struct incident *incident;	/* the open one */
};

static bool is_running(const struct view *view)
{
	return view->runs;
}

static bool is_down(const struct view *view)
{
	return !view->runs;
}

static bool is_held(const struct view *view)
{
	return view->incident && view->incident->state == CASE_STATE_HELD;
}

static bool is_handled(const struct view *view)
{
	return !view->incident && !view->is_undecided;
}

static bool is_kept(const struct view *view)
{
	return view->is_kept;
}

static bool is_gone(const struct view *view)
{
	return !view->is_there;
}

static const struct {
	const char *name;
	bool (*is)(const struct view *view);
} states[] = {
	{ "running", is_running },
	{ "down", is_down },
	{ "held", is_held },
	{ "handled", is_handled },
	{ "kept", is_kept },
	{ "gone", is_gone },
};

struct control_wait {
	uint8_t uuid[UUID_BYTES];
	char name[DOMAIN_NAME_BYTES];	/* "": not known */
	size_t state;
	int64_t timeout_ms;
};

/* --- the guest --- */

static void view_domain(struct view *view, const struct domain *domain)
{
	const struct domain_info *info = &domain->info;
	bool is_up = !info->shutdown && !info->dying && !domain->incident;
	/* Its builder has not let it run yet. */
	bool is_half_built = is_up && info->paused && info->cpu_time_ns == 0;

	if (!view->runs)
		view->domid = info->id.domid;
	view->is_there = true;
	view->runs |= is_up && !is_half_built;
	view->is_half_built |= is_half_built;
	view->is_kept |= domain->state == LIFE_STATE_KEPT;
	view->is_undecided |= domain->state == LIFE_STATE_DOWN;
}

static void view_guest(struct keeper *keeper, const struct guest *guest,
		       struct view *ret_view)
{
	struct view view = { .incident = guest ? guest->incident : NULL };
	struct domain *const *domains;
	size_t count = engine_domains(keeper->engine, &domains);

	for (size_t i = 0; guest && i < count; i++)
		if (domains[i]->guest == guest)
			view_domain(&view, domains[i]);
	*ret_view = view;
}

/* A guest whose file has no uuid gets another one at each manual start: then it
 * is found by its name. */
static const struct guest *find_waited_for(struct keeper *keeper,
					   const struct control_wait *wait)
{
	const struct guest *guest = engine_guest(keeper->engine, wait->uuid);
	const struct guest *named;

	if (wait->name[0] && (!guest || (!guest->domains && !guest->incident))) {
		named = control_find_name(keeper, wait->name);
		guest = named ?: guest;
	}
	return guest;
}

static const char *word_of(const struct view *view)
{
	if (view->incident)
		return machine_case_name(view->incident->state);
	if (view->runs)
		return "running";
	if (view->is_kept)
		return "kept";
	return view->is_there ? "down" : "gone";
}

/* --- answers --- */

static json_object *show_answer(const struct control_wait *wait,
				const struct view *view)
{
	json_object *to = json_object_new_object();
	char uuid[UUID_TEXT_BYTES];

	control_json_text(to, "domain", wait->name);
	control_json_text(to, "uuid", uuid_format(wait->uuid, uuid));
	control_json_text(to, "until", states[wait->state].name);
	control_json_bool(to, "reached", states[wait->state].is(view));
	control_json_text(to, "state", word_of(view));
	if (view->is_there)
		control_json_int(to, "domid", view->domid);
	if (view->incident) {
		control_json_int(to, "incident",
				 (int64_t)view->incident->number);
		control_json_text(to, "why", view->incident->why);
	}
	return to;
}

static json_object *error(const char *text)
{
	json_object *answer = json_object_new_object();

	control_json_text(answer, "error", text);
	return answer;
}

static const char *text_of(json_object *request, const char *key)
{
	json_object *value = NULL;

	json_object_object_get_ex(request, key, &value);
	return json_object_is_type(value, json_type_string) ?
		json_object_get_string(value) : "";
}

static int64_t timeout_of(json_object *request)
{
	json_object *value = NULL;
	int64_t ms = -1;

	json_object_object_get_ex(request, "timeout_ms", &value);
	if (json_object_is_type(value, json_type_int))
		ms = json_object_get_int64(value);
	return ms < 0 ? -1 : ms < CONTROL_WAIT_MOST_MS ? ms :
						   CONTROL_WAIT_MOST_MS;
}

/* An unknown guest is gone, and has no other state. */
static json_object *set_guest(struct keeper *keeper, const char *text,
			      struct control_wait *wait)
{
	const struct guest *guest = control_find_guest(keeper, text);
	const struct domain *domain;
	struct view view;

	if (!guest) {
		text_copy(wait->name, sizeof(wait->name), text);
		return states[wait->state].is == is_gone ? NULL :
			error("no such domain");
	}
	view_guest(keeper, guest, &view);
	domain = view.is_there ? engine_domain(keeper->engine, view.domid) : NULL;
	memcpy(wait->uuid, guest->uuid, UUID_BYTES);
	text_copy(wait->name, sizeof(wait->name), domain && domain->name[0] ?
		  domain->name : guest->name);
	return NULL;
}

json_object *control_wait_begin(struct keeper *keeper, json_object *request,
				struct control_wait **ret_wait)
{
	const char *until = text_of(request, "until");
	struct control_wait *wait;
	json_object *answer;
	bool more;
	size_t i = 0;

	while (i < COUNT(states) && strcmp(states[i].name, until) != 0)
		i++;
	if (i == COUNT(states))
		return error("the states to wait for are running, down, held, "
			     "handled, kept and gone");
	wait = calloc(1, sizeof(*wait));
	if (!wait)
		return error("out of memory");
	wait->state = i;
	wait->timeout_ms = timeout_of(request);
	answer = set_guest(keeper, text_of(request, "domain"), wait);
	answer = answer ?: control_wait_look(keeper, wait, &more);
	if (answer)
		free(wait);
	else
		*ret_wait = wait;
	return answer;
}

json_object *control_wait_look(struct keeper *keeper,
			       const struct control_wait *wait, bool *ret_again)
{
	struct view view;

	view_guest(keeper, find_waited_for(keeper, wait), &view);
	*ret_again = view.is_half_built;
	return states[wait->state].is(&view) ? show_answer(wait, &view) : NULL;
}

json_object *control_wait_end(struct keeper *keeper,
			      const struct control_wait *wait)
{
	struct view view;

	view_guest(keeper, find_waited_for(keeper, wait), &view);
	return show_answer(wait, &view);
}

int64_t control_wait_timeout_ms(const struct control_wait *wait)
{
	return wait->timeout_ms;
}
