/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One lock for each guest, held by its working worker: workers outlive their
 * keeper, and the next keeper's workers must wait for them.
 */
#ifndef ROLE_WORKER_LOCK_H
#define ROLE_WORKER_LOCK_H

#include <stdint.h>

#include "base/uuid.h"

/* Where they are; tests have others. */
#define WORKER_LOCK_RUN_DIR "/run/xenvigil"
#define WORKER_LOCK_DIR WORKER_LOCK_RUN_DIR "/lock"

/*
 * Takes the lock of the guest in DIR (made when missing).  Returns 0 with
 * the descriptor that holds it, -EBUSY when somebody else has it, or -errno.
 */
int worker_lock_try(const char *dir, const uint8_t uuid[UUID_BYTES],
		    int *ret_fd);

/* The same, waiting at most WAIT_MS; then -ETIMEDOUT. */
int worker_lock_wait(const char *dir, const uint8_t uuid[UUID_BYTES],
		     uint32_t wait_ms, int *ret_fd);

/*
 * One word beside the lock, for the next holder: FD is the lock's. "" removes
 * it.
 */
#define WORKER_LOCK_NOTE_BYTES 64
int worker_lock_note(int fd, const char *word);
void worker_lock_read(int fd, char ret_word[WORKER_LOCK_NOTE_BYTES]);

#endif
