/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One incident with all that is known of it, as JSON.  Reads only.
 */
#include <errno.h>
#include <string.h>

#include "control.h"
#include "control_json.h"
#include "keeper.h"

static int add_evidence(void *ctx, const struct evidence *evidence)
{
	json_object *to = json_object_new_object();

	control_json_text(to, "kind", evidence_kind_name(evidence->kind));
	control_json_int(to, "at_ms", evidence->at_ms);
	control_json_text(to, "source", evidence->source);
	control_json_text(to, "text", evidence->text);
	control_json_text(to, "missing", evidence->missing);
	control_json_append(ctx, to);
	return 0;
}

static int take_incident(void *ctx, struct incident *incident)
{
	json_object **to = ctx;

	*to = control_show_incident(incident);
	incident_free(incident);
	return 0;
}

static const char *explain(int r)
{
	return r == -ENOENT ? "no such incident" :
	       r == -ENOTUNIQ ? "more than one guest has a uuid that starts "
				"like this" :
	       strerror(-r);
}

json_object *control_show_info(struct keeper *keeper, const char *id)
{
	json_object *to = NULL, *list = json_object_new_array();
	struct control_groups *groups;
	uint64_t number = 0;
	int r = store_find_incident(keeper->store, id, &number);

	if (r == 0)
		r = store_get_incident(keeper->store, number, take_incident,
				       &to);
	if (r == 0)
		r = store_each_evidence(keeper->store, number, add_evidence,
					list);
	if (!to)
		to = json_object_new_object();
	groups = r == 0 ? control_groups_load(keeper) : NULL;
	control_groups_tell(groups, to);
	control_groups_free(groups);
	control_json_add(to, "evidence", list);
	if (r < 0)
		control_json_text(to, "error", explain(r));
	return to;
}
