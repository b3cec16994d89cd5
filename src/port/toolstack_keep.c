/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done to a domain as it stands: its end, its core, its CD drive.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/core_elf.h"
#include "port/toolstack_impl.h"

#define PAGE_KIB 4

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

/* libxc is good enough for a PV guest's memory, which has no holes; for the
 * others see core_frames.c. */
static int dump_into(struct toolstack *ts, uint32_t domid, const char *path,
		     int fd, struct text *why)
{
	struct domain_info info;
	int rc, r = hv_find(ts->hv, domid, &info);

	if (r)
		return r;
	if (info.hvm)
		return core_elf_write(domid,
				      info.memory_kib / PAGE_KIB,
				      fd, why);
	rc = libxl_domain_core_dump(ts->ctx, domid, path, NULL);
	return rc ? toolstack_fail(ts, rc, "libxl_domain_core_dump", why) : 0;
}

/*
 * libxc truncates whatever has the name: make the file first, exclusively
 * and with its final mode.
 */
int toolstack_dump(struct toolstack *ts, uint32_t domid, const char *path,
		   struct text *why)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL |
				 O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : 0;

	if (r) {
		toolstack_note(why, "cannot make %s: %s", path, strerror(-r));
		return r;
	}
	r = dump_into(ts, domid, path, fd, why);
	if (!r && fsync(fd))
		r = -errno;
	if (!r)
		return 0;
	unlink(path);
	toolstack_note(why, "the partial core was removed: %s", strerror(-r));
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
