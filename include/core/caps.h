/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this host can do with a domain, determined before a crash.  Pure.
 */
#ifndef CORE_CAPS_H
#define CORE_CAPS_H

#include <stdbool.h>

#include "core/action.h"
#include "core/domain.h"

struct caps {
	unsigned int xen_major, xen_minor;
	bool core_dir;		/* the core directory can be written */
	char toolstack[32];	/* libxl's version; "" while unknown */
};

/*
 * Returns why ACTION cannot work for the domain with CONFIG (NULL: no configuration
 * is known to create it again from), or NULL if it can.
 */
const char *caps_refuse(const struct caps *caps, enum action action,
			const struct domain_config *config);

/* The action in place of a refused one. */
enum action caps_fallback(enum action refused);

#endif
