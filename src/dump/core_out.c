/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing, and stopping in time.  Knows no format.
 */
#include "dump/core_out.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Free space is checked after so many bytes. */
#define CHECK_BYTES (16u << 20)

int core_out_write(const struct core_out *out, const void *from, size_t len,
		   uint64_t at)
{
	const char *bytes = from;

	while (len) {
		ssize_t n = pwrite(out->fd, bytes, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		at += n;
		len -= n;
	}
	return 0;
}

static int check_free(const struct core_out *out, uint64_t bytes)
{
	struct statvfs fs;

	if (fstatvfs(out->fd, &fs))
		return -errno;
	return (uint64_t)fs.f_bavail * fs.f_frsize <
	       out->free_bytes + bytes ? CORE_OUT_CUT : 0;
}

int core_out_room(struct core_out *out, uint64_t bytes)
{
	if (out->most_bytes && out->facts.bytes + bytes > out->most_bytes)
		return CORE_OUT_CUT;
	if (!out->free_bytes ||
	    (out->facts.bytes && out->unchecked_bytes < CHECK_BYTES))
		return 0;
	/* What comes until the next look is in it. */
	out->unchecked_bytes = 0;
	return check_free(out, bytes + CHECK_BYTES);
}

int core_out_holds(struct core_out *out, uint64_t bytes)
{
	if (out->most_bytes && bytes > out->most_bytes)
		return CORE_OUT_CUT;
	return out->free_bytes ? check_free(out, bytes) : 0;
}

void core_out_tell(struct core_out *out, const struct core_batch *batch,
		   uint64_t zero_pages, uint64_t bytes)
{
	out->facts.pages += batch->count;
	out->facts.zero_pages += zero_pages;
	out->facts.bytes += bytes;
	out->unchecked_bytes += bytes;
	if (out->progress)
		out->progress(out->ctx, &out->facts);
}

void core_out_judge(struct core_out *out, int walked)
{
	out->cut |= walked == CORE_OUT_CUT;
	out->guest_going = walked == CORE_GUEST_GOING;
	out->facts.truncated = out->cut || out->guest_going ||
			       out->facts.pages < out->facts.tot_pages;
}

bool core_out_is_zero(const unsigned char *page)
{
	static const unsigned char zero[CORE_PAGE_BYTES];

	return memcmp(page, zero, sizeof(zero)) == 0;
}
