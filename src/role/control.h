/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operator's socket: RUN_DIR/control, root only.  A client sends one
 * JSON object and a newline, gets one JSON object, and is hung up on.  The
 * answer to "wait" comes when the guest has the state that is asked for.
 */
#ifndef ROLE_CONTROL_H
#define ROLE_CONTROL_H

#include <stdbool.h>
#include <sys/types.h>

#include <json-c/json.h>

struct control;
struct keeper;

int control_open(struct keeper *keeper, struct control **ret_control);
void control_close(struct control *control);

/* Answers the clients that wait for a probe of the host. */
void control_resume(struct control *control);
/* Looks soon at what clients wait for.  CONTROL may be NULL. */
void control_changed(struct control *control);

/*
 * control_answer.c: carries out REQUEST and returns the answer, the
 * caller's to put; {"error": "..."} when it cannot be done.
 */
json_object *control_answer(struct keeper *keeper, json_object *request);

/* control_show.c: what is known, as JSON objects for the caller to put. */
json_object *control_show_status(struct keeper *keeper);

/* What one answer holds at most: it is made while nothing else is done. */
#define CONTROL_PAGE_MAX 1000

/* Which incidents, from the newest on. */
struct control_range {
	int64_t since_ms;
	int64_t before_ms;	/* INT64_MAX: from the newest one */
	uint64_t before;	/* of those of BEFORE_MS, numbered less */
	uint32_t limit;		/* of which CONTROL_PAGE_MAX are in the answer */
};
json_object *control_show_incidents(struct keeper *keeper,
				    const struct control_range *range);
/* control_info.c: the one incident that a person calls ID. */
json_object *control_show_info(struct keeper *keeper, const char *id);
json_object *control_show_retreat(struct keeper *keeper);
/*
 * control_groups.c: adds to incidents of control_show_incident() how often the
 * same was seen, and since when.  NULL does nothing: no memory.
 */
struct control_groups;
struct control_groups *control_groups_load(struct keeper *keeper);
void control_groups_free(struct control_groups *groups);
void control_groups_tell(const struct control_groups *groups,
			 json_object *incident);
/*
 * control_owners.c: the supervisor of each domain.  NULL: no memory; then the
 * answer has none.
 */
struct control_owners;
struct domain;
struct control_owners *control_owners_find(struct keeper *keeper);
void control_owners_free(struct control_owners *owners);
void control_owners_tell(const struct control_owners *owners,
			 const struct domain *domain, json_object *to);
/* Its live xl monitor; 0: none. */
pid_t control_owners_monitor(const struct control_owners *owners,
			     const struct domain *domain);
/* The number of guests of each supervisor, and the command that changes it. */
json_object *control_owners_sum(const struct control_owners *owners);
/* control_plan.c: what adopt or disown would do with GUEST, NULL: with each. */
struct guest;
json_object *control_plan_adopt(struct keeper *keeper,
				const struct guest *guest);
json_object *control_plan_disown(struct keeper *keeper,
				 const struct guest *guest);
/* control_host.c; the second adds them to TO, and returns 0 or -errno. */
json_object *control_show_host(struct keeper *keeper);
int control_show_troubles(struct keeper *keeper, int64_t since_ms,
			  uint32_t limit, json_object *to);
struct incident;
json_object *control_show_incident(const struct incident *incident);
struct guest;
/* control_find.c: the guest that a person calls TEXT; NULL: there is none. */
const struct guest *control_find_guest(struct keeper *keeper, const char *text);
const struct guest *control_find_name(struct keeper *keeper, const char *name);
/* The same, but for one of which RESTS is true where there is one, also by the
 * number of its incident.  -ENOTUNIQ: it may be another, too. */
int control_find_resting(struct keeper *keeper, const char *text,
			 bool (*rests)(const struct guest *guest),
			 const struct guest **ret_guest);
json_object *control_show_policy(struct keeper *keeper,
				 const struct guest *guest);

#endif
