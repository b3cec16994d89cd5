/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The leftovers of a destroyed domain: orphaned backends, its directories, a
 * zombie. Reads and waits; removes nothing.
 */
#ifndef PORT_RESIDUE_H
#define PORT_RESIDUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "core/domain.h"

struct residue;

/*
 * Opens xenstore and notes the backend domains that libxl's record of DOMID
 * names: the record goes with the destroy, so call this before it.  UUID
 * tells the domain from a later one under its domid.  residue_close() it.
 */
int residue_open(uint32_t domid, const uint8_t uuid[UUID_BYTES],
		 struct residue **ret_residue);
void residue_close(struct residue *residue);

/*
 * Waits until nothing is left: backends of every kind in dom0 and in the
 * noted domains; /libxl/DOMID; /local/domain/DOMID; the entry in the
 * hypervisor's list.  At most DEADLINE_MS, woken by watches.  Returns 0,
 * also when the domid is another domain's by now; -ETIMEDOUT with each
 * leftover named in WHY ("backend vbd/5/51712 state 4; ..."); or -errno.
 */
int residue_await(struct residue *residue, uint32_t deadline_ms,
		  struct text *why);

/*
 * The same for its devices alone, while it is still there: backends of every
 * kind but its console, and the driver's hold on each of them.
 */
int residue_await_devices(struct residue *residue, uint32_t deadline_ms,
			  struct text *why);

/* Names in FOUND the noted backend domains that are gone. */
void residue_name_lost(struct residue *residue, struct text *found);

/*
 * Names in FOUND the guests' devices that the domain DOMID serves, and lose it
 * when it is destroyed; then what gives them back, REATTACHES: the step
 * reattach.  A domain that is no driver domain costs one question.  Returns 0,
 * or -errno.
 */
int residue_name_served(uint32_t domid, bool reattaches, struct text *found);

/*
 * Names in FOUND, each with what fixes it, what makes a guest's start fail
 * that nobody would look for there: backends in dom0 and libxl's records of
 * domains that are gone.  Appends nothing when all is well.  What it costs
 * does not grow with the domains that are there.  Returns 0, or -errno.
 */
int residue_find_stale(struct text *found);

#endif
