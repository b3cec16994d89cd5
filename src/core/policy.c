/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision functions.  No state, no clock, no Xen.
 */
#include "core/policy.h"

#include <string.h>

static const char *const source_names[] = {
#define X(name, text) [POLICY_SOURCE_##name] = text,
	POLICY_SOURCE_LIST(X)
#undef X
};

const char *policy_source_name(enum policy_source source)
{
	return source < POLICY_SOURCE_COUNT ? source_names[source] : "unknown";
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len >= end_len && strcmp(s + len - end_len, end) == 0;
}

bool policy_name_is_migrating(const char *name)
{
	return ends_with(name, "--incoming") || ends_with(name, "--migratedaway");
}

static enum reason effective_reason(const struct policy_input *in)
{
	enum reason reason = reason_from_code(in->reason_code);

	return reason == REASON_UNKNOWN ? in->settings->unknown_reason : reason;
}

/* What is configured for the reason, and by whom. */
static enum action configured_action(const struct policy_input *in,
				     enum reason reason,
				     enum policy_source *ret_source)
{
	enum action ours = settings_for(in->settings, in->name)->on[reason];

	if (in->foreign) {
		*ret_source = POLICY_SOURCE_FOREIGN;
		return ACTION_LOG;
	}
	if (in->settings->adopt == SETTINGS_ADOPT_NONE && !in->adopted) {
		*ret_source = POLICY_SOURCE_NOT_ADOPTED;
		return ACTION_LOG;
	}
	/* The supervisor of a domain without a name is unknown. */
	if (!in->config && !in->name[0]) {
		*ret_source = POLICY_SOURCE_NO_CONFIG;
		return ACTION_PRESERVE;
	}
	if (ours != ACTION_NONE) {
		*ret_source = POLICY_SOURCE_SETTINGS;
		return ours;
	}
	if (in->config && in->config->on[reason] != ACTION_NONE) {
		*ret_source = POLICY_SOURCE_DOMAIN;
		return in->config->on[reason];
	}
	*ret_source = POLICY_SOURCE_NO_CONFIG;
	return ACTION_PRESERVE;
}

static enum action wanted_action(const struct policy_input *in,
				 enum reason reason,
				 enum policy_source *ret_source)
{
	enum action action = configured_action(in, reason, ret_source);
	bool first = settings_for(in->settings, in->name)->restart_first;

	return first && action == ACTION_COREDUMP_RESTART ?
		ACTION_RESTART_FIRST : action;
}

/* A fallback may itself be impossible; preserve never is. */
static enum action possible_action(const struct policy_input *in,
				   enum action wanted, const char **ret_refused)
{
	enum action action = wanted;
	const char *why;

	*ret_refused = NULL;
	while ((why = caps_refuse(in->caps, action, in->config))) {
		if (!*ret_refused)
			*ret_refused = why;
		action = caps_fallback(action);
	}
	return action;
}

void policy_decide(const struct policy_input *input,
		   struct policy_verdict *ret_verdict)
{
	struct policy_verdict v = { .reason = effective_reason(input) };

	if (v.reason == REASON_SUSPEND ||
	    policy_name_is_migrating(input->name)) {
		v.leave_alone = true;
		v.source = POLICY_SOURCE_SUSPENDED;
		*ret_verdict = v;
		return;
	}
	v.wanted = wanted_action(input, v.reason, &v.source);
	v.action = possible_action(input, v.wanted, &v.refused);
	*ret_verdict = v;
}

enum policy_start policy_decide_start(const struct budget *budget,
				      const struct guest_settings *set,
				      int64_t now_ms, uint32_t *ret_delay_ms)
{
	if (!budget_allows(budget, set, now_ms))
		return POLICY_START_HOLD;
	*ret_delay_ms = budget_delay_ms(budget, set);
	return *ret_delay_ms ? POLICY_START_LATER : POLICY_START_NOW;
}

bool policy_wants_core(const struct budget *budget,
		       const struct guest_settings *set)
{
	return budget->streak < set->loop_cores;
}

/* A guest whose own kdump kernel is to run asks for a soft reset; one that is
 * fully virtualised panics by the machine's own reset. */
bool policy_wants_report(const struct guest_settings *set, enum reason reason,
			 enum domain_type type)
{
	switch (reason) {
	case REASON_CRASH:
	case REASON_WATCHDOG:
	case REASON_SOFT_RESET:
		return set->report != SETTINGS_REPORT_NONE;
	case REASON_REBOOT:
		return set->report == SETTINGS_REPORT_REBOOT &&
		       type == DOMAIN_TYPE_HVM;
	default:
		return false;
	}
}
