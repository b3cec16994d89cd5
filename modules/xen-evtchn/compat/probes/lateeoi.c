// SPDX-License-Identifier: GPL-2.0-only
/*
 * Late end-of-interrupt: 5.10, and many stable kernels before it.
 * Alternative: disable_irq_nosync() and enable_irq().
 */
#include <xen/events.h>

int probe(evtchn_port_t port);
int probe(evtchn_port_t port)
{
	int (*bind)(evtchn_port_t port) = bind_evtchn_to_irq_lateeoi;
	void (*eoi)(unsigned int irq, unsigned int flags) = xen_irq_lateeoi;
	int irq = bind(port);

	eoi(irq, 0);
	return irq;
}
