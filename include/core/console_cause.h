/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a guest ended, by what it printed, whatever system it ran: for guests
 * whose memory does not tell it.  The bytes are the guest's.  Pure.
 */
#ifndef CORE_CONSOLE_CAUSE_H
#define CORE_CONSOLE_CAUSE_H

#include <stdbool.h>

#include "core/evidence.h"

struct console_cause {
	char line[EVIDENCE_PANIC_BYTES]; /* escaped, without time or colours */
	const char *system;	/* whose words they are */
	bool final;		/* that system went no further */
};

/*
 * Takes the most telling line out of LINES, escaped as console_tail_lines()
 * makes them; of several equal ones the last.  Returns 0, or -ENOENT: none of
 * them says why.
 */
int console_cause(const char *lines, struct console_cause *ret_cause);

#endif
