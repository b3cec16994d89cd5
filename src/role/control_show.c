/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keeper's knowledge as JSON.  Reads only.  json-c escapes what it is
 * given; what is shown on a terminal is escaped once more by the command.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "control_json.h"
#include "keeper.h"
#include "port/origin.h"

static void add_uuid(json_object *to, const char *key, const uint8_t *uuid)
{
	char text[UUID_TEXT_BYTES];

	control_json_text(to, key, uuid_format(uuid, text));
}

/* --- incidents --- */

static json_object *show_step(const struct incident_step *step)
{
	json_object *to = json_object_new_object();

	control_json_text(to, "step", step_name(step->step));
	control_json_int(to, "begun_ms", step->begun_ms);
	control_json_int(to, "ended_ms", step->ended_ms);
	control_json_int(to, "error", step_found_taken(step->step, step->rc) ?
				      0 : -step->rc);
	control_json_text(to, "text", step->text);
	return to;
}

/* The facts about a core outlive the core. */
static void add_core(json_object *to, const char *path,
		     const struct capture_facts *core)
{
	control_json_text(to, "core", path);
	if (!path[0])
		return;
	control_json_bool(to, "core_present", access(path, F_OK) == 0);
	control_json_text(to, "core_format", capture_format_name(core->format));
	control_json_int(to, "core_bytes", (int64_t)core->bytes);
	control_json_int(to, "core_pages", (int64_t)core->pages);
	control_json_int(to, "core_zero_pages", (int64_t)core->zero_pages);
	control_json_int(to, "core_of_pages", (int64_t)core->tot_pages);
	control_json_int(to, "core_ms", core->duration_ms);
	control_json_bool(to, "core_truncated", core->truncated);
}

json_object *control_show_incident(const struct incident *incident)
{
	json_object *to = json_object_new_object();
	json_object *steps = json_object_new_array();

	control_json_int(to, "incident", (int64_t)incident->number);
	control_json_text(to, "domain", incident->name);
	control_json_int(to, "domid", incident->id.domid);
	add_uuid(to, "uuid", incident->id.uuid);
	control_json_text(to, "type", domain_type_name(incident->type));
	control_json_text(to, "reason", reason_name(incident->verdict.reason));
	control_json_int(to, "reason_code", incident->reason_code);
	control_json_text(to, "wanted", action_name(incident->verdict.wanted));
	control_json_text(to, "action", action_name(incident->verdict.action));
	control_json_text(to, "source",
			  policy_source_name(incident->verdict.source));
	control_json_text(to, "why", incident->why);
	control_json_text(to, "state", machine_case_name(incident->state));
	control_json_text(to, "outcome", outcome_name(incident->outcome));
	control_json_text(to, "next_step", step_name(incident_step(incident)));
	control_json_int(to, "seen_ms", incident->seen_ms);
	control_json_int(to, "closed_ms", incident->closed_ms);
	if (incident->successor.domid)
		control_json_int(to, "new_domid", incident->successor.domid);
	if (incident_has_begun(incident, STEP_RENAME))
		add_uuid(to, "copy_uuid", incident->copy_uuid);
	control_json_text(to, "owner", incident->peer ?
			  peer_name(incident->peer) : "xenvigil");
	control_json_text(to, "panic", incident->panic);
	add_core(to, incident->core_path, &incident->core);
	for (uint32_t i = 0; i < incident->step_count; i++)
		control_json_append(steps, show_step(&incident->steps[i]));
	control_json_add(to, "steps", steps);
	return to;
}

static int add_incident(void *ctx, struct incident *incident)
{
	control_json_append(ctx, control_show_incident(incident));
	incident_free(incident);
	return 0;
}

static void tell_groups(struct keeper *keeper, json_object *list)
{
	struct control_groups *groups = control_groups_load(keeper);

	for (size_t i = 0; i < json_object_array_length(list); i++)
		control_groups_tell(groups,
				    json_object_array_get_idx(list, i));
	control_groups_free(groups);
}

json_object *control_show_incidents(struct keeper *keeper,
				    const struct control_range *range)
{
	json_object *to = json_object_new_object();
	json_object *list = json_object_new_array();
	bool is_cut = range->limit > CONTROL_PAGE_MAX;
	uint32_t limit = is_cut ? CONTROL_PAGE_MAX : range->limit;
	int r = store_each_before(keeper->store, range->since_ms,
				  range->before_ms, range->before, limit,
				  add_incident, list);

	tell_groups(keeper, list);
	control_json_bool(to, "more", is_cut &&
			  json_object_array_length(list) == limit);
	control_json_add(to, "incidents", list);
	if (r == 0 && range->before_ms == INT64_MAX)
		r = control_show_troubles(keeper, range->since_ms, limit, to);
	if (r < 0)
		control_json_text(to, "error", strerror(-r));
	return to;
}

