/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration files in xl.conf syntax, read with libxlutil into plain
 * settings.  Reads files; holds no state.
 */
#ifndef PORT_CONF_H
#define PORT_CONF_H

#include "base/text.h"
#include "core/settings.h"

/*
 * Reads DIR/xenvigil.conf and DIR/domains.d/NAME.conf.  A missing file or
 * directory is not an error.  On failure WHY has one line for each error,
 * "FILE:LINE: text", and *RET_SETTINGS is untouched.  Use settings_free() on the
 * result.
 */
int conf_load(const char *dir, struct settings **ret_settings,
	      struct text *why);
/* The same without domains.d: for settings that a guest's file cannot set. */
int conf_load_host(const char *dir, struct settings **ret_settings,
		   struct text *why);

#endif
