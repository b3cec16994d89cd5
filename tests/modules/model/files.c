// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the modelled kernel: the device, with checks around each call, and
 * debugfs.
 * Must not call the module but through its operations.
 */
#include <stdarg.h>

#include "model.h"

static const struct file_operations *device;

static struct {
	const char *name;
	const struct file_operations *ops;
} debug_files[4];

int misc_register(struct miscdevice *d)
{
	if (model_fault("misc_register"))
		return -EBUSY;
	device = d->fops;
	return 0;
}

void misc_deregister(struct miscdevice *d)
{
	(void)d;
	device = NULL;
}

static void done(const char *call)
{
	__atomic_add_fetch(&model_steps, 1, __ATOMIC_RELAXED);
	if (model_locks_held())
		model_fail("%s returned with %d locks held", call,
			   model_locks_held());
}

struct file *model_open(unsigned int flags, int *ret_rc)
{
	struct file *filp = calloc(1, sizeof(*filp));

	filp->f_flags = flags;
	*ret_rc = device->open(NULL, filp);
	done("open");
	if (!*ret_rc)
		return filp;
	free(filp);
	return NULL;
}

void model_close(struct file *filp)
{
	if (device->fasync)
		device->fasync(-1, filp, 0);
	device->release(NULL, filp);
	done("release");
	free(filp);
}

long model_ioctl(struct file *filp, unsigned int cmd, const void *arg)
{
	long rc = device->unlocked_ioctl(filp, cmd, (unsigned long)arg);

	done("ioctl");
	return rc;
}

long model_bind_unbound(struct file *filp)
{
	struct ev_bind_unbound bind = { .remote_domain = DOMID_SELF };

	return model_ioctl(filp, EV_BIND_UNBOUND, &bind);
}

long model_bind_interdomain(struct file *filp, unsigned int port)
{
	struct ev_bind_interdomain bind = {
		.remote_domain = DOMID_SELF, .remote_port = port,
	};

	return model_ioctl(filp, EV_BIND_INTERDOMAIN, &bind);
}

long model_one(struct file *filp, unsigned int cmd, unsigned int port)
{
	struct ev_one_port one = { .port = port };

	return model_ioctl(filp, cmd, &one);
}

long model_read(struct file *filp, void *buf, size_t size_bytes)
{
	loff_t pos = 0;
	long rc = device->read(filp, buf, size_bytes, &pos);

	done("read");
	return rc;
}

long model_write(struct file *filp, const void *buf, size_t size_bytes)
{
	loff_t pos = 0;
	long rc = device->write(filp, buf, size_bytes, &pos);

	done("write");
	return rc;
}

long model_unmask(struct file *filp, unsigned int port)
{
	return model_write(filp, &port, sizeof(port));
}

unsigned int model_poll(struct file *filp)
{
	unsigned int mask = device->poll(filp, NULL);

	done("poll");
	return mask;
}

void model_async(struct file *filp, bool on)
{
	device->fasync(3, filp, on);
	done("fasync");
}

/* --- debugfs --- */

struct dentry *debugfs_create_dir(const char *name, struct dentry *parent)
{
	static struct dentry dir;

	(void)name;
	(void)parent;
	return model_fault("debugfs_create_dir") ? NULL : &dir;
}

void debugfs_create_file(const char *name, int mode, struct dentry *parent,
			 void *data, const struct file_operations *ops)
{
	size_t i = 0;

	(void)mode;
	(void)parent;
	(void)data;
	while (debug_files[i].name && strcmp(debug_files[i].name, name))
		i++;
	debug_files[i].name = name;
	debug_files[i].ops = ops;
}

void debugfs_remove_recursive(struct dentry *dir)
{
	(void)dir;
	memset(debug_files, 0, sizeof(debug_files));
}

int single_open(struct file *filp, int (*show)(struct seq_file *, void *),
		void *data)
{
	struct seq_file *m = calloc(1, sizeof(*m));
	int rc = show(m, data);

	filp->private_data = m;
	return rc;
}

int single_release(struct inode *inode, struct file *filp)
{
	(void)inode;
	free(filp->private_data);
	return 0;
}

ssize_t seq_read(struct file *filp, char *buf, size_t count, loff_t *pos)
{
	struct seq_file *m = filp->private_data;

	(void)pos;
	return snprintf(buf, count, "%s", m->text);
}

loff_t seq_lseek(struct file *filp, loff_t to, int whence)
{
	(void)filp;
	(void)whence;
	return to;
}

void seq_printf(struct seq_file *m, const char *format, ...)
{
	size_t left = sizeof(m->text) - m->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(m->text + m->used, left, format, args);
	va_end(args);
	m->used += (size_t)n < left ? (size_t)n : left - 1;
}

/* A number out of `total`; reads `files` as well, for its locking. */
long model_total(const char *key)
{
	char text[4096];
	long value = -1;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(debug_files) && debug_files[i].name; i++) {
		const struct file_operations *ops = debug_files[i].ops;
		struct file filp = { 0 };
		char *at;

		ops->open(NULL, &filp);
		ops->read(&filp, text, sizeof(text), NULL);
		ops->release(NULL, &filp);
		done("debugfs");
		if (strcmp(debug_files[i].name, "total"))
			continue;
		for (at = text; at; at = strchr(at, '\n')) {
			at += *at == '\n';
			if (!strncmp(at, key, strlen(key)) &&
			    at[strlen(key)] == ' ')
				value = atol(at + strlen(key) + 1);
		}
	}
	return value;
}
