/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From libxl's configuration of a domain to the few facts that core knows.
 */
#ifndef PORT_GUEST_H
#define PORT_GUEST_H

#include "core/domain.h"
#include "light.h"

void guest_read_config(const libxl_domain_config *from,
		       struct domain_config *ret_config);

#endif
