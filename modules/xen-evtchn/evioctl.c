// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctl interface: arguments in, checks in the order user space relies
 * on, one function per command.
 * Must not keep state of its own.
 */
#include <linux/uaccess.h>

#include "evtchn.h"
#include "compat/compat.h"

static bool evioctl_is_restricted(const struct evfile *file)
{
	return file->restricted_to != EVFILE_UNRESTRICTED;
}

static long evioctl_bind_virq(struct evfile *file, const void __user *arg)
{
	struct ev_bind_virq bind;

	if (evioctl_is_restricted(file))
		return -EACCES;
	if (copy_from_user(&bind, arg, sizeof(bind)))
		return -EFAULT;
	return evport_bind_virq(file, bind.virq);
}

/* Compared before it is cut to 16 bits, or 0x10001 would pass for 1. */
static long evioctl_bind_interdomain(struct evfile *file,
				     const void __user *arg)
{
	struct ev_bind_interdomain bind;

	if (copy_from_user(&bind, arg, sizeof(bind)))
		return -EFAULT;
	if (evioctl_is_restricted(file) &&
	    bind.remote_domain != file->restricted_to)
		return -EACCES;
	return evport_bind_interdomain(file, bind.remote_domain,
				       bind.remote_port);
}

static long evioctl_bind_unbound(struct evfile *file, const void __user *arg)
{
	struct ev_bind_unbound bind;

	if (evioctl_is_restricted(file))
		return -EACCES;
	if (copy_from_user(&bind, arg, sizeof(bind)))
		return -EFAULT;
	return evport_bind_unbound(file, bind.remote_domain);
}

static long evioctl_bind_static(struct evfile *file, const void __user *arg)
{
	struct ev_one_port bind;

	if (copy_from_user(&bind, arg, sizeof(bind)))
		return -EFAULT;
	return evport_bind_static(file, bind.port);
}

static long evioctl_unbind(struct evfile *file, const void __user *arg)
{
	struct ev_one_port unbind;
	struct evport *p;

	if (copy_from_user(&unbind, arg, sizeof(unbind)))
		return -EFAULT;
	if (unbind.port >= compat_nr_ports())
		return -EINVAL;
	p = evtable_find(file, unbind.port);
	if (!p)
		return -ENOTCONN;
	evport_unbind(p);
	return 0;
}

static long evioctl_notify(struct evfile *file, const void __user *arg)
{
	struct ev_one_port notify;

	if (copy_from_user(&notify, arg, sizeof(notify)))
		return -EFAULT;
	if (COMPAT_NOTIFY_CHECKS_RANGE && notify.port >= compat_nr_ports())
		return -EINVAL;
	if (!evtable_find(file, notify.port))
		return -ENOTCONN;
	notify_remote_via_evtchn(notify.port);
	return 0;
}

/* Once only: a file cannot be widened, nor moved to another domain. */
static long evioctl_restrict(struct evfile *file, const void __user *arg)
{
	struct ev_restrict to;

	if (evioctl_is_restricted(file))
		return -EACCES;
	if (copy_from_user(&to, arg, sizeof(to)))
		return -EFAULT;
	if (!to.domid || to.domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	WRITE_ONCE(file->restricted_to, to.domid);
	return 0;
}

static bool evioctl_binds(unsigned int cmd)
{
	return cmd == EV_BIND_INTERDOMAIN || cmd == EV_BIND_UNBOUND ||
	       cmd == EV_BIND_VIRQ || cmd == EV_BIND_STATIC;
}

/* Called by name: calls by pointers cost what a NOTIFY has not to spare. */
static long evioctl_run(struct evfile *file, unsigned int cmd,
			const void __user *arg)
{
	switch (cmd) {
	case EV_NOTIFY:
		return evioctl_notify(file, arg);
	case EV_BIND_INTERDOMAIN:
		return evioctl_bind_interdomain(file, arg);
	case EV_BIND_UNBOUND:
		return evioctl_bind_unbound(file, arg);
	case EV_BIND_VIRQ:
		return evioctl_bind_virq(file, arg);
	case EV_BIND_STATIC:
		return evioctl_bind_static(file, arg);
	case EV_UNBIND:
		return evioctl_unbind(file, arg);
	case EV_RESTRICT:
		return evioctl_restrict(file, arg);
	case EV_RESET:
		evqueue_reset(file);
		return 0;
	default:
		return -ENOSYS;
	}
}

long evioctl_dispatch(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct evfile *file = filp->private_data;
	long rc;

	mutex_lock(&file->bind_mutex);
	rc = evioctl_run(file, cmd, (const void __user *)arg);
	if (rc < 0 && evioctl_binds(cmd))
		evfile_count(file, &file->counts.refused);
	mutex_unlock(&file->bind_mutex);
	return rc;
}
