// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream_open(), after which read and write do not wait for each other: 5.2.
 * Alternative: nonseekable_open().
 */
#include <linux/fs.h>

int probe(struct inode *inode, struct file *filp);
int probe(struct inode *inode, struct file *filp)
{
	int (*open)(struct inode *inode, struct file *filp) = stream_open;

	return open(inode, filp);
}
