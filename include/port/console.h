/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest wrote to its console last: asks neither xenstore nor the
 * guest.
 */
#ifndef PORT_CONSOLE_H
#define PORT_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Where xenconsoled keeps guest-NAME.log when it is told to log. */
#define CONSOLE_LOG_DIR "/var/log/xen/console"

/*
 * Appends the lines still in the ring of DOMID's PV console, and counts the
 * bytes that the domain wrote to it in all.  Returns 0, or -errno with the
 * reason in WHY (-ENOENT: it holds nothing).
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
