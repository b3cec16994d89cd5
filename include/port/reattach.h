/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The networks and disks of one running guest whose driver domain is another
 * by now: found in libxl's record, which no guest can write, taken away and
 * given again.  Every call may hang with xenstored.
 */
#ifndef PORT_REATTACH_H
#define PORT_REATTACH_H

#include "core/reattach.h"
#include "port/hv.h"
#include "port/toolstack.h"

#define REATTACH_DEVICES_MAX 64 /* of one guest */
#define REATTACH_KIND_BYTES 8
#define REATTACH_DEVICE_BYTES 12
#define REATTACH_VDEV_BYTES 32

struct reattach;

/* One that is to be attached to the driver domain. */
struct reattach_found {
	char kind[REATTACH_KIND_BYTES];		/* "vif" or "vbd" */
	char device[REATTACH_DEVICE_BYTES];	/* its number, as text */
	char vdev[REATTACH_VDEV_BYTES];		/* a disk's name */
	bool is_gone;	/* taken away by one who was killed then */
};

/* DRIVER must outlive it.  Returns 0, or -errno. */
int reattach_open(struct toolstack *ts, struct hv *hv,
		  const struct reattach_driver *driver,
		  struct reattach **ret_reattach);
void reattach_close(struct reattach *reattach);

/* The devices that GUEST lost with the driver domain, at most
 * REATTACH_DEVICES_MAX.  Returns how many, or -errno. */
int reattach_find(struct reattach *reattach, uint32_t guest,
		  struct reattach_found ret_found[REATTACH_DEVICES_MAX]);

/* Is FOUND as it was then? */
bool reattach_is_lost_now(struct reattach *reattach, uint32_t guest,
			  struct reattach_found *found);

/* The name of GUEST, malloc()ed, or NULL. */
char *reattach_name(struct reattach *reattach, uint32_t guest);

/*
 * Takes FOUND from GUEST and gives it again, the same but for its backend.
 * May be repeated after a kill.  Returns 0; -ETIMEDOUT: it is attached, but the
 * driver domain has not taken it up yet; or -errno with the fault in WHY.
 */
int reattach_move(struct reattach *reattach, uint32_t guest,
		  const struct reattach_found *found, struct text *why);

/*
 * Waits until the driver domain has taken FOUND up, at most until END_MS
 * (CLOCK_MONOTONIC).  Returns 0, -ETIMEDOUT, -ESRCH when that domain runs no
 * more, or -errno.
 */
int reattach_await(struct reattach *reattach, uint32_t guest,
		   const struct reattach_found *found, int64_t end_ms);

/* Does the driver domain run? */
bool reattach_serves(struct reattach *reattach);

#endif
