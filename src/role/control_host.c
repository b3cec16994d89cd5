/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict on the host, and its troubles, as JSON.  Reads only.
 */
#include "control.h"
#include "control_json.h"
#include "keeper.h"
#include "port/audit.h"

static void add_words(json_object *to, const struct host_evidence *evidence)
{
	struct text text = { 0 };

	host_explain(evidence, &text);
	control_json_text(to, "text", text_get(&text));
	text_free(&text);
	host_advise(evidence, &text);
	control_json_text(to, "advice", text_get(&text));
	text_free(&text);
}

static const char *evtchn_word(enum host_device device)
{
	switch (device) {
	case HOST_DEVICE_WORKS:
		return "works";
	case HOST_DEVICE_SILENT:
		return "silent";
	case HOST_DEVICE_FAILS:
		return "fails";
	default:
		return "untried";
	}
}

static json_object *show_ports(const struct keeper_probe_state *state)
{
	const struct ports *ports = &state->evidence->ports;
	json_object *to = json_object_new_object();
	struct text text = { 0 };

	ports_explain(ports, &text);
	control_json_text(to, "level", ports_level_name(state->ports_level));
	control_json_int(to, "used", ports->used);
	control_json_int(to, "most", ports->most);
	control_json_int(to, "gone", ports->gone);
	control_json_int(to, "grown", state->ports_grown);
	control_json_int(to, "grown_minutes", state->ports_minutes);
	control_json_text(to, "text", text_get(&text));
	text_free(&text);
	return to;
}

json_object *control_show_retreat(struct keeper *keeper)
{
	json_object *to = json_object_new_object();
	struct text text = { 0 };
	const char *state;

	keeper_retreat_show(keeper, &state, &text);
	control_json_text(to, "state", state);
	control_json_text(to, "text", text_get(&text));
	text_free(&text);
	return to;
}

json_object *control_show_host(struct keeper *keeper)
{
	json_object *to = json_object_new_object();
	struct keeper_probe_state state;
	char process[2] = "";

	keeper_probe_state(keeper, &state);
	control_json_text(to, "health", host_health_name(state.health));
	control_json_int(to, "since_ms", state.since_ms);
	control_json_int(to, "seen_ms", state.seen_ms);
	if (state.seen_ms) {
		process[0] = state.evidence->process_state;
		control_json_int(to, "answer_ms", state.evidence->took_ms);
		control_json_int(to, "xenstored_pid", state.evidence->process);
		control_json_text(to, "xenstored_state", process);
		control_json_text(to, "evtchn", evtchn_word(state.evidence->evtchn));
		control_json_text(to, "kernel",
				  kmsg_kind_name(state.evidence->kernel.kind));
		control_json_text(to, "kernel_line", state.evidence->kernel.text);
		add_words(to, state.evidence);
		control_json_add(to, "event_channels", show_ports(&state));
		control_json_text(to, "console_advice",
				  state.evidence->no_console ?
				  audit_console_command("") : "");
	}
	control_json_int(to, "trouble", (int64_t)state.trouble->number);
	control_json_add(to, "retreat", control_show_retreat(keeper));
	control_json_bool(to, "probe_stuck", state.stuck);
	return to;
}

static int add_trouble(void *ctx, const struct host_trouble *trouble)
{
	json_object *to = json_object_new_object();

	control_json_int(to, "trouble", (int64_t)trouble->number);
	control_json_text(to, "worst", host_health_name(trouble->worst));
	control_json_int(to, "began_ms", trouble->began_ms);
	control_json_int(to, "ended_ms", trouble->ended_ms);
	control_json_text(to, "text", trouble->text);
	control_json_text(to, "advice", trouble->advice);
	control_json_text(to, "retreat", trouble->retreat);
	control_json_append(ctx, to);
	return 0;
}

int control_show_troubles(struct keeper *keeper, int64_t since_ms,
			  uint32_t limit, json_object *to)
{
	json_object *list = json_object_new_array();

	control_json_add(to, "host", list);
	return store_each_host(keeper->store, since_ms, limit, add_trouble,
			       list);
}
