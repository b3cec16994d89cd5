/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rights of a role after its start: fewer than those of the daemon, which
 * starts device models.  The role calls this itself, before it communicates.
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
 * Removes all other rights from this process, which must have one thread.  A
 * right that cannot be removed on this kernel is logged and kept, because
 * supervision is more important.  Returns the parts that hold, CONFINE_*.
 */
unsigned int confine_enter(const struct confine_role *role);

#define CONFINE_MOUNTS 1u	/* a private, read-only view of the files */
#define CONFINE_CAPS 2u
#define CONFINE_CALLS 4u	/* no other program, no network, no tracing */
#define CONFINE_ALL 7u

#endif
