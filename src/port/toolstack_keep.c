/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done to a domain as it stands: its end, its core, its CD drive.
 */
#include <string.h>

#include "port/toolstack_impl.h"

int toolstack_destroy(struct toolstack *ts, uint32_t domid, struct text *why)
{
	int rc = libxl_domain_destroy(ts->ctx, domid, NULL);
	int r;

	if (!rc)
		return 0;
	r = toolstack_fail(ts, rc, "libxl_domain_destroy", why);
	toolstack_note_state(ts, domid, why);
	return r;
}

int toolstack_dump(struct toolstack *ts, uint32_t domid, const char *path,
		   struct text *why)
{
	int rc = libxl_domain_core_dump(ts->ctx, domid, path, NULL);
	int r;

	if (!rc)
		return 0;
	r = toolstack_fail(ts, rc, "libxl_domain_core_dump", why);
	toolstack_note_state(ts, domid, why);
	return r;
}

/* The drive as libxl's own eject event describes it: there, and empty. */
int toolstack_eject(struct toolstack *ts, uint32_t domid, const char *vdev,
		    struct text *why)
{
	libxl_device_disk disk;
	int rc;

	libxl_device_disk_init(&disk);
	disk.vdev = strdup(vdev);
	disk.pdev_path = strdup("");
	disk.format = LIBXL_DISK_FORMAT_EMPTY;
	disk.removable = 1;
	disk.is_cdrom = 1;
	rc = disk.vdev && disk.pdev_path ?
	     libxl_cdrom_insert(ts->ctx, domid, &disk, NULL) : ERROR_NOMEM;
	libxl_device_disk_dispose(&disk);
	return rc ? toolstack_fail(ts, rc, "libxl_cdrom_insert", why) : 0;
}
