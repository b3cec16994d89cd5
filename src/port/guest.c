/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxl's enumerations become ours here and nowhere else.  Pure.
 */
#include "guest.h"

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
}
