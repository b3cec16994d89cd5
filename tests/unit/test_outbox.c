/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The outbox behind a full socket: order, replacement, bounds.  Needs no Xen.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "role/outbox.h"

#include "tap.h"

static int fd[2]; /* [0] the outbox's end, [1] the reader's */

/* Fills the socket; the number of messages that did it. */
static unsigned int stuff(void)
{
	struct wire_msg msg = { .kind = WIRE_PING };
	unsigned int count = 0;

	while (!wire_send(fd[0], &msg))
		count++;
	return count;
}

static void unstuff(unsigned int count)
{
	struct wire_msg msg = {0};

	while (count-- && !wire_recv(fd[1], &msg))
		wire_clear(&msg);
}

static int put(struct outbox *box, enum wire_kind kind, uint32_t domid,
	       int reason, const char *blob)
{
	struct wire_msg msg = { .kind = kind, .id.domid = domid };

	msg.has_reason = reason >= 0;
	msg.reason_code = reason >= 0 ? (uint8_t)reason : 0;
	msg.blob = blob ? strdup(blob) : NULL;
	msg.blob_len = blob ? strlen(blob) : 0;
	return outbox_send(box, &msg);
}

/* Takes the next message; is it this one? */
static int next_is(enum wire_kind kind, uint32_t domid, int reason,
		   const char *blob)
{
	struct wire_msg msg = {0};
	int ok;

	if (wire_recv(fd[1], &msg))
		return 0;
	ok = msg.kind == kind && msg.id.domid == domid &&
	     msg.has_reason == (reason >= 0) &&
	     (reason < 0 || msg.reason_code == reason) &&
	     (blob ? msg.blob && !strcmp(msg.blob, blob) : !msg.blob);
	wire_clear(&msg);
	return ok;
}

static void test_passes_through(struct outbox *box)
{
	ok(!put(box, WIRE_HINT, 7, 3, NULL) && !box->count &&
	   next_is(WIRE_HINT, 7, 3, NULL),
	   "an empty queue lets a message through");
}

static void test_replaces(struct outbox *box)
{
	unsigned int stuffed = stuff();

	put(box, WIRE_HINT, 7, 3, NULL);
	put(box, WIRE_CONFIG, 7, -1, "old");
	put(box, WIRE_HINT, 8, -1, NULL);
	put(box, WIRE_CONFIG, 7, -1, "newer");
	put(box, WIRE_HINT, 7, -1, NULL);
	put(box, WIRE_BEAT, 0, -1, NULL);
	put(box, WIRE_BEAT, 0, -1, NULL);
	ok(box->count == 4 && box->bytes == 5,
	   "newer news of a domain replace the older");
	ok(outbox_flush(box) == -EAGAIN, "a full socket keeps the queue");
	unstuff(stuffed);
	ok(!outbox_flush(box) && !box->count && !box->bytes,
	   "a free one empties it");
	ok(next_is(WIRE_HINT, 7, 3, NULL),
	   "a hint without a reason does not hide one with it");
	ok(next_is(WIRE_CONFIG, 7, -1, "newer"), "the newest record counts");
	ok(next_is(WIRE_HINT, 8, -1, NULL) && next_is(WIRE_BEAT, 0, -1, NULL),
	   "the order is that of the first news");
}

static void test_order_is_kept(struct outbox *box)
{
	unsigned int stuffed = stuff();

	put(box, WIRE_HINT, 1, -1, NULL);
	unstuff(stuffed);
	put(box, WIRE_HINT, 2, -1, NULL);
	ok(box->count == 0, "what is queued goes as soon as there is room");
	ok(next_is(WIRE_HINT, 1, -1, NULL) && next_is(WIRE_HINT, 2, -1, NULL),
	   "and nothing overtakes it");
}

static void test_bounds(struct outbox *box)
{
	unsigned int stuffed = stuff(), put_in = 0;
	int r;

	while (!(r = put(box, WIRE_HINT, put_in + 1, -1, NULL)) &&
	       put_in <= OUTBOX_MESSAGES_MAX)
		put_in++;
	ok(r == -ENOBUFS && put_in == OUTBOX_MESSAGES_MAX,
	   "the queue is bounded");
	ok(!put(box, WIRE_HINT, 1, 3, NULL),
	   "a full queue still takes replacements");
	outbox_clear(box);
	ok(!box->count && list_empty(&box->queue), "it can be cleared");
	unstuff(stuffed);
}

int main(void)
{
	struct outbox box;

	if (wire_pair(fd)) {
		perror("wire_pair");
		return 1;
	}
	outbox_init(&box, fd[0]);
	test_passes_through(&box);
	test_replaces(&box);
	test_order_is_kept(&box);
	test_bounds(&box);
	close(fd[1]);
	ok(put(&box, WIRE_HINT, 1, -1, NULL) == -EPIPE,
	   "a keeper that is gone is an error");
	close(fd[0]);
	outbox_clear(&box);
	return done_testing();
}
