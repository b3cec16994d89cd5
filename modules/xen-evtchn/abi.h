/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctl numbers and arguments of /dev/xen/evtchn, spelled out here since
 * the header of an old kernel lacks the newer ones.
 * Must not hold anything that is not visible to user space.
 */
#ifndef EVTCHN_ABI_H
#define EVTCHN_ABI_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#else
#include <sys/ioctl.h>
#endif

struct ev_bind_virq {
	unsigned int virq;
};

struct ev_bind_interdomain {
	unsigned int remote_domain;
	unsigned int remote_port;
};

struct ev_bind_unbound {
	unsigned int remote_domain;
};

/* UNBIND, NOTIFY and BIND_STATIC all take one port. */
struct ev_one_port {
	unsigned int port;
};

struct ev_restrict {
	unsigned short domid;
};

#define EV_IOC(nr, size)	_IOC(_IOC_NONE, 'E', nr, size)

#define EV_BIND_VIRQ		EV_IOC(0, sizeof(struct ev_bind_virq))
#define EV_BIND_INTERDOMAIN	EV_IOC(1, sizeof(struct ev_bind_interdomain))
#define EV_BIND_UNBOUND		EV_IOC(2, sizeof(struct ev_bind_unbound))
#define EV_UNBIND		EV_IOC(3, sizeof(struct ev_one_port))
#define EV_NOTIFY		EV_IOC(4, sizeof(struct ev_one_port))
#define EV_RESET		EV_IOC(5, 0)
#define EV_RESTRICT		EV_IOC(6, sizeof(struct ev_restrict))
#define EV_BIND_STATIC		EV_IOC(7, sizeof(struct ev_one_port))

#endif
