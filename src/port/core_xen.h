/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain of the hypervisor as the guest that a core is written of.
 */
#ifndef PORT_CORE_XEN_H
#define PORT_CORE_XEN_H

#include "base/text.h"
#include "port/core_guest.h"

struct core_xen;

/*
 * Takes DOMID's registers and opens its memory.  Returns 0; -ENOTSUP for a
 * 32-bit PV guest; or -errno; with the reason in WHY.
 */
int core_xen_open(uint32_t domid, struct core_xen **ret_xen, struct text *why);
void core_xen_close(struct core_xen *xen);

/* Valid until core_xen_close(). */
const struct core_guest *core_xen_guest(const struct core_xen *xen);

#endif
