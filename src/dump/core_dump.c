/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns the core's file, and the choice of who writes into it.
 */
#include "dump/core_dump.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "dump/core_dir.h"
#include "dump/core_elf.h"
#include "dump/core_kdump.h"
#include "dump/core_out.h"
#include "port/core_xen.h"

#define MIB (1ull << 20)

int core_dump_check(uint32_t domid)
{
	struct text why = {0};
	struct core_xen *xen = NULL;
	int r = core_xen_open(domid, &xen, &why);

	core_xen_close(xen);
	text_free(&why);
	return r;
}

/* Old cores are removed before the new one starts, for the number of its guest
 * and for free space; for the total size when the new core's size is known. */
static int trim(const struct core_dump_order *order, uint64_t free_bytes,
		const char *keep, struct text *why)
{
	const struct capture_order *capture = &order->capture;
	char guest[UUID_TEXT_BYTES];
	struct core_dir_bounds bounds = {
		.total_bytes = capture->total_mib * MIB,
		.free_bytes = free_bytes,
		.per_guest = keep ? capture->per_guest :
				    capture->per_guest - 1,
		.guest = text_copy(guest, sizeof(guest), order->name),
		.keep = keep,
	};
	int r;

	/* For one there is no room beside another. */
	if (!keep && capture->per_guest < 2)
		bounds.guest = NULL;
	r = core_dir_trim(order->dir, &bounds, why);
	if (r)
		text_printf(why, "cannot list the old cores: %s",
			    strerror(-r));
	return r;
}

/* Of each page, and beside them all. */
#define LIBXC_PAGE_BYTES (CORE_PAGE_BYTES + 16)
#define LIBXC_BYTES MIB

/* libxc writes a core whole or not at all. */
static int count_libxc(uint32_t domid, uint64_t *ret_bytes)
{
	uint64_t pages;
	int r = core_xen_count(domid, &pages);

	if (r == 0)
		*ret_bytes = pages * LIBXC_PAGE_BYTES + LIBXC_BYTES;
	return r;
}

/* A core that would exceed the limits is not started. */
static int check_size(struct core_out *out, uint64_t bytes, struct text *why)
{
	int r = core_out_holds(out, bytes);

	if (r != CORE_OUT_CUT)
		return r;
	text_append_clause(why, "a 32-bit PV guest's core cannot be cut, and "
			   "its %llu MiB are more than core_largest_mib or "
			   "core_free_percent allow",
			   (unsigned long long)(bytes >> 20));
	return -EFBIG;
}

/* For a 32-bit PV guest libxc writes the core; it opens the file by its name. */
static int write_by_libxc(struct toolstack *ts, uint32_t domid,
			  uint64_t bytes, struct core_out *out,
			  struct text *why)
{
	char path[64];
	int r = check_size(out, bytes, why);

	out->facts.format = CAPTURE_FORMAT_ELF;
	if (r)
		return r;
	if (!ts)
		return -ENOTSUP;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", out->fd);
	return toolstack_dump(ts, domid, path, why);
}

/* A PV guest's page tables hold machine frames, which only Xen's format maps. */
static int write_as(const struct core_guest *guest, enum capture_format format,
		    struct core_out *out)
{
	int r;

	if (!guest->translated)
		format = CAPTURE_FORMAT_ELF;
	if (format == CAPTURE_FORMAT_ELF)
		r = core_elf_write(guest, out);
	else
		r = core_kdump_write(guest,
				     format == CAPTURE_FORMAT_KDUMP_ZSTD, out);
	out->facts.format = format;
	return r;
}

/* Is there a limit that all of the memory might not fit below? */
static bool may_be_cut(const struct core_guest *guest,
		       const struct core_out *out)
{
	uint64_t all = guest->tot_pages * CORE_PAGE_BYTES;
	struct statvfs fs;

	if (out->most_bytes && out->most_bytes < all)
		return true;
	return out->free_bytes && (fstatvfs(out->fd, &fs) ||
				   (uint64_t)fs.f_bavail * fs.f_frsize <
				   out->free_bytes + all);
}

static int write_ourselves(const struct core_dump_order *order,
			   struct core_xen *xen, struct core_out *out,
			   struct text *why)
{
	int r;

