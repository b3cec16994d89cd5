// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions about the ioctls: the errno table, restriction, static ports.
 * Must not leave a port bound.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "evt.h"

static int raw(int fd, unsigned long cmd, unsigned long arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

static void ask_bad_pointers(int fd)
{
	conform_errno("BIND_VIRQ bad pointer", "EFAULT",
		      raw(fd, EV_BIND_VIRQ, 8));
	conform_errno("BIND_INTERDOMAIN bad pointer", "EFAULT",
		      raw(fd, EV_BIND_INTERDOMAIN, 8));
	conform_errno("BIND_UNBOUND bad pointer", "EFAULT",
		      raw(fd, EV_BIND_UNBOUND, 8));
	conform_errno("UNBIND bad pointer", "EFAULT", raw(fd, EV_UNBIND, 8));
	conform_errno("NOTIFY bad pointer", "EFAULT", raw(fd, EV_NOTIFY, 8));
	conform_errno("RESTRICT bad pointer", "EFAULT",
		      raw(fd, EV_RESTRICT, 8));
	conform_errno("unknown ioctl", "ENOSYS",
		      raw(fd, EV_IOC(99, 4), 0));
	conform_errno("known number of another size", "ENOSYS",
		      raw(fd, EV_IOC(4, 8), 0));
}

static void ask_binding(int fd)
{
	int port, second;

	conform_errno("BIND_VIRQ no such virq", "EINVAL",
		      evt_bind_virq(fd, 9999));
	conform_errno("BIND_VIRQ of the kernel's timer", "EEXIST",
		      evt_bind_virq(fd, 0));
	port = evt_bind_virq(fd, 4);
	second = evt_bind_virq(fd, 4);
	conform_answer("BIND_VIRQ tracing", "a port", "%s",
		       port > 0 ? "a port" : evt_name(port));
	conform_errno("BIND_VIRQ tracing again", "EEXIST", second);
	conform_errno("UNBIND the virq", "0", evt_unbind(fd, port));

	conform_errno("BIND_INTERDOMAIN no such domain", "ESRCH",
		      evt_bind_interdomain(fd, 4000, 1));
	conform_errno("BIND_INTERDOMAIN no such port", "EINVAL",
		      evt_bind_interdomain(fd, EVT_DOMID_SELF, 4000));
	port = evt_bind_unbound(fd, 4000);
	conform_answer("BIND_UNBOUND for a domain yet to come", "a port", "%s",
		       port > 0 ? "a port" : evt_name(port));
	conform_errno("BIND_INTERDOMAIN to one for another", "EINVAL",
		      evt_bind_interdomain(fd, EVT_DOMID_SELF, port));
	conform_errno("NOTIFY without a peer", "0", evt_notify(fd, port));
	conform_errno("UNBIND it", "0", evt_unbind(fd, port));
}

static void ask_owning(int fd)
{
	int other = evt_open(0), port = evt_bind_unbound(fd, EVT_DOMID_SELF);
	int again;

	conform_errno("UNBIND port 0", "ENOTCONN", evt_unbind(fd, 0));
	conform_errno("UNBIND a huge port", "EINVAL",
		      evt_unbind(fd, EVT_NO_PORT));
	conform_errno("UNBIND port 900", "ENOTCONN", evt_unbind(fd, 900));
	conform_errno("NOTIFY port 0", "ENOTCONN", evt_notify(fd, 0));
	/* Where the number of ports is a constant of the kernel's: EINVAL. */
	again = evt_notify(fd, EVT_NO_PORT);
	conform_errno("NOTIFY a huge port",
		      again == -EINVAL ? "EINVAL" : "ENOTCONN", again);
	conform_errno("NOTIFY another file's port", "ENOTCONN",
		      evt_notify(other, port));
	conform_errno("UNBIND another file's port", "ENOTCONN",
		      evt_unbind(other, port));
	conform_errno("UNBIND one's own", "0", evt_unbind(fd, port));
	conform_errno("UNBIND it twice", "ENOTCONN", evt_unbind(fd, port));
	again = evt_bind_unbound(other, EVT_DOMID_SELF);
	conform_answer("the next bind", "gets the same port", "%s",
		       again == port ? "gets the same port" : evt_name(again));
	close(other);
	again = evt_bind_unbound(fd, EVT_DOMID_SELF);
	conform_answer("a bind after close", "gets the same port", "%s",
		       again == port ? "gets the same port" : evt_name(again));
	evt_unbind(fd, again);
}

void conform_ioctls(void)
{
	int fd = evt_open(0);

	conform_answer("open", "a descriptor", "%s",
		       fd >= 0 ? "a descriptor" : evt_name(fd));
	ask_bad_pointers(fd);
	ask_binding(fd);
	ask_owning(fd);
	conform_errno("close", "0", close(fd));
}

void conform_restrict(void)
{
	int fd = evt_open(0), port = evt_bind_unbound(fd, EVT_DOMID_SELF);

	conform_errno("RESTRICT to 0", "EINVAL", evt_restrict(fd, 0));
	conform_errno("RESTRICT to DOMID_SELF", "EINVAL",
		      evt_restrict(fd, EVT_DOMID_SELF));
	conform_errno("RESTRICT to 4000", "0", evt_restrict(fd, 4000));
	conform_errno("RESTRICT again", "EACCES", evt_restrict(fd, 4000));
	conform_errno("restricted BIND_VIRQ", "EACCES", evt_bind_virq(fd, 4));
	conform_errno("restricted BIND_VIRQ bad pointer", "EACCES",
		      raw(fd, EV_BIND_VIRQ, 8));
	conform_errno("restricted BIND_UNBOUND", "EACCES",
		      evt_bind_unbound(fd, 4000));
	conform_errno("restricted BIND_INTERDOMAIN elsewhere", "EACCES",
		      evt_bind_interdomain(fd, EVT_DOMID_SELF, 1));
	conform_errno("restricted BIND_INTERDOMAIN by a wrapped number",
		      "EACCES", evt_bind_interdomain(fd, 0x10000 + 4000, 1));
	conform_errno("restricted BIND_INTERDOMAIN to its domain", "ESRCH",
		      evt_bind_interdomain(fd, 4000, 1));
	conform_errno("restricted NOTIFY of an older port", "0",
		      evt_notify(fd, port));
	conform_errno("restricted UNBIND of an older port", "0",
		      evt_unbind(fd, port));
	close(fd);
}

/* Port 1 and its neighbours are the kernel's own: each must be refused. */
static void ask_kernel_ports(int fd)
{
	int taken = 0, port, rc;

	for (port = 0; port < 24; port++) {
		rc = evt_bind_static(fd, port);
		if (rc == 0) {
			taken++;
			evt_unbind(fd, port);
		}
	}
	conform_answer("BIND_STATIC of the kernel's ports", "0 taken",
		       "%d taken", taken);
}

static void ask_refused_statics(int fd, int port)
{
	int other = evt_open(0), restricted = evt_open(0);
	unsigned int a, b;

	evt_restrict(restricted, 4000);
	conform_errno("BIND_STATIC restricted to another domain", "EACCES",
		      evt_bind_static(restricted, port));
	conform_errno("BIND_STATIC restricted, of no port", "EACCES",
		      evt_bind_static(restricted, 900));
	conform_errno("BIND_STATIC of one that is not allocated", "EINVAL",
		      evt_bind_static(fd, 900));
	conform_errno("BIND_STATIC of a huge one", "EINVAL",
		      evt_bind_static(fd, EVT_NO_PORT));
	evt_pair(other, &a, &b);
	conform_errno("BIND_STATIC of another file's", "EBUSY",
		      evt_bind_static(fd, a));
	conform_errno("and that file's port still works", "0",
		      evt_notify(other, b));
	conform_answer("and gets its event", "yes", "%s",
		       evt_readable(other, 1000) ? "yes" : "no");
	conform_errno("BIND_STATIC of one's own", "EISCONN",
		      evt_bind_static(other, a));
	close(other);
	close(restricted);
}

/* A port made past the kernel stands for one that was there at boot. */
void conform_statics(void)
{
	int fd = evt_open(0), port = privcmd_alloc_unbound(EVT_DOMID_SELF);
	int peer, rc = evt_bind_static(fd, EVT_NO_PORT);

	if (rc == -ENOSYS) {
		privcmd_close(port);
		conform_errno("BIND_STATIC on a kernel without", "ENOSYS", rc);
		close(fd);
		return;
	}
	conform_errno("BIND_STATIC bad pointer", "EFAULT",
		      raw(fd, EV_BIND_STATIC, 8));
	conform_errno("BIND_STATIC of an unbound port", "EINVAL",
		      evt_bind_static(fd, port));
	peer = evt_bind_interdomain(fd, EVT_DOMID_SELF, port);
	ask_refused_statics(fd, port);
	ask_kernel_ports(fd);
	conform_errno("BIND_STATIC of an interdomain port", "0",
		      evt_bind_static(fd, port));
	evt_unmask(fd, peer);
	evt_reset(fd);
	evt_unmask(fd, port);
	conform_errno("NOTIFY it", "0", evt_notify(fd, peer));
	conform_answer("it gets events", "yes", "%s",
		       evt_readable(fd, 1000) ? "yes" : "no");
	conform_errno("UNBIND it", "0", evt_unbind(fd, port));
	conform_answer("it is not closed", "2", "%d", privcmd_status(port));
	evt_unbind(fd, peer);
	privcmd_close(port);
	close(fd);
}
