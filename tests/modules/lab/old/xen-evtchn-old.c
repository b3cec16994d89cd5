// SPDX-License-Identifier: GPL-2.0-only
/*
 * The design of the 3.10 driver, written anew to be watched: one table for
 * all files, and an entry that is cleared only after the port was closed.
 * Where the old driver had its BUG_ON() this one counts a collision.
 * Must not be loaded but in the lab: it knows bind, unbind and notify only.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <xen/events.h>
#include <xen/xen.h>

#include "abi.h"
#include "compat/compat.h"

#define OLD_PORTS	4096

struct old_file {
	struct mutex bind_mutex;
};

static struct old_file *old_owner[OLD_PORTS];
static DEFINE_SPINLOCK(old_lock);

static unsigned long collisions;
module_param(collisions, ulong, 0444);
MODULE_PARM_DESC(collisions, "binds that met a stale entry (read only)");

static unsigned long binds;
module_param(binds, ulong, 0444);
MODULE_PARM_DESC(binds, "binds that were tried (read only)");

static irqreturn_t old_interrupt(int irq, void *data)
{
	compat_mask_irq(irq);
	compat_unmask_irq(irq);
	return IRQ_HANDLED;
}

/* Here the old driver stopped whoever was binding, for good. */
static void old_set_owner(struct old_file *file, evtchn_port_t port)
{
	spin_lock(&old_lock);
	binds++;
	if (old_owner[port]) {
		collisions++;
		pr_warn_once("xen-evtchn-old: port %u is still owned: here was the BUG\n",
			     port);
	}
	old_owner[port] = file;
	spin_unlock(&old_lock);
}

static void old_clear_owner(struct old_file *file, evtchn_port_t port)
{
	spin_lock(&old_lock);
	if (old_owner[port] == file)
		old_owner[port] = NULL;
	spin_unlock(&old_lock);
}

static int old_bind(struct old_file *file, evtchn_port_t port)
{
	int rc;

	if (port >= OLD_PORTS)
		return -EINVAL;
	old_set_owner(file, port);
	rc = compat_bind_irq(port);
	if (rc < 0)
		return rc;
	rc = request_irq(rc, old_interrupt, 0, "evtchn-old",
			 (void *)(unsigned long)port);
	return rc ? rc : (int)port;
}

/* The old order: closed first, cleared later. */
static void old_unbind(struct old_file *file, evtchn_port_t port)
{
	unbind_from_irqhandler(irq_from_evtchn(port),
			       (void *)(unsigned long)port);
	old_clear_owner(file, port);
}

static long old_bind_unbound(struct old_file *file, const void __user *arg)
{
	struct ev_bind_unbound bind;
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF };
	int rc;

	if (copy_from_user(&bind, arg, sizeof(bind)))
		return -EFAULT;
	alloc.remote_dom = bind.remote_domain;
	rc = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	return rc ? rc : old_bind(file, alloc.port);
}

static long old_one_port(struct old_file *file, unsigned int cmd,
			 const void __user *arg)
{
	struct ev_one_port one;

	if (copy_from_user(&one, arg, sizeof(one)))
		return -EFAULT;
	if (one.port >= OLD_PORTS || old_owner[one.port] != file)
		return -ENOTCONN;
	if (cmd == EV_NOTIFY)
		notify_remote_via_evtchn(one.port);
	else
		old_unbind(file, one.port);
	return 0;
}

static long old_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct old_file *file = filp->private_data;
	long rc = -ENOSYS;

	mutex_lock(&file->bind_mutex);
	if (cmd == EV_BIND_UNBOUND)
		rc = old_bind_unbound(file, (const void __user *)arg);
	else if (cmd == EV_UNBIND || cmd == EV_NOTIFY)
		rc = old_one_port(file, cmd, (const void __user *)arg);
	mutex_unlock(&file->bind_mutex);
	return rc;
}

static int old_open(struct inode *inode, struct file *filp)
{
	struct old_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return -ENOMEM;
	mutex_init(&file->bind_mutex);
	filp->private_data = file;
	return 0;
}

static int old_release(struct inode *inode, struct file *filp)
{
	struct old_file *file = filp->private_data;
	evtchn_port_t port;

	for (port = 0; port < OLD_PORTS; port++)
		if (old_owner[port] == file)
			old_unbind(file, port);
	kfree(file);
	return 0;
}

static const struct file_operations old_ops = {
	.owner		= THIS_MODULE,
	.open		= old_open,
	.release	= old_release,
	.unlocked_ioctl	= old_ioctl,
};

static struct miscdevice old_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "xen/evtchn-old",
	.fops	= &old_ops,
};

static int __init old_init(void)
{
	return xen_domain() ? misc_register(&old_device) : -ENODEV;
}

static void __exit old_exit(void)
{
	misc_deregister(&old_device);
}

module_init(old_init);
module_exit(old_exit);

MODULE_DESCRIPTION("The old event-channel design, to be watched in a lab");
MODULE_AUTHOR("The Xenvigil authors");
MODULE_LICENSE("GPL");
