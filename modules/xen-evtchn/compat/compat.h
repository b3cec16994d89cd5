/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between kernels, behind names of our own. What a kernel
 * offers was found by compiling the probes beside this file, which wrote
 * compat-probed.h; a version number is never asked.
 * Must not hold anything but the differences.
 */
#ifndef EVTCHN_COMPAT_H
#define EVTCHN_COMPAT_H

#include <linux/interrupt.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/smp.h>
#include <xen/events.h>
#include <xen/xen-ops.h>

#include "compat-probed.h"

#ifndef PROBED_READ_ONCE
#define READ_ONCE(x)		ACCESS_ONCE(x)
#define WRITE_ONCE(x, value)	(ACCESS_ONCE(x) = (value))
#endif

#ifdef PROBED_POLL_T
typedef __poll_t compat_poll_t;
#else
typedef unsigned int compat_poll_t;
#ifndef EPOLLIN
#define EPOLLIN		POLLIN
#define EPOLLOUT	POLLOUT
#define EPOLLRDNORM	POLLRDNORM
#define EPOLLWRNORM	POLLWRNORM
#endif
#endif

#ifndef DOMID_FIRST_RESERVED
#define DOMID_FIRST_RESERVED	((domid_t)0x7ff0)
#endif

/* A kernel with ioeventfds shares the irq of a port, and expects us to. */
#ifdef PROBED_SHARED_IRQ
#define COMPAT_SHARED		true
#define COMPAT_IRQ_FLAGS	IRQF_SHARED
#else
#define COMPAT_SHARED		false
#define COMPAT_IRQ_FLAGS	0
#endif

static inline int compat_open(struct inode *inode, struct file *filp)
{
#ifdef PROBED_STREAM_OPEN
	return stream_open(inode, filp);
#else
	return nonseekable_open(inode, filp);
#endif
}

static inline u32 compat_first_vcpu(void)
{
#ifdef PROBED_VCPU_NR
	return xen_vcpu_nr(0);
#elif defined(PROBED_VCPU_ID)
	return per_cpu(xen_vcpu_id, 0);
#else
	return 0;
#endif
}

/* Where the number of ports is a constant, NOTIFY refuses a higher one. */
static inline unsigned int compat_nr_ports(void)
{
#ifdef PROBED_NR_CHANNELS
	return xen_evtchn_nr_channels();
#else
	return NR_EVENT_CHANNELS;
#endif
}

#ifdef PROBED_NR_CHANNELS
#define COMPAT_NOTIFY_CHECKS_RANGE	false
#else
#define COMPAT_NOTIFY_CHECKS_RANGE	true
#endif

static inline bool compat_port_has_irq(evtchn_port_t port)
{
	return (int)irq_from_evtchn(port) > 0;
}

/* A port that is not ours to close needs the kernel to know of such. */
#ifdef PROBED_STATIC_PORTS
#define COMPAT_STATIC_PORTS	true
#else
#define COMPAT_STATIC_PORTS	false
#endif

static inline int compat_make_refcounted(evtchn_port_t port, bool is_static)
{
#ifdef PROBED_STATIC_PORTS
	return evtchn_make_refcounted(port, is_static);
#else
	return evtchn_make_refcounted(port);
#endif
}

/*
 * Between the handler and the write that unmasks it a port stays masked: by
 * the missing end-of-interrupt where the kernel has late ones, which also
 * lets it slow down a peer that storms; else by disabling the irq.
 */
#ifdef PROBED_LATEEOI

static inline int compat_bind_irq(evtchn_port_t port)
{
	return bind_evtchn_to_irq_lateeoi(port);
}

static inline void compat_mask_irq(unsigned int irq)
{
}

static inline void compat_unmask_irq(unsigned int irq)
{
	xen_irq_lateeoi(irq, 0);
}

static inline void compat_release_irq(unsigned int irq)
{
	if (COMPAT_SHARED)
		xen_irq_lateeoi(irq, 0);
}

/* These kernels wait for their own event handling before they free an irq. */
static inline void compat_quiesce(void)
{
}

#else

static inline int compat_bind_irq(evtchn_port_t port)
{
	return bind_evtchn_to_irq(port);
}

static inline void compat_mask_irq(unsigned int irq)
{
	disable_irq_nosync(irq);
}

static inline void compat_unmask_irq(unsigned int irq)
{
	enable_irq(irq);
}

static inline void compat_release_irq(unsigned int irq)
{
}

/*
 * Here a CPU that is handling events may hold the descriptor of an irq that
 * another one frees, and the host dies of it. free_irq() has masked the port,
 * so it is enough that each CPU comes to the end of what it was at. On a PV
 * domain a call from another CPU is an event too and may be among those being
 * handled, before ours; a second call is not.
 */
static inline void compat_quiesce(void)
{
	kick_all_cpus_sync();
	kick_all_cpus_sync();
}

#endif

#endif
