/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does xenstored answer?  A real request over its socket, by hand and with a
 * deadline, for libxenstore waits without bound.
 */
#ifndef PORT_STOREPING_H
#define PORT_STOREPING_H

#include <stdint.h>

enum storeping_state {
	STOREPING_ANSWERS,
	STOREPING_SILENT,	/* connected, or not even that, and no answer */
	STOREPING_REFUSED,	/* nobody listens there, or it hung up */
	STOREPING_ABSENT,	/* there is no such socket */
};

struct storeping {
	enum storeping_state state;
	int error;		/* why not, an errno; 0: the deadline */
	int64_t took_ms;
};

/* libxenstore's way to find it: the environment, or the usual place. */
const char *storeping_path(void);

/* Takes no longer than DEADLINE_MS. */
void storeping_ask(const char *path, int deadline_ms,
		   struct storeping *ret_ping);

#endif
