/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page of the PV console as the toolstack left it (a parameter of HVM and
 * PVH, the first grant of PV), and xenconsoled's log.  Writes to neither.
 */
#include "port/console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xen/grant_table.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>

#include "base/cleanup.h"
#include "core/console_tail.h"
#include "port/core_map.h"

/* --- the ring --- */

/* In the second form of the table an entry has twice the bytes, and the frame
 * is where the first form has the next entry. */
static uint64_t frame_of(const void *table)
{
	grant_entry_v1_t first;
	grant_entry_v2_t second;

	memcpy(&first, table, sizeof(first));
	memcpy(&second, table, sizeof(second));
	return first.frame ? first.frame : second.full_page.frame;
}

static int find_by_grant(uint32_t domid, uint64_t *ret_frame)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
	xenforeignmemory_resource_handle *table = NULL;
	void *at = NULL;
	int r = fmem ? 0 : -errno;

	if (r == 0)
		table = xenforeignmemory_map_resource(
			fmem, (domid_t)domid, XENMEM_resource_grant_table,
			XENMEM_resource_grant_table_id_shared, 0, 1, &at,
			PROT_READ, 0);
	if (table) {
		*ret_frame = frame_of(at);
		xenforeignmemory_unmap_resource(fmem, table);
	} else if (r == 0) {
		r = errno ? -errno : -EIO;
	}
	if (fmem)
		xenforeignmemory_close(fmem);
	return r;
}

static int find_frame(xc_interface *xch, uint32_t domid, uint64_t *ret_frame)
{
	xc_domaininfo_t info;
	int n = xc_domain_getinfolist(xch, domid, 1, &info);

	if (n < 0)
		return -errno;
	if (n == 0 || info.domain != domid)
		return -ESRCH;
	if (!(info.flags & XEN_DOMINF_hvm_guest))
		return find_by_grant(domid, ret_frame);
	return xc_hvm_param_get(xch, domid, HVM_PARAM_CONSOLE_PFN, ret_frame) ?
		-errno : 0;
}

static int copy_page(uint32_t domid, uint64_t frame, unsigned char *ret_page)
{
	struct core_map *map;
	bool there = false;
	int r = core_map_open(domid, &map);

	if (r)
		return r;
	r = core_map_copy(map, &frame, 1, ret_page, &there);
	core_map_close(map);
	return r < 0 ? r : there ? 0 : -EFAULT;
}

static int read_page(uint32_t domid, unsigned char *ret_page)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	uint64_t frame = 0;
	int r = xch ? find_frame(xch, domid, &frame) : -errno;

	if (r == 0 && !frame)
		r = -ENXIO;
	if (r == 0)
		r = copy_page(domid, frame, ret_page);
	if (xch)
		xc_interface_close(xch);
	return r;
}

int console_read_ring(uint32_t domid, struct text *text, uint32_t *ret_written,
		      struct text *why)
{
	AUTO_FREE unsigned char *page = malloc(CONSOLE_TAIL_PAGE_BYTES);
	int r = page ? read_page(domid, page) : -ENOMEM;

	if (r == 0) {
		r = console_tail_ring(page, text);
		*ret_written = console_tail_written(page);
	}
	if (r == -ENOENT)
		text_append(why, "the guest wrote nothing to its PV console");
	else if (r == -ENXIO)
		text_append(why, "the domain has no PV console");
	else if (r)
		text_printf(why, "the page of the console cannot be read: %s",
			    strerror(-r));
	return r;
}

/* --- the log --- */

/* NAME is part of a path: it must not lead to another directory. */
static int open_log(const char *dir, const char *name, int *ret_fd,
		    struct stat *ret_st)
{
	AUTO_CLOSE int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char file[NAME_MAX + 1];
	int n = snprintf(file, sizeof(file), "guest-%s.log", name);
	int fd;

	if (!*name || strchr(name, '/') || n < 0 || n >= (int)sizeof(file))
		return -EINVAL;
	if (at < 0)
		return -errno;
	fd = openat(at, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			      O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_st) || !S_ISREG(ret_st->st_mode)) {
		close(fd);
		return -EPERM;
	}
	*ret_fd = fd;
	return 0;
}

static int read_end(int fd, off_t size, size_t most, struct text *text)
{
	AUTO_FREE char *bytes = malloc(most);
	off_t at = size > (off_t)most ? size - (off_t)most : 0;
	size_t len = 0;
	ssize_t n = 1;

	if (!bytes)
		return -ENOMEM;
	while (n > 0 && len < most) {
		n = pread(fd, bytes + len, most - len, at + (off_t)len);
		len += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? -errno : console_tail_lines(bytes, len, at > 0, text);
}

int console_read_log(const char *dir, const char *name, size_t most,
		     struct text *text, struct text *why)
{
	AUTO_CLOSE int fd = -1;
	struct stat st;
	int r = open_log(dir, name, &fd, &st);

	if (r == -ENOENT) {
		text_printf(why, "xenconsoled keeps no log of it in %s", dir);
		return r;
	}
	if (r == 0)
		r = read_end(fd, st.st_size, most, text);
	if (r == -ENOENT)
		text_append(why, "xenconsoled's log of it is empty");
	else if (r == -EINVAL || r == -EPERM || r == -ELOOP)
		text_append(why, "xenconsoled's log of it is no plain file");
	else if (r)
		text_printf(why, "xenconsoled's log of it cannot be read: %s",
			    strerror(-r));
	return r;
}
