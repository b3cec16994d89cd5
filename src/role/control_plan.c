/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What adopt and disown would do, guest by guest, as JSON.  Changes nothing:
 * the command asks for each guest by itself.
 */
#include <stdarg.h>
#include <stdio.h>

#include "control.h"
#include "control_json.h"
#include "keeper.h"

/* What would come of one guest. */
struct outlook {
	bool would;
	char text[256];
};

__attribute__((format(printf, 3, 4)))
static void set(struct outlook *outlook, bool would, const char *fmt, ...)
{
	va_list args;

	outlook->would = would;
	va_start(args, fmt);
	vsnprintf(outlook->text, sizeof(outlook->text), fmt, args);
	va_end(args);
}

/* --- adopt --- */

static void plan_one_adopt(struct keeper *keeper, const struct guest *guest,
			   bool all, pid_t monitor, struct outlook *ret)
{
	const struct domain *domain = keeper_domain_of(keeper, guest);
	const char *why = keeper_adopt_refuses(keeper, guest, monitor);

	if (why)
		set(ret, false, "%s", why);
	else if (monitor)
		set(ret, true, "xenvigil ends its xl monitor %d", (int)monitor);
	else if (domain->peer && all)
		set(ret, false, "%s supervises it: adopt it by its name, if %s "
		    "does not restart it", peer_name(domain->peer),
		    peer_name(domain->peer));
	else if (domain->peer)
		set(ret, true, "%s supervises it, and is not informed",
		    peer_name(domain->peer));
	else
		set(ret, true, "it has no supervisor");
}

/* --- disown --- */

static void plan_one_disown(struct keeper *keeper, const struct guest *guest,
			    bool all, pid_t monitor, struct outlook *ret)
{
	const struct domain *domain = keeper_domain_of(keeper, guest);
	bool stays_xls = keeper->settings->adopt != SETTINGS_ADOPT_XL;

	if (guest->disowned)
		set(ret, false, "it is already disowned");
	else if (guest->incident)
		set(ret, false, "it has an open incident");
	else if (all && domain && engine_is_foreign(keeper->engine, domain))
		set(ret, false, "%s supervises it", peer_name(domain->peer));
	else if (all && monitor && stays_xls)
		set(ret, false, "its xl monitor %d supervises it",
		    (int)monitor);
	else if (monitor)
		set(ret, true, "its xl monitor %d continues to supervise it",
		    (int)monitor);
	else if (guest->adopted && guest->peer)
		set(ret, true, "%s then supervises it", peer_name(guest->peer));
	else if (all && !engine_acts_on(keeper->engine, guest))
		set(ret, false, "it already has no supervisor");
	else
		set(ret, true, "it then has no supervisor: xl starts a monitor "
		    "only when it starts the guest");
}

/* --- both --- */

/* One of the two commands. */
struct plan {
	void (*one)(struct keeper *keeper, const struct guest *guest, bool all,
		    pid_t monitor, struct outlook *ret);
};

static json_object *show_plan(const struct guest *guest,
			      const struct domain *domain,
			      const struct outlook *outlook)
{
	json_object *to = json_object_new_object();
	char uuid[UUID_TEXT_BYTES];

	control_json_text(to, "domain", domain && domain->name[0] ?
			  domain->name : guest->name);
	if (domain)
		control_json_int(to, "domid", domain->info.id.domid);
	control_json_text(to, "uuid", uuid_format(guest->uuid, uuid));
	control_json_bool(to, "would", outlook->would);
	control_json_text(to, "text", outlook->text);
	return to;
}

static void add_plan(struct keeper *keeper, const struct control_owners *owners,
		     const struct guest *guest, bool all,
		     const struct plan *plan, json_object *to)
{
	const struct domain *domain = keeper_domain_of(keeper, guest);
	struct outlook outlook;

	if (all && (domain ? domain->serves != 0 : !guest->incident))
		return;
	plan->one(keeper, guest, all, domain && owners ?
		  control_owners_monitor(owners, domain) : 0, &outlook);
	control_json_append(to, show_plan(guest, domain, &outlook));
}

static json_object *plan_all(struct keeper *keeper, const struct guest *only,
			     const struct plan *plan)
{
	struct control_owners *owners = control_owners_find(keeper);
	json_object *to = json_object_new_object();
	json_object *list = json_object_new_array();
	const struct guest *guest;

	if (only)
		add_plan(keeper, owners, only, false, plan, list);
	else
		LIST_EACH(guest, (struct list *)engine_guests(keeper->engine),
			  const struct guest, node)
			add_plan(keeper, owners, guest, true, plan, list);
	control_owners_free(owners);
	control_json_add(to, "guests", list);
	return to;
}

json_object *control_plan_adopt(struct keeper *keeper,
				const struct guest *guest)
{
	static const struct plan adopt = { plan_one_adopt };

	return plan_all(keeper, guest, &adopt);
}

json_object *control_plan_disown(struct keeper *keeper,
				 const struct guest *guest)
{
	static const struct plan disown = { plan_one_disown };

	return plan_all(keeper, guest, &disown);
}
