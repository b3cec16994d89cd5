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
	X(HEALTH, 6, "a start that succeeds resets the budget")         \
	X(HELD, 7, "one failed attempt holds an incident")              \
	X(FREE, 8, "a start that fails is not paid again")              \
	X(FOREIGN, 9, "another toolstack's guest is acted upon")        \
	X(CLOCK, 10, "the wall clock says when to ask again")           \
	X(HALF_BUILT, 11, "what another hand builds is removed")        \
	X(TAKEN, 12, "a guest that is being built counts as running")   \
	X(IDLE, 13, "workers stand idle while incidents wait")          \
	X(SAVE, 14, "a save forgets what is known of its guest")        \
	X(BOOT, 15, "a start of the host's boot before is done")        \
	X(TWINS, 16, "one of two domains with a uuid is acted upon")    \
	X(LOOP, 17, "a core counts its own start as one of the loop")   \
	X(RESERVE, 18, "no worker is kept free for a start")            \
	X(PEER, 19, "another toolstack's marks are not looked at")      \
	X(MONITOR, 20, "what xl's monitor left when it ended is its own") \
	X(NAMESAKE, 21, "a start under another uuid is not seen")       \
	X(FILE, 22, "a file replaces that of another with its uuid")    \
	X(COMMAND, 23, "the next daemon runs a retreat's command again") \
	X(ONCE, 24, "a retreat starts by itself more than once")        \
	X(HASTE, 25, "a retreat does not wait for those it asked")      \
	X(TROUBLE, 26, "a failure of the host's boot before lasts")

enum planted {
#define X(name, number, text) PLANTED_##name = number,
	PLANTED_LIST(X)
#undef X
};

#define PLANTED(name) (SIM_FAULT == PLANTED_##name)

#endif
