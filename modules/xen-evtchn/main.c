// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading of the event-channel device, and the read-only
 * parameter by which others can tell this driver from the kernel's own.
 * Must not hold state: all of that belongs to an open file.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <xen/xen.h>

#include "evtchn.h"
#include "compat/compat.h"

#ifndef EVTCHN_BUILD
#error "the build has no name: EVTCHN_BUILD comes from Kbuild"
#endif

static int main_get_build(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%s", EVTCHN_BUILD);
}

static int main_set_build(const char *value, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops main_build_ops = {
	.get = main_get_build,
	.set = main_set_build,
};
module_param_cb(xenvigil_build, &main_build_ops, NULL, 0444);
MODULE_PARM_DESC(xenvigil_build, "which build this is (read only)");

/* libxenevtchn opens this one; a test's twin has another beside it. */
#ifndef EVTCHN_DEVICE
#define EVTCHN_DEVICE	"xen/evtchn"
#endif

static struct miscdevice main_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= EVTCHN_DEVICE,
	.fops	= &evfile_ops,
};

static int __init main_init(void)
{
	int rc;

	if (!xen_domain())
		return -ENODEV;
	evstats_init();
	rc = misc_register(&main_device);
	if (rc) {
		pr_err("xen-evtchn: cannot register %s: %d\n",
		       EVTCHN_DEVICE, rc);
		goto no_device;
	}
	return 0;

no_device:
	evstats_exit();
	return rc;
}

static void __exit main_exit(void)
{
	misc_deregister(&main_device);
	evstats_exit();
}

module_init(main_init);
module_exit(main_exit);

MODULE_DESCRIPTION("Xen event-channel device with per-file tables");
MODULE_AUTHOR("The Xenvigil authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(EVTCHN_BUILD);
