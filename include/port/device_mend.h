/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What gives a running guest a device back whose other end has gone with its
 * driver domain.  Never to remove the guest's own end from under it.
 */
#ifndef PORT_DEVICE_MEND_H
#define PORT_DEVICE_MEND_H

#include <stdint.h>

#include "base/text.h"

/* Appends it for DEVICE of KIND ("vbd", "vif", ...), as xenstore names it. */
void device_mend(uint32_t domid, const char *kind, const char *device,
		 struct text *text);

#endif
