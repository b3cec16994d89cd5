/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of supported actions.  Pure: the facts are arguments.
 */
#include "core/caps.h"

#include <stddef.h>

/* libxl refuses a soft reset of anything but an HVM guest with ERROR_INVAL
 * (libxl_domain_soft_reset); the hypervisor has it since 4.6. */
static const char *refuse_soft_reset(const struct caps *caps,
				     enum domain_type type)
{
	if (type != DOMAIN_TYPE_HVM)
		return "only an HVM guest can be soft-reset";
	if (caps->xen_major < 4 ||
	    (caps->xen_major == 4 && caps->xen_minor < 6))
		return "soft reset needs Xen 4.6";
	return NULL;
}

static const char *refuse_start(enum action action,
				const struct domain_config *config)
{
	if (action_starts_domain(action) && !config)
		return "no configuration is known to re-create it from";
	return NULL;
}

static const char *refuse_core(const struct caps *caps, enum action action,
			       const struct domain_config *config)
{
	if (!caps->core_dir)
		return "the core directory cannot be written";
	return refuse_start(action, config);
}

/* The records have its type, but not the devices that tie it to the host. */
static const char *refuse_first(const struct caps *caps,
				const struct domain_config *config)
{
	const char *why = refuse_core(caps, ACTION_RESTART_FIRST, config);

	if (!why && config->type == DOMAIN_TYPE_HVM)
		why = domain_tie_text(DOMAIN_TIE_MODEL);
	return why ? why : domain_tie_text(config->tie);
}

const char *caps_refuse(const struct caps *caps, enum action action,
			const struct domain_config *config)
{
	switch (action) {
	case ACTION_SOFT_RESET:
		return refuse_soft_reset(caps, config ? config->type :
							DOMAIN_TYPE_UNKNOWN);
	case ACTION_COREDUMP_DESTROY:
	case ACTION_COREDUMP_RESTART:
		return refuse_core(caps, action, config);
	case ACTION_RESTART_FIRST:
		return refuse_first(caps, config);
	default:
		return refuse_start(action, config);
	}
}

enum action caps_fallback(enum action refused)
{
	/* A missing core directory must not keep a guest down. */
	switch (refused) {
	case ACTION_COREDUMP_DESTROY:
		return ACTION_DESTROY;
	case ACTION_COREDUMP_RESTART:
		return ACTION_RESTART;
	case ACTION_RESTART_FIRST:
		return ACTION_COREDUMP_RESTART;
	default:
		return ACTION_PRESERVE;
	}
}
