/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a child has to say while the keeper is busy: a bounded queue in which
 * newer news of a domain replace the older.  Owns the queued blobs.
 */
#ifndef ROLE_OUTBOX_H
#define ROLE_OUTBOX_H

#include "base/list.h"
#include "role/wire.h"

#define OUTBOX_MESSAGES_MAX 8192
#define OUTBOX_BYTES_MAX (64 * 1024 * 1024)

struct outbox {
	int fd;			/* non-blocking */
	struct list queue;
	size_t count, bytes;
};

void outbox_init(struct outbox *box, int fd);
void outbox_clear(struct outbox *box);

/*
 * Sends or queues MSG, whose blob is taken over in either case.  Returns 0,
 * -ENOBUFS when the queue is full, or -errno (-EPIPE: the keeper is gone).
 */
int outbox_send(struct outbox *box, struct wire_msg *msg);

/* Returns 0 when the queue is empty now, -EAGAIN when not, or -errno. */
int outbox_flush(struct outbox *box);

#endif
