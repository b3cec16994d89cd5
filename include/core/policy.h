/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision: maps domain, reason, settings and history to an action.  Pure;
 * every input is an argument, so tests can cover every class.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/budget.h"
#include "core/caps.h"
#include "core/domain.h"
#include "core/settings.h"

/* Where the action comes from. */
#define POLICY_SOURCE_LIST(X)                                            \
	X(SETTINGS, "xenvigil configuration")                            \
	X(DOMAIN, "domain configuration")                                \
	X(NO_CONFIG, "no configuration known")                           \
	X(NOT_ADOPTED, "adopt is none")                                  \
	X(SUSPENDED, "suspended or migrating")                           \
	X(FOREIGN, "left to the toolstack that made it")

enum policy_source {
#define X(name, text) POLICY_SOURCE_##name,
	POLICY_SOURCE_LIST(X)
#undef X
	POLICY_SOURCE_COUNT
};

const char *policy_source_name(enum policy_source source);

struct policy_input {
	uint8_t reason_code;
	const struct settings *settings;
	const struct caps *caps;
	const struct domain_config *config; /* NULL: unknown */
	const char *name;		/* to find its own settings; may be "" */
	bool foreign;			/* another toolstack supervises it */
	bool adopted;			/* by the operator, by its name */
};

struct policy_verdict {
	enum reason reason;	/* what the code counts as */
	bool leave_alone;	/* suspend, migration: not an incident */
	enum action wanted;	/* what is configured */
	enum action action;	/* what will be done */
	enum policy_source source;
	const char *refused;	/* why wanted cannot work; NULL: it can */
};

void policy_decide(const struct policy_input *input,
		   struct policy_verdict *ret_verdict);

/*
 * Names that `xl migrate` gives to both ends of a migration.  Such a domain is
 * not handled, whatever its reason.
 */
bool policy_name_is_migrating(const char *name);

/* What to do when the plan reaches a start. */
enum policy_start {
	POLICY_START_NOW,
	POLICY_START_LATER,	/* after *ret_delay_ms */
	POLICY_START_HOLD,	/* the budget is spent */
};

enum policy_start policy_decide_start(const struct budget *budget,
				      const struct guest_settings *set,
				      int64_t now_ms, uint32_t *ret_delay_ms);

/* Is another core of this guest wanted?  Only the first cores of a loop are. */
bool policy_wants_core(const struct budget *budget,
		       const struct guest_settings *set);

/* Is evidence collected before the action for REASON? */
bool policy_wants_report(const struct guest_settings *set, enum reason reason,
			 enum domain_type type);

#endif
