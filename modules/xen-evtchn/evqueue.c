// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pending ports of one open file: a FIFO threaded through the ports
 * themselves, so that it cannot overflow, and the interrupt handler.
 * Must not bind, unbind or allocate.
 *
 * A port is queued at most once: an event for one that is queued already is
 * counted as coalesced. Each queueing takes the next sequence number, which
 * lets a reader drop exactly what it has copied although the lock was
 * released in between.
 */
#include "evtchn.h"
#include "compat/compat.h"

static bool evqueue_push(struct evport *p)
{
	struct evfile *file = p->file;
	bool was_empty = list_empty(&file->pending);

	if (!list_empty(&p->queued)) {
		file->counts.coalesced++;
		return false;
	}
	p->sequence = ++file->sequence;
	list_add_tail(&p->queued, &file->pending);
	WRITE_ONCE(file->nr_pending, file->nr_pending + 1);
	file->counts.events++;
	if (file->nr_pending > file->counts.pending_max)
		file->counts.pending_max = file->nr_pending;
	return was_empty;
}

static void evqueue_pop(struct evport *p)
{
	list_del_init(&p->queued);
	WRITE_ONCE(p->file->nr_pending, p->file->nr_pending - 1);
}

static void evqueue_wake(struct evfile *file)
{
	wake_up_interruptible(&file->wait);
	kill_fasync(&file->async, SIGIO, POLL_IN);
}

/*
 * A disarmed port is masked until user space writes it, so a call for one
 * comes from a shared line, a debugging kernel or a polled irq. If the line
 * can be shared it may also be an event that the other user of the line let
 * through; it is remembered for evqueue_rearm(), or it would be lost.
 */
irqreturn_t evqueue_interrupt(int irq, void *data)
{
	struct evport *p = data;
	struct evfile *file = p->file;
	unsigned long flags;
	bool wake;

	spin_lock_irqsave(&file->lock, flags);
	if (!p->armed) {
		if (COMPAT_SHARED && list_empty(&p->queued))
			p->missed = true;
		file->counts.coalesced++;
		spin_unlock_irqrestore(&file->lock, flags);
		return IRQ_NONE;
	}
	p->armed = false;
	compat_mask_irq(irq);
	wake = evqueue_push(p);
	spin_unlock_irqrestore(&file->lock, flags);

	if (wake)
		evqueue_wake(file);
	return IRQ_HANDLED;
}

/* Armed first: from the unmasking on the handler may run at any time. */
void evqueue_rearm(struct evport *p)
{
	struct evfile *file = p->file;
	bool wake = false, masked;
	unsigned long flags;

	spin_lock_irqsave(&file->lock, flags);
	masked = !p->armed;
	p->armed = true;
	if (p->missed) {
		p->missed = false;
		wake = evqueue_push(p);
	}
	spin_unlock_irqrestore(&file->lock, flags);

	if (masked)
		compat_unmask_irq(p->irq);
	if (wake)
		evqueue_wake(file);
}

/* Copies the oldest pending ports and leaves them queued. */
unsigned int evqueue_peek(struct evfile *file, evtchn_port_t *ports,
			  unsigned int max, u64 *ret_last)
{
	struct evport *p;
	unsigned long flags;
	unsigned int n = 0;

	spin_lock_irqsave(&file->lock, flags);
	list_for_each_entry(p, &file->pending, queued) {
		if (n == max)
			break;
		ports[n++] = p->port;
		*ret_last = p->sequence;
	}
	spin_unlock_irqrestore(&file->lock, flags);
	return n;
}

/*
 * Drops what evqueue_peek() returned. A port that was unbound, or unbound and
 * bound again, in between is either gone or has a later number.
 */
void evqueue_drop(struct evfile *file, u64 last)
{
	struct evport *p, *next;
	unsigned long flags;

	spin_lock_irqsave(&file->lock, flags);
	list_for_each_entry_safe(p, next, &file->pending, queued) {
		if (p->sequence > last)
			break;
		evqueue_pop(p);
	}
	spin_unlock_irqrestore(&file->lock, flags);
}

void evqueue_forget(struct evport *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->file->lock, flags);
	if (!list_empty(&p->queued))
		evqueue_pop(p);
	spin_unlock_irqrestore(&p->file->lock, flags);
}

/* The ports stay disarmed: they await a write, as if they had been read. */
void evqueue_reset(struct evfile *file)
{
	mutex_lock(&file->read_mutex);
	evqueue_drop(file, ~0ULL);
	mutex_unlock(&file->read_mutex);
}
