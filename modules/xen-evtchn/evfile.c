// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file operations of /dev/xen/evtchn: open and release, read (which
 * ports have events), write (unmask these ports), poll and SIGIO.
 * Must not know how a port is bound.
 */
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "evtchn.h"
#include "compat/compat.h"

#define EVFILE_STACK_PORTS	32

static int evfile_open(struct inode *inode, struct file *filp)
{
	struct evfile *file = kzalloc(sizeof(*file), GFP_KERNEL);
	char comm[TASK_COMM_LEN];

	if (!file)
		return -ENOMEM;
	mutex_init(&file->bind_mutex);
	spin_lock_init(&file->lock);
	file->ports = RB_ROOT;
	INIT_LIST_HEAD(&file->pending);
	init_waitqueue_head(&file->wait);
	file->restricted_to = EVFILE_UNRESTRICTED;
	file->pid = task_tgid_nr(current);
	get_task_comm(comm, current);
	scnprintf(file->name, sizeof(file->name), "evtchn:%s", comm);
	evstats_add(file);
	filp->private_data = file;
	return compat_open(inode, filp);
}

static int evfile_release(struct inode *inode, struct file *filp)
{
	struct evfile *file = filp->private_data;

	evport_unbind_all(file);
	evstats_remove(file);
	kfree(file);
	return 0;
}

/*
 * Takes up to MAX ports, some at a time. What does not reach the caller's
 * memory goes back to where it was.
 */
static ssize_t evfile_take(struct evfile *file, char __user *buf, size_t max)
{
	evtchn_port_t few[EVFILE_STACK_PORTS];
	ssize_t done = 0;
	size_t bytes;
	unsigned int n;
	u64 last = 0;

	do {
		n = evqueue_take(file, few, min_t(size_t, max,
						  ARRAY_SIZE(few)), &last);
		bytes = n * sizeof(*few);
		if (n && copy_to_user(buf + done, few, bytes)) {
			evqueue_put_back(file, few, n, last);
			return done ? done : -EFAULT;
		}
		done += bytes;
		max -= n;
	} while (n == ARRAY_SIZE(few) && max);
	return done;
}

static ssize_t evfile_read(struct file *filp, char __user *buf, size_t count,
			   loff_t *pos)
{
	struct evfile *file = filp->private_data;
	size_t max = min_t(size_t, count / sizeof(evtchn_port_t),
			   EVQUEUE_READ_PORTS);
	ssize_t rc;

	if (!max)
		return 0;
	for (;;) {
		if (READ_ONCE(file->nr_pending)) {
			rc = evfile_take(file, buf, max);
			if (rc)
				return rc;
		}
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		rc = wait_event_interruptible(file->wait,
					      READ_ONCE(file->nr_pending));
		if (rc)
			return rc;
	}
}

/* A port that is not this file's is passed over, as it always was. */
static void evfile_unmask(struct evfile *file, const evtchn_port_t *ports,
			  size_t n)
{
	struct evport *p;
	size_t i;

	mutex_lock(&file->bind_mutex);
	for (i = 0; i < n; i++) {
		p = evtable_find(file, ports[i]);
		if (p)
			evqueue_rearm(p);
	}
	mutex_unlock(&file->bind_mutex);
}

static ssize_t evfile_write(struct file *filp, const char __user *buf,
			    size_t count, loff_t *pos)
{
	struct evfile *file = filp->private_data;
	evtchn_port_t few[EVFILE_STACK_PORTS], *ports = few;
	size_t n = min_t(size_t, count / sizeof(*ports), EVQUEUE_READ_PORTS);
	ssize_t rc = n * sizeof(*ports);

	if (n > ARRAY_SIZE(few)) {
		ports = (evtchn_port_t *)__get_free_page(GFP_KERNEL);
		if (!ports)
			return -ENOMEM;
	}
	if (copy_from_user(ports, buf, rc))
		rc = -EFAULT;
	else
		evfile_unmask(file, ports, n);
	if (ports != few)
		free_page((unsigned long)ports);
	return rc;
}

static compat_poll_t evfile_poll(struct file *filp, poll_table *wait)
{
	struct evfile *file = filp->private_data;
	compat_poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(filp, &file->wait, wait);
	if (READ_ONCE(file->nr_pending))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static int evfile_fasync(int fd, struct file *filp, int on)
{
	struct evfile *file = filp->private_data;

	return fasync_helper(fd, filp, on, &file->async);
}

const struct file_operations evfile_ops = {
	.owner		= THIS_MODULE,
	.open		= evfile_open,
	.release	= evfile_release,
	.read		= evfile_read,
	.write		= evfile_write,
	.poll		= evfile_poll,
	.fasync		= evfile_fasync,
	.unlocked_ioctl	= evioctl_dispatch,
};
