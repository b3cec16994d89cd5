/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of one configuration file into settings.  Opens no file.
 */
#ifndef PORT_CONF_PARSE_H
#define PORT_CONF_PARSE_H

#include <stddef.h>

#include "base/text.h"
#include "core/settings.h"

/* Appends "PATH:LINE: " to WHY, PATH escaped; the rest of the line follows. */
void conf_parse_begin_fault(struct text *why, const char *path,
			    unsigned int line);

/*
 * Sets what LEN bytes of DATA say in SETTINGS, or in GUEST unless that is
 * NULL.  Returns 0; -EINVAL with a line in WHY for each fault, and what was
 * to be set in an unknown state; or -ENOMEM.
 */
int conf_parse(const char *path, const char *data, size_t len,
	       struct settings *settings, struct guest_settings *guest,
	       struct text *why);

/* The same, but for its syntax alone, whatever its keys. */
int conf_parse_syntax(const char *path, const char *data, size_t len,
		      struct text *why);

#endif
