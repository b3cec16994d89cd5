// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters for people, in debugfs under xen_evtchn/: `total`, and `files`
 * with a line for each open file.
 * Must not stand in the way: all else works if debugfs is not there.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "evtchn.h"
#include "compat/compat.h"

static LIST_HEAD(evstats_files);
static DEFINE_MUTEX(evstats_mutex);	/* the list and the two below */
static struct evcounts evstats_closed;	/* of files that are gone */
static u64 evstats_opens;

static struct dentry *evstats_dir;

void evstats_add(struct evfile *file)
{
	mutex_lock(&evstats_mutex);
	list_add_tail(&file->listed, &evstats_files);
	evstats_opens++;
	mutex_unlock(&evstats_mutex);
}

static void evstats_sum(struct evcounts *sum, const struct evcounts *c)
{
	sum->binds += c->binds;
	sum->unbinds += c->unbinds;
	sum->events += c->events;
	sum->coalesced += c->coalesced;
	sum->refused += c->refused;
	if (c->pending_max > sum->pending_max)
		sum->pending_max = c->pending_max;
}

void evstats_remove(struct evfile *file)
{
	mutex_lock(&evstats_mutex);
	list_del(&file->listed);
	evstats_sum(&evstats_closed, &file->counts);
	mutex_unlock(&evstats_mutex);
}

struct evstats_look {
	struct evcounts counts;
	unsigned int ports;
	unsigned int pending;
};

static void evstats_look_at(struct evfile *file, struct evstats_look *ret)
{
	unsigned long flags;

	spin_lock_irqsave(&file->lock, flags);
	ret->counts = file->counts;
	ret->ports = file->nr_ports;
	ret->pending = file->nr_pending;
	spin_unlock_irqrestore(&file->lock, flags);
}

static int evstats_show_total(struct seq_file *m, void *unused)
{
	struct evcounts sum;
	struct evstats_look look;
	struct evfile *file;
	unsigned int files = 0, ports = 0, pending = 0;

	mutex_lock(&evstats_mutex);
	sum = evstats_closed;
	list_for_each_entry(file, &evstats_files, listed) {
		evstats_look_at(file, &look);
		evstats_sum(&sum, &look.counts);
		files++;
		ports += look.ports;
		pending += look.pending;
	}
	seq_printf(m, "opens %llu\nfiles %u\nports %u\npending %u\n",
		   (unsigned long long)evstats_opens, files, ports, pending);
	mutex_unlock(&evstats_mutex);
	seq_printf(m, "binds %llu\nunbinds %llu\nevents %llu\n",
		   (unsigned long long)sum.binds,
		   (unsigned long long)sum.unbinds,
		   (unsigned long long)sum.events);
	seq_printf(m, "coalesced %llu\nrefused %llu\npending_max %u\n",
		   (unsigned long long)sum.coalesced,
		   (unsigned long long)sum.refused, sum.pending_max);
	return 0;
}

static void evstats_show_file(struct seq_file *m, struct evfile *file)
{
	domid_t restricted_to = READ_ONCE(file->restricted_to);
	struct evstats_look look;
	const struct evcounts *c = &look.counts;

	evstats_look_at(file, &look);
	seq_printf(m, "%d %u %u %llu %llu %llu %llu %llu %u ", file->pid,
		   look.ports, look.pending,
		   (unsigned long long)c->binds,
		   (unsigned long long)c->unbinds,
		   (unsigned long long)c->events,
		   (unsigned long long)c->coalesced,
		   (unsigned long long)c->refused, c->pending_max);
	if (restricted_to == EVFILE_UNRESTRICTED)
		seq_puts(m, "- ");
	else
		seq_printf(m, "%u ", restricted_to);
	seq_printf(m, "%s\n", file->name);
}

static int evstats_show_files(struct seq_file *m, void *unused)
{
	struct evfile *file;

	seq_puts(m, "pid ports pending binds unbinds events coalesced ");
	seq_puts(m, "refused pending_max restricted_to name\n");
	mutex_lock(&evstats_mutex);
	list_for_each_entry(file, &evstats_files, listed)
		evstats_show_file(m, file);
	mutex_unlock(&evstats_mutex);
	return 0;
}

static int evstats_open_total(struct inode *inode, struct file *filp)
{
	return single_open(filp, evstats_show_total, NULL);
}

static int evstats_open_files(struct inode *inode, struct file *filp)
{
	return single_open(filp, evstats_show_files, NULL);
}

static const struct file_operations evstats_total_ops = {
	.owner		= THIS_MODULE,
	.open		= evstats_open_total,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static const struct file_operations evstats_files_ops = {
	.owner		= THIS_MODULE,
	.open		= evstats_open_files,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= single_release,
};

void evstats_init(void)
{
	struct dentry *dir = debugfs_create_dir(KBUILD_MODNAME, NULL);

	if (IS_ERR_OR_NULL(dir))
		return;
	evstats_dir = dir;
	debugfs_create_file("total", 0400, dir, NULL, &evstats_total_ops);
	debugfs_create_file("files", 0400, dir, NULL, &evstats_files_ops);
}

void evstats_exit(void)
{
	debugfs_remove_recursive(evstats_dir);
	evstats_dir = NULL;
}
