/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Windows guest's bugcheck, from the hypervisor's log.  Pure.
 */
#ifndef CORE_WINBUG_H
#define CORE_WINBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct hvlog_line;

#define WINBUG_PARAMS 4

struct winbug {
	uint32_t code;
	uint64_t param[WINBUG_PARAMS];
	bool by_guest;	/* its drivers wrote it; else the hypervisor */
};

/* The name that Windows has for CODE, or NULL. */
const char *winbug_name(uint32_t code);

/*
 * "VIRIDIAN CRASH: 3b ..." and "VIRIDIAN GUEST_CRASH: 0x3b ..." of the
 * hypervisor's, "xen|BUGCHECK: NAME: ..." of the guest's drivers.  Returns 0,
 * or -ENOENT: it is none of them.
 */
int winbug_decode(const struct hvlog_line *line, struct winbug *ret_bug);

/* Appends code, name and parameters. */
void winbug_format(const struct winbug *bug, struct text *text);

#endif
