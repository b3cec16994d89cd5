/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a destroyed domain left in xenstore: backends without a domain, its
 * own directories.  Reads and waits; removes nothing.
 */
#ifndef PORT_RESIDUE_H
#define PORT_RESIDUE_H

#include <stdint.h>

#include "base/text.h"

/*
 * Waits until nothing of DOMID is left (backends of every kind, in every
 * backend domain that libxl's record or dom0 holds; /libxl/DOMID;
 * /local/domain/DOMID), at most DEADLINE_MS.  Woken by watches, not by
 * polling.  Returns 0, or -ETIMEDOUT with each leftover named in WHY
 * ("backend vbd/5/51712 state 4; ..."), or -errno.
 */
int residue_await(uint32_t domid, uint32_t deadline_ms, struct text *why);

#endif
