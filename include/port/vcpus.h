/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of a domain's vCPUs, by hypercalls alone.
 */
#ifndef PORT_VCPUS_H
#define PORT_VCPUS_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * Appends the registers of every vCPU that has some, at most about MOST bytes.
 * Returns 0, or -errno with the reason in WHY.
 */
int vcpus_read(uint32_t domid, size_t most, struct text *text,
	       struct text *why);

#endif
