/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports the daemon's state to the service manager, over NOTIFY_SOCKET (the
 * protocol of sd_notify(3)).  Never waits, and knows nothing of the loop.
 */
#ifndef PORT_NOTIFY_H
#define PORT_NOTIFY_H

#include <stdint.h>

struct notify;

/*
 * Removes the variables from the environment, so that no child, and no device
 * model that a child starts, can report for the daemon.  NULL: there is no
 * manager; every function accepts NULL.
 */
struct notify *notify_open(void);
void notify_close(struct notify *notify);

/* The longest time between two reports that the manager accepts; 0: no limit. */
uint32_t notify_watchdog_ms(const struct notify *notify);

/* Return 0, or -errno when the manager did not accept it. */
int notify_ready(struct notify *notify, const char *status);
int notify_reloading(struct notify *notify);
int notify_stopping(struct notify *notify);
int notify_beat(struct notify *notify);

#endif
