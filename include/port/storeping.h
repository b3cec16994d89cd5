/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does xenstored answer? Sends a real request over its socket, with a deadline
 * and without libxenstore, which waits without a limit.
 */
#ifndef PORT_STOREPING_H
#define PORT_STOREPING_H

#include <stdint.h>

enum storeping_state {
	STOREPING_ANSWERS,
	STOREPING_SILENT,	/* no answer, with or without a connection */
	STOREPING_REFUSED,	/* no process listens, or it hung up */
	STOREPING_ABSENT,	/* the socket does not exist */
};

struct storeping {
	enum storeping_state state;
	int error;		/* the reason, an errno; 0: the deadline */
	int64_t took_ms;
};

/* The path as libxenstore finds it: the environment, or the default. */
const char *storeping_path(void);

/* Takes no longer than DEADLINE_MS. */
void storeping_ask(const char *path, int deadline_ms,
		   struct storeping *ret_ping);

#endif
