/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds why a guest ended in the text that it printed, for any system: for guests
 * whose memory does not show it.  The guest controls the bytes.  Pure.
 */
#ifndef CORE_CONSOLE_CAUSE_H
#define CORE_CONSOLE_CAUSE_H

#include <stdbool.h>

#include "core/evidence.h"

struct console_cause {
	char line[EVIDENCE_PANIC_BYTES]; /* escaped, without time or colours */
	const char *system;	/* the system that prints such lines */
	bool final;		/* that system stops after such a line */
};

/*
 * Takes the line of LINES (escaped as by console_tail_lines()) that explains the
 * end best; of several equal ones the last.  Returns 0, or -ENOENT: no line
 * explains it.
 */
int console_cause(const char *lines, struct console_cause *ret_cause);

#endif
