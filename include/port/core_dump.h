/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking a domain's core into a file of its own.
 */
#ifndef PORT_CORE_DUMP_H
#define PORT_CORE_DUMP_H

#include <stdint.h>

#include "base/text.h"
#include "port/hv.h"
#include "port/toolstack.h"

/*
 * Makes PATH, which must not exist, and writes into it the core of the shut
 * down domain DOMID, synced.  TS may be NULL for an HVM or PVH guest.  Returns
 * 0, or -errno with the reason in WHY and no file left.
 */
int core_dump_write(struct hv *hv, struct toolstack *ts, uint32_t domid,
		    const char *path, struct text *why);

#endif
