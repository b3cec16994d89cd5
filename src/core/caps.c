/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of what works where.  Pure: the facts come in as arguments.
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

static const char *refuse_start(enum action action, bool have_config)
{
	if (action_starts_domain(action) && !have_config)
		return "no configuration is known to re-create it from";
	return NULL;
}

const char *caps_refuse(const struct caps *caps, enum action action,
			enum domain_type type, bool have_config)
{
	switch (action) {
	case ACTION_SOFT_RESET:
		return refuse_soft_reset(caps, type);
	case ACTION_COREDUMP_DESTROY:
	case ACTION_COREDUMP_RESTART:
		if (!caps->core_dir)
			return "the core directory cannot be written";
		return refuse_start(action, have_config);
	default:
		return refuse_start(action, have_config);
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
	default:
		return ACTION_PRESERVE;
	}
}
