/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for a new guest, freed as xl frees it: by its configuration, under
 * its lock, so that the two never take the same memory.
 */
#ifndef PORT_BALLOON_H
#define PORT_BALLOON_H

#include "base/text.h"
#include "port/light.h"
#include "port/hv.h"
#include "port/xllock.h"

#define BALLOON_PATH_BYTES 256

struct balloon {
	bool on;		/* autoballoon holds on this host */
	struct xllock lock;
	libxl_domid domid_policy; /* what a guest without a domid= gets */
};

/*
 * Reads xl.conf, and takes xl's lock when autoballoon is on; waits for it half
 * of the time until END_MS (CLOCK_MONOTONIC).  Returns 0, or -errno with the
 * fault in WHY; -EBUSY: another build holds it.
 */
int balloon_lock(struct hv *hv, int64_t end_ms, struct balloon *ret_balloon,
		 struct text *why);
void balloon_unlock(struct balloon *balloon);

/* Where xl.conf has xl's lock.  Returns 0, or -errno with the fault in WHY. */
int balloon_read_lock(char ret_path[BALLOON_PATH_BYTES], struct text *why);

/* Makes dom0 give up what CONFIG needs.  Fills in CONFIG's defaults. */
int balloon_free_memory(const struct balloon *balloon, libxl_ctx *ctx,
			libxl_domain_config *config, struct text *why);

#endif