/* --- status --- */

/* A guest of another supervisor is shown as such while it runs and while its
 * shutdown is recorded; but an incident with a started step is Xenvigil's. */
static enum life_state shown_state(const struct keeper *keeper,
				   const struct domain *domain, pid_t monitor)
{
	bool ours = domain->incident && !domain->incident->peer;
	bool foreign = monitor || domain->guest->disowned ||
		       engine_is_foreign(keeper->engine, domain);

	return foreign && !ours && domain->state != LIFE_STATE_ASIDE ?
		LIFE_STATE_FOREIGN : domain->state;
}

static void add_figures(json_object *to, struct keeper *keeper,
			const struct domain *domain)
{
	const struct guest *guest = domain->guest;

	control_json_int(to, "vcpus", domain->info.vcpus);
	control_json_int(to, "memory_kib", (int64_t)domain->info.memory_kib);
	control_json_int(to, "cpu_ms", (int64_t)(domain->info.cpu_time_ns / 1000000));
	control_json_int(to, "restarts_left",
			 budget_left(&guest->budget,
			 settings_for(keeper->settings, guest->name),
			 keeper_now(keeper).mono_ms));
}

static json_object *show_domain(struct keeper *keeper,
				const struct domain *domain,
				const struct control_owners *owners)
{
	const struct domain_info *info = &domain->info;
	pid_t monitor = owners ? control_owners_monitor(owners, domain) : 0;
	json_object *to = json_object_new_object();
	char origin[ORIGIN_BYTES];

	control_json_text(to, "domain", domain->name[0] ? domain->name :
			  domain->guest->name);
	control_json_int(to, "domid", info->id.domid);
	add_uuid(to, "uuid", info->id.uuid);
	control_json_text(to, "type", domain_type_name(domain->guest->config.type));
	control_json_text(to, "state", machine_life_name(shown_state(keeper, domain, monitor)));
	control_json_bool(to, "shutdown", info->shutdown);
	if (info->shutdown)
		control_json_text(to, "reason",
				  reason_name(reason_from_code(info->reason_code)));
	control_json_bool(to, "paused", info->paused);
	control_json_bool(to, "dying", info->dying);
	control_json_bool(to, "held", domain->guest->hold);
	control_json_bool(to, "same_uuid", domain->guest->twins);
	add_figures(to, keeper, domain);
	control_owners_tell(owners, domain, to);
	origin_get(ORIGIN_DIR, info->id.domid, info->id.uuid, origin);
	control_json_text(to, "made_by", origin);
	return to;
}

static json_object *show_open(struct keeper *keeper,
			      const struct incident *incident)
{
	json_object *to = control_show_incident(incident);

	if (incident->order)
		control_json_text(to, "progress",
				  keeper_worker_progress(keeper, incident->order));
	if (incident->state == CASE_STATE_WAITING)
		control_json_int(to, "due_ms", incident->due_wall_ms);
	return to;
}

static json_object *show_capture(const struct keeper_capture *capture)
{
	json_object *to = json_object_new_object();

	control_json_text(to, "domain", capture->name);
	control_json_int(to, "domid", capture->id.domid);
	add_uuid(to, "uuid", capture->id.uuid);
	add_core(to, capture->path, &capture->facts);
	control_json_bool(to, "done", capture->done);
	control_json_int(to, "error", -capture->rc);
	control_json_text(to, "text", capture->text);
	return to;
}

static json_object *show_captures(const struct keeper *keeper)
{
	json_object *to = json_object_new_array();
	const struct keeper_capture *capture;

	LIST_EACH(capture, (struct list *)&keeper->captures,
		  const struct keeper_capture, node)
		control_json_append(to, show_capture(capture));
	return to;
}

static void add_records(json_object *to, struct keeper *keeper)
{
	struct keeper_fallback_state state;

	keeper_fallback_state(keeper, &state);
	control_json_bool(to, "disk_full", keeper->disk_full);
	control_json_int(to, "unrecorded", engine_unrecorded(keeper->engine));
	control_json_text(to, "records", state.path);
	control_json_int(to, "records_temporary_ms", state.since_ms);
	control_json_text(to, "records_why", state.why);
}

