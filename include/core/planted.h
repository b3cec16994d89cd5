/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that the simulation plants to show that it would find them: built
 * with -DSIM_FAULT=N, the check beside PLANTED(N) is as if removed.  In every
 * other build PLANTED() is false and leaves no trace.
 */
#ifndef CORE_PLANTED_H
#define CORE_PLANTED_H

#ifndef SIM_FAULT
#define SIM_FAULT 0
#endif

/* number, text */
#define PLANTED_LIST(X)                                                 \
	X(BUDGET, 1, "the restart budget is not checked")               \
	X(MEMORY, 2, "handled shutdowns are forgotten at a restart")    \
	X(WRITE_AHEAD, 3, "a step is not written down before it begins") \
	X(TOOLSTACK, 4, "steps start while xenstored is away")          \
	X(IDENTITY, 5, "a domid alone names a domain")                  \
	X(HEALTH, 6, "a start that succeeds resets the budget")

enum planted {
#define X(name, number, text) PLANTED_##name = number,
	PLANTED_LIST(X)
#undef X
};

#define PLANTED(name) (SIM_FAULT == PLANTED_##name)

#endif
