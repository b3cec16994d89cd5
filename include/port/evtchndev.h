/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which event-channel driver this kernel runs: the one with the bug of Linux
 * before 3.12, a later one, or Xenvigil's.  Reads only.
 */
#ifndef PORT_EVTCHNDEV_H
#define PORT_EVTCHNDEV_H

#include <stdbool.h>

enum evtchndev_kind {
	EVTCHNDEV_UNKNOWN,	/* the kernel shows too little */
	EVTCHNDEV_NONE,		/* no such module, or not loaded */
	EVTCHNDEV_AFFECTED,	/* one table for all files: the bug */
	EVTCHNDEV_PER_FILE,	/* Linux 3.12 and later */
	EVTCHNDEV_OURS,
};

struct evtchndev {
	enum evtchndev_kind kind;
	char build[64];		/* of Xenvigil's module */
	char release[80];	/* the kernel's */
	const char *how;	/* how it was recognised */
};

/*
 * ROOT is "" on a host, and a folder of files in a test.  No later kernel has
 * the bug, and an old kernel may have a fix.  CLOSELY also reads the symbols of
 * a later kernel, which takes a moment.
 */
void evtchndev_look(const char *root, bool closely,
		    struct evtchndev *ret_device);

/* Could binding and closing a port block xenstored? */
bool evtchndev_is_safe(const struct evtchndev *device);

#endif
