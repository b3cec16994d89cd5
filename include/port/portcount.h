/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts dom0's event channels by hypercalls: no xenstore, no device.
 */
#ifndef PORT_PORTCOUNT_H
#define PORT_PORTCOUNT_H

#include "core/ports.h"

/* Returns 0, or -errno with *RET_PORTS untouched. */
int portcount_take(struct ports *ret_ports);

/*
 * The limit of dom0's kernel: by its version, and by its command line, which
 * may select the older kind of table.
 */
uint32_t portcount_most(const char *release, const char *command_line);

#endif
