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

/* A 32-bit PV guest is left to libxc, which opens the file by its name. */
static int write_by_libxc(struct toolstack *ts, uint32_t domid, int fd,
			  struct text *why)
{
	char path[64];

	if (!ts)
		return -ENOTSUP;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return toolstack_dump(ts, domid, path, why);
}

/* A PV guest's page tables hold machine frames, which only Xen's form tells. */
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

static int write_into(const struct core_dump_order *order,
		      struct toolstack *ts, struct core_out *out,
		      struct text *why)
{
	struct core_xen *xen = NULL;
	int r = core_xen_open(order->domid, &xen, why);

	if (r == -ENOTSUP) {
		out->facts.format = CAPTURE_FORMAT_ELF;
		return write_by_libxc(ts, order->domid, out->fd, why);
	}
	if (r)
		return r;
	core_xen_name_task(xen, &order->capture.task);
	/* Xen's form keeps the frames' order, which its readers rely on. */
	if (order->capture.format != CAPTURE_FORMAT_ELF &&
	    may_be_cut(core_xen_guest(xen), out))
		core_xen_put_first(xen);
	r = write_as(core_xen_guest(xen), order->capture.format, out);
	core_xen_close(xen);
	/* Of the hypervisor's own memory there may be some beside. */
	if (out->facts.pages > out->facts.tot_pages)
		out->facts.tot_pages = out->facts.pages;
	text_printf(why, "%llu of %llu pages",
		    (unsigned long long)out->facts.pages,
		    (unsigned long long)out->facts.tot_pages);
	if (out->facts.truncated)
		text_append(why, out->guest_going ?
			    ", the domain went away meanwhile" :
			    ", cut at a limit");
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

/* Old cores go before the new one is begun, for its guest's number and for
 * free space; for the sum of all once it is known how large it is. */
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
		text_printf(why, "cannot look at the old cores: %s",
			    strerror(-r));
	return r;
}

static int make_room(const struct core_dump_order *order,
		     struct core_out *out, struct text *why)
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
	return trim(order, out->free_bytes, NULL, why);
}

int core_dump_write(const struct core_dump_order *order, struct toolstack *ts,
		    struct capture_facts *ret_facts, struct text *why)
{
	uint64_t began = clock_ms();
	struct core_out out = { .progress = order->progress,
				.ctx = order->ctx };
	AUTO_CLOSE int fd = -1;
	char part[NAME_MAX];
	int r = make_room(order, &out, why);

	if (r)
		return r;
	snprintf(part, sizeof(part), "%s.part", order->name);
	fd = openat(order->dir, part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
		    O_CLOEXEC, 0600);
	if (fd < 0) {
		r = -errno;
		text_printf(why, "cannot make %s: %s", part, strerror(-r));
		return r;
	}
	out.fd = fd;
	r = write_into(order, ts, &out, why);
	if (r == 0)
		r = settle(&out);
	if (r == 0)
		r = name_it(order->dir, part, order->name);
	if (r) {
		unlinkat(order->dir, part, 0);
		text_append_clause(why, "the partial core was removed: %s",
				   strerror(-r));
		return r;
	}
	out.facts.duration_ms = (uint32_t)(clock_ms() - began);
	*ret_facts = out.facts;
	(void)trim(order, 0, order->name, why); /* the core is there */
	return 0;
}
