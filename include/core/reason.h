/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a domain shut down.  Pure.
 */
#ifndef CORE_REASON_H
#define CORE_REASON_H

#include <stdint.h>

/*
 * name, text, SHUTDOWN_* code (xen/include/public/sched.h).  The code is
 * chosen by the guest: any value from 0 to 255 can appear.
 */
#define REASON_LIST(X)               \
	X(POWEROFF, "poweroff", 0)   \
	X(REBOOT, "reboot", 1)       \
	X(SUSPEND, "suspend", 2)     \
	X(CRASH, "crash", 3)         \
	X(WATCHDOG, "watchdog", 4)   \
	X(SOFT_RESET, "soft-reset", 5)

enum reason {
#define X(name, text, code) REASON_##name,
	REASON_LIST(X)
#undef X
	REASON_UNKNOWN,
	REASON_COUNT
};

enum reason reason_from_code(uint8_t code);

/* "crash"; "unknown" for REASON_UNKNOWN.  Never NULL. */
const char *reason_name(enum reason reason);
int reason_parse(const char *name, enum reason *ret_reason);

#endif
