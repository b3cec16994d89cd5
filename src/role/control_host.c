/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict on the host, and its troubles, as JSON.  Reads only.
 */
#include "control.h"
#include "keeper.h"

static void add_text(json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, json_object_new_string(text));
}

static void add_int(json_object *to, const char *key, int64_t number)
{
	json_object_object_add(to, key, json_object_new_int64(number));
}

static void add_words(json_object *to, const struct host_evidence *evidence)
{
	struct text text = { 0 };

	host_explain(evidence, &text);
	add_text(to, "text", text_get(&text));
	text_free(&text);
	host_advise(evidence, &text);
	add_text(to, "advice", text_get(&text));
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
	add_text(to, "level", ports_level_name(state->ports_level));
	add_int(to, "used", ports->used);
	add_int(to, "most", ports->most);
	add_int(to, "gone", ports->gone);
	add_int(to, "grown", state->ports_grown);
	add_int(to, "grown_minutes", state->ports_minutes);
	add_text(to, "text", text_get(&text));
	text_free(&text);
	return to;
}

json_object *control_show_retreat(struct keeper *keeper)
{
	json_object *to = json_object_new_object();
	struct text text = { 0 };
	const char *state;

	keeper_retreat_show(keeper, &state, &text);
	add_text(to, "state", state);
	add_text(to, "text", text_get(&text));
	text_free(&text);
	return to;
}

json_object *control_show_host(struct keeper *keeper)
{
	json_object *to = json_object_new_object();
	struct keeper_probe_state state;
	char process[2] = "";

	keeper_probe_state(keeper, &state);
	add_text(to, "health", host_health_name(state.health));
	add_int(to, "since_ms", state.since_ms);
	add_int(to, "seen_ms", state.seen_ms);
	if (state.seen_ms) {
		process[0] = state.evidence->process_state;
		add_int(to, "answer_ms", state.evidence->took_ms);
		add_int(to, "xenstored_pid", state.evidence->process);
		add_text(to, "xenstored_state", process);
		add_text(to, "evtchn", evtchn_word(state.evidence->evtchn));
		add_text(to, "kernel",
			 kmsg_kind_name(state.evidence->kernel.kind));
		add_text(to, "kernel_line", state.evidence->kernel.text);
		add_words(to, state.evidence);
		json_object_object_add(to, "event_channels",
				       show_ports(&state));
	}
	add_int(to, "trouble", (int64_t)state.trouble->number);
	json_object_object_add(to, "retreat", control_show_retreat(keeper));
	json_object_object_add(to, "probe_stuck",
			       json_object_new_boolean(state.stuck));
	return to;
}

static int add_trouble(void *ctx, const struct host_trouble *trouble)
{
	json_object *to = json_object_new_object();

	add_int(to, "trouble", (int64_t)trouble->number);
	add_text(to, "worst", host_health_name(trouble->worst));
	add_int(to, "began_ms", trouble->began_ms);
	add_int(to, "ended_ms", trouble->ended_ms);
	add_text(to, "text", trouble->text);
	add_text(to, "advice", trouble->advice);
	add_text(to, "retreat", trouble->retreat);
	json_object_array_add(ctx, to);
	return 0;
}

int control_show_troubles(struct keeper *keeper, int64_t since_ms,
			  uint32_t limit, json_object *to)
{
	json_object *list = json_object_new_array();

	json_object_object_add(to, "host", list);
	return store_each_host(keeper->store, since_ms, limit, add_trouble,
			       list);
}
