/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A running domain is paused while its core is written.  A note beside the
 * guest's lock says so: if the worker is killed before it unpauses the domain,
 * the next holder of the lock does it.
 */
#ifndef ROLE_WORKER_PAUSE_H
#define ROLE_WORKER_PAUSE_H

#include <stdbool.h>

#include "port/hv.h"
#include "role/worker_lock.h"

/* LOCK is the descriptor of the guest's lock, which is held.  Returns 0, or
 * -errno, and then the domain is as it was. */
int worker_pause_begin(int lock, struct hv *hv, const struct domain_id *id);
/* Returns 0, or -errno for a domain that stays paused, and on record. */
int worker_pause_end(int lock, struct hv *hv, const struct domain_id *id);

/*
 * Lets the guest's domain run again if it stands in the lock file, and is still
 * there and paused.  *RET_ID is that domain.  Returns 1 when it did, 0 when
 * there was nothing to do, or -errno.
 */
int worker_pause_undo(int lock, struct hv *hv, const uint8_t uuid[UUID_BYTES],
		      struct domain_id *ret_id);

/* Has the lock file of a guest anything to undo?  It may be held. */
bool worker_pause_is_noted(const char *dir, const char *name);

#endif
