// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every kernel must offer, or no other answer can be trusted.
 * Must not use anything that differs between kernels.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/rbtree.h>
#include <linux/rwsem.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/events.h>
#include <xen/xen-ops.h>

int probe(evtchn_port_t port, irq_handler_t handler);
int probe(evtchn_port_t port, irq_handler_t handler)
{
	int (*bind)(evtchn_port_t port) = bind_evtchn_to_irq;
	void (*put)(evtchn_port_t port) = evtchn_put;
	int irq = bind(port);

	put(port);
	unbind_from_irqhandler(irq, NULL);
	notify_remote_via_evtchn(port);
	return irq_from_evtchn(port) ||
	       request_irq(irq, handler, 0, "probe", NULL);
}