	core_xen_name_task(xen, &order->capture.task);
	/* Xen's form keeps the frames' order, which its readers rely on. */
	if (order->capture.format != CAPTURE_FORMAT_ELF &&
	    may_be_cut(core_xen_guest(xen), out))
		core_xen_put_first(xen);
	r = write_as(core_xen_guest(xen), order->capture.format, out);
	/* Of the hypervisor's own memory there may be some beside. */
	if (out->facts.pages > out->facts.tot_pages)
		out->facts.tot_pages = out->facts.pages;
	text_printf(why, "%llu of %llu pages",
		    (unsigned long long)out->facts.pages,
		    (unsigned long long)out->facts.tot_pages);
	if (out->facts.truncated)
		text_append(why, out->guest_going ?
			    ", the domain was destroyed during the "
			    "dump" : out->cut ?
			    ", cut at a limit" :
			    ", the others were not found");
	return r;
}

/* What the file takes on disk, once it is there for certain. */
static int settle(struct core_out *out)
{
	struct stat st;

	if (fsync(out->fd) || fstat(out->fd, &st))
		return -errno;
	out->facts.bytes = (uint64_t)st.st_blocks * 512;
	return 0;
}

static int name_it(int dir, const char *part, const char *name)
{
	if (renameat2(dir, part, dir, name, RENAME_NOREPLACE) || fsync(dir))
		return -errno;
	return 0;
}

static int set_limits(const struct core_dump_order *order,
		      struct core_out *out)
{
	const struct capture_order *capture = &order->capture;
	uint32_t most_mib = capture->largest_mib;
	struct statvfs fs;

	if (capture->total_mib && (!most_mib || most_mib > capture->total_mib))
		most_mib = capture->total_mib;
	out->most_bytes = most_mib * MIB;
	if (fstatvfs(order->dir, &fs))
		return -errno;
	out->free_bytes = (uint64_t)fs.f_blocks * fs.f_frsize / 100 *
			  capture->free_percent;
	return 0;
}

/* WHOLE bytes are written at once, or 0: as many as there is room for. */
static int make_room(const struct core_dump_order *order,
		     struct core_out *out, uint64_t whole, struct text *why)
{
	int r = set_limits(order, out);

	if (r)
		return r;
	return trim(order, out->free_bytes ? out->free_bytes + whole : 0, NULL,
		    why);
}

static int open_part(const struct core_dump_order *order,
		     char ret_name[NAME_MAX], struct text *why)
{
	int fd;

	snprintf(ret_name, NAME_MAX, "%s.part", order->name);
	fd = openat(order->dir, ret_name, O_RDWR | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	fd = -errno;
	text_printf(why, "cannot make %s: %s", ret_name, strerror(-fd));
	return fd;
}

/* XEN is NULL for a guest that libxc writes, WHOLE bytes. */
static int write_file(const struct core_dump_order *order,
		      struct toolstack *ts, struct core_xen *xen,
		      uint64_t whole, struct core_out *out, struct text *why)
{
	AUTO_CLOSE int fd = -1;
	char part[NAME_MAX];
	int r = make_room(order, out, whole, why);

	if (r)
		return r;
	out->fd = fd = open_part(order, part, why);
	if (fd < 0)
		return fd;
	r = xen ? write_ourselves(order, xen, out, why) :
		  write_by_libxc(ts, order->domid, whole, out, why);
	if (r == 0)
		r = settle(out);
	if (r == 0)
		r = name_it(order->dir, part, order->name);
	if (r) {
		unlinkat(order->dir, part, 0);
		text_append_clause(why, "the partial core was removed: %s",
				   strerror(-r));
	}
	return r;
}

int core_dump_write(const struct core_dump_order *order, struct toolstack *ts,
		    struct capture_facts *ret_facts, struct text *why)
{
	uint64_t began = clock_ms(), whole = 0;
	struct core_out out = { .progress = order->progress,
				.ctx = order->ctx };
	struct core_xen *xen = NULL;
	int r = core_xen_open(order->domid, &xen, why);

	if (r == -ENOTSUP)
		r = count_libxc(order->domid, &whole);
	if (r == 0)
		r = write_file(order, ts, xen, whole, &out, why);
	core_xen_close(xen);
	if (r)
		return r;
	out.facts.duration_ms = (uint32_t)(clock_ms() - began);
	*ret_facts = out.facts;
	(void)trim(order, 0, order->name, why); /* the core is there */
	return 0;
}
