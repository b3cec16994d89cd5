/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text for an administrator.  Reads nothing.
 */
#include "port/device_mend.h"

#include <string.h>

#include "base/cleanup.h"

/* Those that xl can take from a guest that runs, and give it again. */
static const struct {
	const char *kind, *command;
} xl_commands[] = {
	{ "vbd", "block" },
	{ "vif", "network" },
};

void device_mend(uint32_t domid, const char *kind, const char *device,
		 struct text *text)
{
	for (size_t i = 0; i < ARRAY_LEN(xl_commands); i++) {
		const char *command = xl_commands[i].command;

		if (strcmp(xl_commands[i].kind, kind))
			continue;
		text_printf(text, "xl %s-detach %u %s, then xl %s-attach %u "
			    "as in its configuration", command, domid, device,
			    command, domid);
		return;
	}
	text_printf(text, "restart domain %u: xl attaches no %s to a guest "
		    "that runs", domid, kind);
}
