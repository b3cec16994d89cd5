/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that takes care of batches while the next ones are read.
 */
#ifndef DUMP_CORE_BEHIND_H
#define DUMP_CORE_BEHIND_H

#include "port/core_guest.h"

struct core_behind;

/* EACH is called in that thread, in the batches' order, until it returns what
 * is not zero.  Returns 0, or -errno. */
int core_behind_open(int (*each)(void *ctx, struct core_batch *batch),
		     void *ctx, struct core_behind **ret_behind);

/*
 * For a walk, with the core_behind as its CTX: hands a batch over when not too
 * many wait.  Returns 0, what EACH returned of an earlier one, or -ENOMEM.
 */
int core_behind_take(void *ctx, struct core_batch *batch);

/* After the last batch.  Returns what EACH returned last. */
int core_behind_close(struct core_behind *behind);

#endif
