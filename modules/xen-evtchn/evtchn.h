/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two structures of the driver, one per open file and one per bound port,
 * and what each of its files offers the others.
 * Must not hold a table that outlives a file: that was the old bug.
 *
 * Lock order, outermost first:
 *	bind_mutex -> evport_irq_sem -> the kernel's irq locks -> lock
 * `lock` is taken in the interrupt handler.
 *
 * A port is changed in `ports` under bind_mutex and `lock` both, so that
 * either is enough to look one up. `pending` and its numbers need `lock`.
 */
#ifndef EVTCHN_H
#define EVTCHN_H

#include <linux/cache.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "abi.h"

#define EVFILE_NAME_BYTES	32
#define EVFILE_UNRESTRICTED	((domid_t)-1)
#define EVQUEUE_READ_PORTS	(PAGE_SIZE / sizeof(evtchn_port_t))

/* What each event changes comes first. */
struct evcounts {
	u64 events;
	unsigned int pending_max;
	u64 coalesced;
	u64 binds;
	u64 unbinds;
	u64 refused;
};

/* What the handler and a reader both change comes first, in one line of the
 * cache. */
struct evfile {
	spinlock_t lock;
	unsigned int nr_pending;
	struct list_head pending;	/* FIFO of evport.queued */
	struct evcounts counts;		/* events: the newest one's number */
	u64 reset_at;			/* of the newest that RESET dropped */
	wait_queue_head_t wait;
	struct fasync_struct *async;
	struct mutex bind_mutex;	/* bind, unbind, notify, unmask */
	struct rb_root ports;
	unsigned int nr_ports;
	domid_t restricted_to;
	struct list_head listed;	/* in evstats.c */
	pid_t pid;
	char name[EVFILE_NAME_BYTES];	/* shown in /proc/interrupts */
};

/* Here too. */
struct evport {
	struct list_head queued;
	u64 sequence;		/* of its newest event */
	struct evfile *file;
	evtchn_port_t port;
	unsigned int irq;
	bool armed;		/* an event will be delivered */
	bool missed;		/* one came on a shared line while disarmed */
	bool is_static;		/* the port is not ours to close */
	bool is_open;		/* the binding failed before it had an irq */
	struct rb_node node;
} ____cacheline_aligned;

/* Every counter changes under `lock`, so that a look at them is of one moment. */
static inline void evfile_count(struct evfile *file, u64 *counter)
{
	unsigned long flags;

	spin_lock_irqsave(&file->lock, flags);
	++*counter;
	spin_unlock_irqrestore(&file->lock, flags);
}

/* evport.c: the ports of one file, from allocation to close */
int evport_bind_virq(struct evfile *file, unsigned int virq);
int evport_bind_interdomain(struct evfile *file, domid_t remote,
			    evtchn_port_t remote_port);
int evport_bind_unbound(struct evfile *file, domid_t remote);
int evport_bind_static(struct evfile *file, evtchn_port_t port);
void evport_unbind(struct evport *p);
void evport_unbind_all(struct evfile *file);

/* evtable.c: the tree of one file's ports */
struct evport *evtable_find(struct evfile *file, evtchn_port_t port);
int evtable_insert(struct evfile *file, struct evport *p);
void evtable_remove(struct evport *p);

/* evqueue.c: the FIFO of one file's pending ports */
irqreturn_t evqueue_interrupt(int irq, void *data);
void evqueue_rearm(struct evport *p);
unsigned int evqueue_take(struct evfile *file, evtchn_port_t *ports,
			  unsigned int max, u64 *ret_last);
void evqueue_put_back(struct evfile *file, const evtchn_port_t *ports,
		      unsigned int n, u64 last);
void evqueue_forget(struct evport *p);
void evqueue_reset(struct evfile *file);

/* evioctl.c: the ioctl interface */
long evioctl_dispatch(struct file *filp, unsigned int cmd, unsigned long arg);

/* evfile.c: the file operations */
extern const struct file_operations evfile_ops;

/* evstats.c: counters in debugfs */
void evstats_init(void);
void evstats_exit(void);
void evstats_add(struct evfile *file);
void evstats_remove(struct evfile *file);

#endif
