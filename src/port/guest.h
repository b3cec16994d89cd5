/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From libxl's configuration of a domain to the few facts that core knows.
 */
#ifndef PORT_GUEST_H
#define PORT_GUEST_H

#include "core/domain.h"
#include "port/light.h"

void guest_read_config(const libxl_domain_config *from,
		       struct domain_config *ret_config);

/* What keeps its devices from being handed to a successor. */
enum domain_tie guest_tie(const libxl_domain_config *from);
enum domain_tie guest_tie_of_disk(const libxl_device_disk *disk);
enum domain_tie guest_tie_of_nic(const libxl_device_nic *nic);

#endif
