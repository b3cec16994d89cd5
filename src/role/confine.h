/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a role of ours may do once it has begun: less than the daemon, which
 * starts device models.  Called by the role itself, before it talks to anybody.
 */
#ifndef ROLE_CONFINE_H
#define ROLE_CONFINE_H

#include <stdint.h>

struct confine_role {
	uint64_t caps;		/* bits of what it keeps, 1 << CAP_... */
	/* Where it writes, to NULL; everything else becomes read only. */
	const char *const *writable;
};

extern const struct confine_role confine_watcher, confine_probe;

/*
 * Takes the rest away from this process, which must have one thread.  What
 * this kernel or this start does not let be taken away is told in the log and
 * kept: supervision comes first.  Returns the parts that hold, CONFINE_*.
 */
unsigned int confine_enter(const struct confine_role *role);

#define CONFINE_MOUNTS 1u	/* a view of its own of the files, read only */
#define CONFINE_CAPS 2u
#define CONFINE_CALLS 4u	/* no other program, no network, no tracing */
#define CONFINE_ALL 7u

#endif
