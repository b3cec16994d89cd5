/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue in front of a full socket.  Knows which messages replace each
 * other, and nothing else of their meaning.
 */
#include "role/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct queued {
	struct list node;
	struct wire_msg msg;
};

void outbox_init(struct outbox *box, int fd)
{
	box->fd = fd;
	box->count = box->bytes = 0;
	list_init(&box->queue);
}

static void drop_message(struct outbox *box, struct queued *item)
{
	list_remove(&item->node);
	box->count--;
	box->bytes -= item->msg.blob_len;
	wire_clear(&item->msg);
	free(item);
}

void outbox_clear(struct outbox *box)
{
	struct queued *item;

	LIST_EACH(item, &box->queue, struct queued, node)
		drop_message(box, item);
}

static bool replaces(const struct wire_msg *msg, const struct wire_msg *old)
{
	if (msg->kind != old->kind || msg->id.domid != old->id.domid ||
	    !uuid_equal(msg->id.uuid, old->id.uuid))
		return false;
	switch (msg->kind) {
	case WIRE_HINT:
	case WIRE_CONFIG:
	case WIRE_UPDATE:
	case WIRE_BEAT:
	case WIRE_MODEL:
		return true;
	case WIRE_EJECTED:
		return !strcmp(msg->text, old->text);
	default:
		return false;
	}
}

/* It keeps its place in the queue, so the order of messages stays. */
static bool replace_queued(struct outbox *box, struct wire_msg *msg)
{
	struct queued *item;

	LIST_EACH(item, &box->queue, struct queued, node) {
		if (!replaces(msg, &item->msg))
			continue;
		if (msg->kind == WIRE_HINT && !msg->has_reason) {
			msg->has_reason = item->msg.has_reason;
			msg->reason_code = item->msg.reason_code;
		}
		box->bytes += msg->blob_len - item->msg.blob_len;
		wire_clear(&item->msg);
		item->msg = *msg;
		return true;
	}
	return false;
}

static int append(struct outbox *box, struct wire_msg *msg)
{
	struct queued *item;

	if (box->count >= OUTBOX_MESSAGES_MAX ||
	    box->bytes + msg->blob_len > OUTBOX_BYTES_MAX)
		return -ENOBUFS;
	item = malloc(sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->msg = *msg;
	list_append(&box->queue, &item->node);
	box->count++;
	box->bytes += msg->blob_len;
	return 0;
}

int outbox_flush(struct outbox *box)
{
	struct queued *item;
	int r;

	LIST_EACH(item, &box->queue, struct queued, node) {
		r = wire_send(box->fd, &item->msg);
		if (r)
			return r;
		drop_message(box, item);
	}
	return 0;
}

int outbox_send(struct outbox *box, struct wire_msg *msg)
{
	int r = outbox_flush(box);

	if (r == 0)
		r = wire_send(box->fd, msg);
	if (r == -EAGAIN) {
		r = replace_queued(box, msg) ? 0 : append(box, msg);
		if (!r) {
			memset(msg, 0, sizeof(*msg)); /* the queue has it */
			return 0;
		}
	}
	wire_clear(msg);
	return r;
}
