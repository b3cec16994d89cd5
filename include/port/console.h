/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last output of a guest to its console, without xenstore and without the
 * guest.
 */
#ifndef PORT_CONSOLE_H
#define PORT_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* The directory of xenconsoled's guest-NAME.log, if xenconsoled logs. */
#define CONSOLE_LOG_DIR "/var/log/xen/console"

/*
 * Appends the lines still in the ring of DOMID's PV console, and counts the
 * bytes that the domain wrote to it in all.  Returns 0, or -errno with the
 * reason in WHY (-ENOENT: the ring is empty).
 */
int console_read_ring(uint32_t domid, struct text *text, uint32_t *ret_written,
		      struct text *why);

/*
 * Appends the last lines, at most MOST bytes, of the log that DIR holds of
 * the domain NAME.  Returns as above.
 */
int console_read_log(const char *dir, const char *name, size_t most,
		     struct text *text, struct text *why);

#endif
