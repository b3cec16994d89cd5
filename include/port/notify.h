/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling the service manager how the daemon is, over NOTIFY_SOCKET
 * (sd_notify(3)'s protocol).  Never waits, and knows nothing of the loop.
 */
#ifndef PORT_NOTIFY_H
#define PORT_NOTIFY_H

#include <stdint.h>

struct notify;

/*
 * Takes the variables out of the environment, so that no child and no
 * device model started by one can speak for us.  NULL: nobody listens;
 * every function accepts that.
 */
struct notify *notify_open(void);
void notify_close(struct notify *notify);

/* How often the manager wants to hear of us at least; 0: never. */
uint32_t notify_watchdog_ms(const struct notify *notify);

/* Return 0, or -errno when the manager did not take it. */
int notify_ready(struct notify *notify, const char *status);
int notify_reloading(struct notify *notify);
int notify_stopping(struct notify *notify);
int notify_beat(struct notify *notify);

#endif
