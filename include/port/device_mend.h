/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The advice that gives a running guest a device back after its driver domain
 * is gone. It never removes the frontend of a running guest.
 */
#ifndef PORT_DEVICE_MEND_H
#define PORT_DEVICE_MEND_H

#include <stdint.h>

#include "base/text.h"

/* Appends it for DEVICE of KIND ("vbd", "vif", ...), as xenstore names it. */
void device_mend(uint32_t domid, const char *kind, const char *device,
		 struct text *text);

#endif
