// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports whose irq is shared with an ioeventfd of privcmd: 6.7.
 * Alternative: the irq is ours alone.
 */
#include <linux/types.h>
#include <linux/ioctl.h>
#include <xen/interface/xen.h>
#include <xen/privcmd.h>

unsigned int probe(void);
unsigned int probe(void)
{
	return IOCTL_PRIVCMD_IOEVENTFD;
}
