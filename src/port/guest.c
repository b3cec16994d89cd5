/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that converts libxl's enumerations to Xenvigil's.  Pure.
 */
#include "port/guest.h"

#include <string.h>

#include "base/text.h"

static enum action action_from(libxl_action_on_shutdown action)
{
	switch (action) {
	case LIBXL_ACTION_ON_SHUTDOWN_DESTROY:
		return ACTION_DESTROY;
	case LIBXL_ACTION_ON_SHUTDOWN_RESTART:
		return ACTION_RESTART;
	case LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME:
		return ACTION_RENAME_RESTART;
	case LIBXL_ACTION_ON_SHUTDOWN_PRESERVE:
		return ACTION_PRESERVE;
	case LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY:
		return ACTION_COREDUMP_DESTROY;
	case LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART:
		return ACTION_COREDUMP_RESTART;
	case LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET:
		return ACTION_SOFT_RESET;
	}
	return ACTION_NONE; /* not set, or newer than we are */
}

static enum domain_type type_from(libxl_domain_type type)
{
	switch (type) {
	case LIBXL_DOMAIN_TYPE_PV:
		return DOMAIN_TYPE_PV;
	case LIBXL_DOMAIN_TYPE_HVM:
		return DOMAIN_TYPE_HVM;
	case LIBXL_DOMAIN_TYPE_PVH:
		return DOMAIN_TYPE_PVH;
	case LIBXL_DOMAIN_TYPE_INVALID:
		break;
	}
	return DOMAIN_TYPE_UNKNOWN;
}

static bool is_elsewhere(uint32_t backend_domid, const char *backend_name)
{
	return backend_domid ||
	       (backend_name && backend_name[0] &&
		strcmp(backend_name, "0") && strcmp(backend_name, "Domain-0"));
}

static bool is_hardware(const libxl_domain_config *from)
{
	return from->num_dtdevs || from->b_info.num_ioports ||
	       from->b_info.num_irqs || from->b_info.num_iomem;
}

static bool has_others(const libxl_domain_config *from)
{
	return from->num_vfbs || from->num_vkbs || from->num_vtpms ||
	       from->num_p9s || from->num_pvcallsifs || from->num_vdispls ||
	       from->num_vsnds || from->num_channels || from->num_usbctrls ||
	       from->num_usbdevs;
}

enum domain_tie guest_tie_of_disk(const libxl_device_disk *disk)
{
	if (is_elsewhere(disk->backend_domid, disk->backend_domname))
		return DOMAIN_TIE_DRIVER;
	return disk->backend == LIBXL_DISK_BACKEND_PHY ||
	       disk->backend == LIBXL_DISK_BACKEND_UNKNOWN ?
		DOMAIN_TIE_NONE : DOMAIN_TIE_PROCESS;
}

enum domain_tie guest_tie_of_nic(const libxl_device_nic *nic)
{
	return is_elsewhere(nic->backend_domid, nic->backend_domname) ?
		DOMAIN_TIE_DRIVER : DOMAIN_TIE_NONE;
}

enum domain_tie guest_tie(const libxl_domain_config *from)
{
	enum domain_tie tie = DOMAIN_TIE_NONE;

	if (from->c_info.type == LIBXL_DOMAIN_TYPE_HVM)
		return DOMAIN_TIE_MODEL;
	if (from->num_pcidevs)
		return DOMAIN_TIE_PCI;
	if (is_hardware(from))
		return DOMAIN_TIE_HARDWARE;
	for (int i = 0; !tie && i < from->num_disks; i++)
		tie = guest_tie_of_disk(&from->disks[i]);
	for (int i = 0; !tie && i < from->num_nics; i++)
		tie = guest_tie_of_nic(&from->nics[i]);
	return tie || !has_others(from) ? tie : DOMAIN_TIE_OTHER;
}

void guest_read_config(const libxl_domain_config *from,
		       struct domain_config *ret_config)
{
	memset(ret_config, 0, sizeof(*ret_config));
	text_copy(ret_config->name, sizeof(ret_config->name),
		  from->c_info.name ? from->c_info.name : "");
	ret_config->type = type_from(from->c_info.type);
	ret_config->on[REASON_POWEROFF] = action_from(from->on_poweroff);
	ret_config->on[REASON_REBOOT] = action_from(from->on_reboot);
	ret_config->on[REASON_CRASH] = action_from(from->on_crash);
	ret_config->on[REASON_WATCHDOG] = action_from(from->on_watchdog);
	ret_config->on[REASON_SOFT_RESET] = action_from(from->on_soft_reset);
	ret_config->tie = guest_tie(from);
}