static void add_daemon(json_object *to, struct keeper *keeper)
{
	const struct hv_host *host = &keeper->host;
	char xen[64];

	snprintf(xen, sizeof(xen), "%u.%u%s", host->major, host->minor,
		 host->extra);
	control_json_text(to, "version", XENVIGIL_VERSION);
	control_json_int(to, "pid", getpid());
	control_json_int(to, "started_ms", keeper->started_ms);
	control_json_text(to, "xen", xen);
	control_json_text(to, "toolstack", keeper->toolstack);
	control_json_bool(to, "toolstack_answers",
			  engine_toolstack_answers(keeper->engine));
	control_json_int(to, "watcher_pid", keeper->watcher.pid);
	control_json_bool(to, "watcher_ready", keeper->watcher_ready);
	control_json_int(to, "working", engine_working(keeper->engine));
	add_records(to, keeper);
	control_json_int(to, "hook_failures", keeper->hook_failures);
	control_json_text(to, "hook_failed", keeper->hook_failed);
}

json_object *control_show_status(struct keeper *keeper)
{
	json_object *to = json_object_new_object();
	json_object *domains_to = json_object_new_array();
	json_object *incidents = json_object_new_array();
	const struct incident *incident;
	struct domain *const *domains;
	size_t count = engine_domains(keeper->engine, &domains);
	struct control_owners *owners = control_owners_find(keeper);

	add_daemon(to, keeper);
	control_json_add(to, "host", control_show_host(keeper));
	for (size_t i = 0; i < count; i++)
		control_json_append(domains_to,
				    show_domain(keeper, domains[i], owners));
	control_json_add(to, "supervision", control_owners_sum(owners));
	control_owners_free(owners);
	control_json_add(to, "domains", domains_to);
	LIST_EACH(incident,
		  (struct list *)engine_incidents(keeper->engine),
		  const struct incident, node)
		control_json_append(incidents, show_open(keeper, incident));
	control_json_add(to, "open", incidents);
	control_json_add(to, "captures", show_captures(keeper));
	return to;
}

/* --- policy --- */

static json_object *show_verdict(struct keeper *keeper,
				 const struct guest *guest, uint8_t code,
				 const char *reason)
{
	json_object *to = json_object_new_object();
	struct policy_input input;
	struct policy_verdict verdict;

	engine_policy_input(keeper->engine, guest, guest ? guest->name : "",
			    code, &input);
	policy_decide(&input, &verdict);
	control_json_text(to, "reason", reason);
	control_json_bool(to, "leave_alone", verdict.leave_alone);
	control_json_text(to, "wanted", action_name(verdict.wanted));
	control_json_text(to, "action", action_name(verdict.action));
	control_json_text(to, "source", policy_source_name(verdict.source));
	if (verdict.refused)
		control_json_text(to, "refused", verdict.refused);
	return to;
}

/* The delays of a loop, up to the start that the budget refuses. */
static json_object *show_delays(const struct guest_settings *set)
{
	json_object *to = json_object_new_array();

	for (uint32_t i = 0; i < set->restart_limit; i++)
		control_json_append(to, json_object_new_int64(
				    budget_delay_of_streak_ms(i, set)));
	return to;
}

static json_object *show_guest_policy(struct keeper *keeper,
				      const struct guest *guest)
{
	const struct guest_settings *set =
		settings_for(keeper->settings, guest ? guest->name : "");
	json_object *to = json_object_new_object();
	json_object *reasons = json_object_new_array();

	control_json_text(to, "domain", guest ? guest->name : "");
	if (guest) {
		add_uuid(to, "uuid", guest->uuid);
		control_json_text(to, "type", domain_type_name(guest->config.type));
		control_json_bool(to, "held", guest->hold);
		control_json_bool(to, "same_uuid", guest->twins);
		control_json_int(to, "config_of_domid",
				 guest->config_of.domid);
		control_json_int(to, "starts_counted", guest->budget.count);
		control_json_int(to, "streak", guest->budget.streak);
	}
	control_json_int(to, "grace_s", set->grace_s);
	control_json_int(to, "restart_limit", set->restart_limit);
	control_json_int(to, "restart_window_s", set->restart_window_s);
	control_json_int(to, "healthy_s", set->healthy_s);
	control_json_add(to, "delays_ms", show_delays(set));
	for (uint8_t i = 0; i < REASON_UNKNOWN; i++)
		control_json_append(reasons,
				    show_verdict(keeper, guest, i,
				    reason_name(i)));
	control_json_append(reasons, show_verdict(keeper, guest, UINT8_MAX,
			    "any other code"));
	control_json_add(to, "reasons", reasons);
	return to;
}

json_object *control_show_policy(struct keeper *keeper,
				 const struct guest *guest)
{
	json_object *to = json_object_new_object();
	json_object *list = json_object_new_array();
	struct domain *const *domains;
	size_t count = engine_domains(keeper->engine, &domains);

	if (guest)
		control_json_append(list, show_guest_policy(keeper, guest));
	for (size_t i = 0; !guest && i < count; i++)
		control_json_append(list,
				    show_guest_policy(keeper,
				    domains[i]->guest));
	control_json_add(to, "guests", list);
	return to;
}
