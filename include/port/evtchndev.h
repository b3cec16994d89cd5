/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which event-channel device this kernel runs: the one with the fault of
 * Linux before 3.12, a later one, or ours.  Reads only.
 */
#ifndef PORT_EVTCHNDEV_H
#define PORT_EVTCHNDEV_H

#include <stdbool.h>

enum evtchndev_kind {
	EVTCHNDEV_UNKNOWN,	/* the kernel does not say enough */
	EVTCHNDEV_NONE,		/* no such module, or not loaded */
	EVTCHNDEV_AFFECTED,	/* one table for all files: the fault */
	EVTCHNDEV_PER_FILE,	/* Linux 3.12 and later */
	EVTCHNDEV_OURS,
};

struct evtchndev {
	enum evtchndev_kind kind;
	char build[64];		/* ours: which */
	char release[80];	/* the kernel's */
	const char *how;	/* by what it was told */
};

/*
 * ROOT is "" on a host, and the folder of a test's own files in a test.  No
 * later kernel has the fault, but an old one may have been mended: CLOSELY
 * reads the symbols of a later one, too, which takes a moment.
 */
void evtchndev_look(const char *root, bool closely,
		    struct evtchndev *ret_device);

/* Binding and closing ports of our own might stop xenstored. */
bool evtchndev_is_safe(const struct evtchndev *device);

#endif
