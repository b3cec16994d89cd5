// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pending ports of one open file: a FIFO threaded through the ports
 * themselves, so that it cannot overflow, and the interrupt handler.
 * Must not bind, unbind or allocate.
 *
 * A port is queued at most once: an event for one that is queued already is
 * counted as coalesced. Each queueing takes the next number, by which
 * what a reader took and could not use is known again although the lock was
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
	p->sequence = ++file->counts.events;
	list_add_tail(&p->queued, &file->pending);
	WRITE_ONCE(file->nr_pending, file->nr_pending + 1);
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
	bool wake;

	/* Interrupts are off here, or the handlers are threads, all of them. */
	spin_lock(&file->lock);
	if (!p->armed) {
		if (COMPAT_SHARED && list_empty(&p->queued))
			p->missed = true;
		file->counts.coalesced++;
		spin_unlock(&file->lock);
		return IRQ_NONE;
	}
	p->armed = false;
	compat_mask_irq(irq);
	wake = evqueue_push(p);
	spin_unlock(&file->lock);

	if (wake)
		evqueue_wake(file);
	return IRQ_HANDLED;
}

/* Armed first: from the unmasking on the handler may run at any time. */
void evqueue_rearm(struct evport *p)
{
	struct evfile *file = p->file;
	bool wake = false, masked;

	spin_lock_irq(&file->lock);
	masked = !p->armed;
	p->armed = true;
	if (p->missed) {
		p->missed = false;
		wake = evqueue_push(p);
	}
	spin_unlock_irq(&file->lock);

	if (masked)
		compat_unmask_irq(p->irq);
	if (wake)
		evqueue_wake(file);
}

/* Takes the oldest pending ports out; *RET_LAST is the last one's number. */
unsigned int evqueue_take(struct evfile *file, evtchn_port_t *ports,
			  unsigned int max, u64 *ret_last)
{
	struct evport *p, *next;
	unsigned int n = 0;

	spin_lock_irq(&file->lock);
	list_for_each_entry_safe(p, next, &file->pending, queued) {
		if (n == max)
			break;
		ports[n++] = p->port;
		*ret_last = p->sequence;
		evqueue_pop(p);
	}
	spin_unlock_irq(&file->lock);
	return n;
}

/*
 * Puts back what evqueue_take() returned, before all others. A port that was
 * unbound, or unbound and bound again, in between is either gone or has another
 * number; one that had an event meanwhile is there already, or was read.
 */
void evqueue_put_back(struct evfile *file, const evtchn_port_t *ports,
		      unsigned int n, u64 last)
{
	struct evport *p;

	spin_lock_irq(&file->lock);
	while (n--) {
		p = evtable_find(file, ports[n]);
		if (!p || p->sequence <= file->reset_at ||
		    p->sequence > last || !list_empty(&p->queued))
			continue;
		list_add(&p->queued, &file->pending);
		WRITE_ONCE(file->nr_pending, file->nr_pending + 1);
	}
	spin_unlock_irq(&file->lock);
	evqueue_wake(file); /* who looked meanwhile saw nothing */
}

void evqueue_forget(struct evport *p)
{
	spin_lock_irq(&p->file->lock);
	if (!list_empty(&p->queued))
		evqueue_pop(p);
	spin_unlock_irq(&p->file->lock);
}

/*
 * The ports stay disarmed: they await a write, as if they had been read. What
 * a reader holds just now does not come back after this.
 */
void evqueue_reset(struct evfile *file)
{
	struct evport *p, *next;

	spin_lock_irq(&file->lock);
	list_for_each_entry_safe(p, next, &file->pending, queued)
		evqueue_pop(p);
	file->reset_at = file->counts.events;
	spin_unlock_irq(&file->lock);
}
