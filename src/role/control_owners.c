/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who supervises each domain, as JSON, and how many each has.  Reads only.
 */
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "control_json.h"
#include "keeper.h"
#include "port/owner.h"

struct control_owners {
	struct keeper *keeper;
	size_t count, cap;
	struct owner_monitor *at;	/* xl's, found once for all domains */
};

/* Without memory a monitor is not shown. */
static void note_monitor(void *ctx, const struct owner_monitor *monitor)
{
	struct control_owners *owners = ctx;

	if (owners->count == owners->cap) {
		size_t cap = owners->cap ? 2 * owners->cap : 16;
		struct owner_monitor *at = realloc(owners->at,
						   cap * sizeof(*at));

		if (!at)
			return;
		owners->at = at;
		owners->cap = cap;
	}
	owners->at[owners->count++] = *monitor;
}

struct control_owners *control_owners_find(struct keeper *keeper)
{
	struct control_owners *owners = calloc(1, sizeof(*owners));

	if (!owners)
		return NULL;
	owners->keeper = keeper;
	owner_each_monitor("/proc", note_monitor, owners);
	return owners;
}

void control_owners_free(struct control_owners *owners)
{
	if (owners)
		free(owners->at);
	free(owners);
}

pid_t control_owners_monitor(const struct control_owners *owners,
			     const struct domain *domain)
{
	struct owner_query query;

	keeper_owner_query(owners->keeper, domain, &query);
	for (size_t i = 0; i < owners->count; i++)
		if (owner_is_monitor_of(&owners->at[i], &query))
			return owners->at[i].pid;
	return 0;
}

/* "xl", another toolstack by its name, "other" (disowned), "nobody" or
 * "xenvigil". */
static const char *name_owner(const struct control_owners *owners,
			      const struct domain *domain, pid_t *ret_monitor)
{
	const struct engine *engine = owners->keeper->engine;

	*ret_monitor = control_owners_monitor(owners, domain);
	if (*ret_monitor)
		return "xl";
	if (engine_is_foreign(engine, domain))
		return peer_name(domain->peer);
	if (domain->guest->disowned)
		return "other";
	return engine_acts_on(engine, domain->guest) ? "xenvigil" : "nobody";
}

void control_owners_tell(const struct control_owners *owners,
			 const struct domain *domain, json_object *to)
{
	pid_t monitor;

	if (!owners)
		return;
	control_json_text(to, "owner", name_owner(owners, domain, &monitor));
	if (monitor)
		control_json_int(to, "owner_pid", monitor);
}

static const struct {
	const char *by, *change;
} supervisors[] = {
	{ "xenvigil", "xenvigil disown NAME" },
	{ "xl", "xenvigil adopt --all" },
#define X(name, text) \
	{ text, "xenvigil adopt NAME, or " text "_guests in xenvigil.conf" },
	PEER_TOOLSTACK_LIST(X)
#undef X
	{ "other", "xenvigil adopt NAME" },
	{ "nobody", "xenvigil adopt --all, or adopt in xenvigil.conf" },
};

#define SUPERVISORS (sizeof(supervisors) / sizeof(*supervisors))

static size_t place_of(const char *by)
{
	size_t i = 0;

	while (i < SUPERVISORS - 1 && strcmp(supervisors[i].by, by) != 0)
		i++;
	return i;
}

json_object *control_owners_sum(const struct control_owners *owners)
{
	json_object *to = json_object_new_array();
	unsigned int guests[SUPERVISORS] = { 0 };
	struct domain *const *domains;
	size_t count = owners ? engine_domains(owners->keeper->engine,
					       &domains) : 0;
	pid_t monitor;

	for (size_t i = 0; i < count; i++)
		if (!domains[i]->serves && !domains[i]->info.dying)
			guests[place_of(name_owner(owners, domains[i],
						   &monitor))]++;
	for (size_t i = 0; i < SUPERVISORS; i++) {
		json_object *one = guests[i] ? json_object_new_object() : NULL;

		if (!one)
			continue;
		control_json_text(one, "by", supervisors[i].by);
		control_json_int(one, "guests", guests[i]);
		control_json_text(one, "change", supervisors[i].change);
		control_json_append(to, one);
	}
	return to;
}
