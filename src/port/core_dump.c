/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns the core's file, and the choice of who writes into it.
 */
#include "port/core_dump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/core_elf.h"

#define PAGE_KIB 4

/* libxc is good enough for a PV guest's memory, which has no holes; for the
 * others see core_frames.c. */
static int dump_into(struct hv *hv, struct toolstack *ts, uint32_t domid,
		     const char *path, int fd, struct text *why)
{
	struct domain_info info;
	int r = hv_find(hv, domid, &info);

	if (r)
		return r;
	if (info.hvm)
		return core_elf_write(domid, info.memory_kib / PAGE_KIB, fd,
				      why);
	return ts ? toolstack_dump(ts, domid, path, why) : -ENOTSUP;
}

/*
 * libxc truncates whatever has the name: make the file first, exclusively
 * and with its final mode.
 */
int core_dump_write(struct hv *hv, struct toolstack *ts, uint32_t domid,
		    const char *path, struct text *why)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL |
				 O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : 0;

	if (r) {
		text_printf(why, "cannot make %s: %s", path, strerror(-r));
		return r;
	}
	r = dump_into(hv, ts, domid, path, fd, why);
	if (!r && fsync(fd))
		r = -errno;
	if (!r)
		return 0;
	unlink(path);
	text_printf(why, "%sthe partial core was removed: %s",
		    why->len ? "; " : "", strerror(-r));
	return r;
}
