/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks the hypervisor for what a core holds.  Writes no file.
 */
#include "port/core_xen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/core_frames.h"
#include "port/core_map.h"
#include "port/core_p2m.h"

/* The hypervisor's own bound, which a PV guest may reach. */
#define VCPUS_MAX 8192u

/* 16 TiB, the largest guest.  A guest can place a page above it, and a PV guest
 * chooses the number of entries of its table; a core has a bit for each number
 * below the limit. */
#define FRAMES_MOST (1ull << 32)

struct core_xen {
	xc_interface *xch;
	struct core_map *map;
	uint32_t domid;
	size_t (*wanted)(const unsigned char *page);
	size_t (*in_image)(const unsigned char *page);
	bool put_first;
	bool on_demand;		/* some frames get a page when they are read: */
	uint64_t demand_pages;	/* one of these, all zeros */
	struct core_guest guest;
};

static int walk_translated(struct core_xen *xen, struct core_frames *frames)
{
	struct core_first *first = NULL;
	int r = 0;

	if (xen->put_first)
		r = core_first_open(xen->map, &xen->guest, &first);
	else if (xen->in_image)
		r = core_first_open_image(xen->map, &xen->guest, &first);
	if (r == 0 && first)
		r = core_frames_put_first(frames, first);
	if (r == 0)
		r = core_frames_walk(frames, xen->guest.end_pfn);
	core_first_close(first);
	return r;
}

static bool is_going(void *source)
{
	const struct core_xen *xen = source;
	xc_domaininfo_t info;

	return xc_domain_getinfolist(xen->xch, xen->domid, 1, &info) != 1 ||
	       info.domain != xen->domid || info.flags & XEN_DOMINF_dying;
}

static int walk(void *source,
		int (*each)(void *ctx, struct core_batch *batch),
		void *ctx)
{
	struct core_xen *xen = source;
	const struct core_guest *guest = &xen->guest;
	struct core_frames *frames;
	struct core_p2m p2m;
	unsigned long last_mfn;
	int r = core_frames_open(xen->map, guest->tot_pages, each, ctx,
				 &frames);

	if (r)
		return r;
	core_frames_pick(frames, xen->in_image && !guest->translated ?
				 xen->in_image : xen->wanted);
	core_frames_pick_first(frames, xen->in_image);
	core_frames_watch(frames, is_going, xen);
	if (xen->on_demand)
		core_frames_limit_zeros(frames, xen->demand_pages);
	if (guest->translated)
		r = walk_translated(xen, frames);
	else if (xc_maximum_ram_page(xen->xch, &last_mfn))
		r = -errno;
	else
		r = core_p2m_find(guest->shared_info, guest->end_pfn,
				  last_mfn + 1ull, &p2m);
	if (r == 0 && !guest->translated)
		r = core_p2m_walk(&p2m, xen->map, frames);
	if (r == 0 && !core_frames_done(frames) && is_going(xen))
		r = CORE_GUEST_GOING;
	if (r == 0 || r == CORE_GUEST_GOING) {
		int last = core_frames_flush(frames);

		r = last ? last : r;
	}
	core_frames_close(frames);
	return r;
}

int core_xen_read(struct core_xen *xen, uint64_t frame,
		  unsigned char *ret_page)
{
	bool there;
	int r = core_map_copy(xen->map, &frame, 1, ret_page, &there);

	return r < 0 ? r : there ? 0 : -ENOENT;
}

static int read_page(void *source, uint64_t pfn, unsigned char *ret_page)
{
	struct core_xen *xen = source;

	return xen->guest.translated ? core_xen_read(xen, pfn, ret_page) :
				       -ENOENT;
}

/* --- what is taken at once --- */

static int reserve_vcpus(struct core_guest *guest, unsigned int most)
{
	guest->vcpus = calloc(most, sizeof(*guest->vcpus));
	guest->vcpu_there = calloc(most, sizeof(*guest->vcpu_there));
	return guest->vcpus && guest->vcpu_there ? 0 : -ENOMEM;
}

static int take_vcpus(struct core_xen *xen, unsigned int last_id)
{
	struct core_guest *guest = &xen->guest;
	unsigned int most = last_id < VCPUS_MAX ? last_id + 1 : VCPUS_MAX;
	int r = reserve_vcpus(guest, most);

	for (unsigned int id = 0; r == 0 && id < most; id++) {
		if (xc_vcpu_getcontext(xen->xch, xen->domid, id,
				       &guest->vcpus[id])) {
			memset(&guest->vcpus[id], 0, sizeof(*guest->vcpus));
			continue;
		}
		guest->vcpu_there[id] = true;
		guest->vcpu_count = id + 1;
	}
	return r;
}

/* For a PV guest it is where the table of frames begins. */
static int take_shared_info(struct core_xen *xen, uint64_t frame)
{
	unsigned char *page = malloc(CORE_PAGE_BYTES);
	int r = page ? core_xen_read(xen, frame, page) : -ENOMEM;

	if (r == 0)
		xen->guest.shared_info = page;
	else
		free(page);
	return r == -ENOENT && xen->guest.translated ? 0 : r;
}

static int take_size(struct core_xen *xen, const xc_domaininfo_t *info)
{
	struct core_guest *guest = &xen->guest;
	xen_pfn_t last;

	if (xc_domain_maximum_gpfn(xen->xch, xen->domid, &last) < 0)
		return -errno;
	guest->tot_pages = info->tot_pages;
	guest->most_pages = guest->tot_pages +
			    (guest->translated ? CORE_GUEST_SHARED : 0);
	guest->end_pfn = last < FRAMES_MOST ? last + 1 : FRAMES_MOST;
	return 0;
}

static int check_width(struct core_xen *xen, struct text *why)
{
	unsigned int bytes = 0;

	if (xen->guest.translated)
		return 0;
	if (xc_domain_get_guest_width(xen->xch, xen->domid, &bytes))
		return -errno;
	if (bytes == 8)
		return 0;
	text_append(why, "a 32-bit PV guest");
	return -ENOTSUP;
}

/* To read memory that is populated on demand is to populate it, which may
 * cost a running guest its life; one that has stopped has none to lose. */
static int check_populated(struct core_xen *xen, const xc_domaininfo_t *info,
			   struct text *why)
{
	uint64_t total, cache, entries = 0;

	if (!xen->guest.translated)
		return 0;
	if (xc_domain_get_pod_target(xen->xch, xen->domid, &total, &cache,
				     &entries))
		return -errno;
	xen->on_demand = entries > 0;
	xen->demand_pages = cache;
	if (!entries || info->flags & XEN_DOMINF_shutdown)
		return 0;
	text_append(why, "its memory is still populated on demand");
	return -EBUSY;
}

static int take_all(struct core_xen *xen, struct text *why)
{
	xc_domaininfo_t info;
	int r = xc_domain_getinfolist(xen->xch, xen->domid, 1, &info);

	if (r != 1 || info.domain != xen->domid)
		return r < 0 ? -errno : -ESRCH;
	xen->guest.translated = info.flags & XEN_DOMINF_hvm_guest;
	r = check_width(xen, why);
	if (r == 0)
		r = check_populated(xen, &info, why);
	if (r == 0)
		r = core_map_open(xen->domid, &xen->map);
	if (r == 0)
		r = take_size(xen, &info);
	if (r == 0)
		r = take_vcpus(xen, info.max_vcpu_id);
	if (r == 0)
		r = take_shared_info(xen, info.shared_info_frame);
	return r;
}

int core_xen_open(uint32_t domid, struct core_xen **ret_xen, struct text *why)
{
	struct core_xen *xen = calloc(1, sizeof(*xen));
	int r;

	if (!xen)
		return -ENOMEM;
	xen->domid = domid;
	xen->guest.walk = walk;
	xen->guest.read = read_page;
	xen->guest.source = xen;
	xen->xch = xc_interface_open(NULL, NULL, 0);
	xen->guest.xch = xen->xch;
	r = xen->xch ? take_all(xen, why) : -errno;
	if (r) {
		if (r != -ENOTSUP)
			text_append_clause(why, "cannot read domain %u: %s",
					   domid, strerror(-r));
		core_xen_close(xen);
		return r;
	}
	*ret_xen = xen;
	return 0;
}

void core_xen_close(struct core_xen *xen)
{
	if (!xen)
		return;
	core_map_close(xen->map);
	if (xen->xch)
		xc_interface_close(xen->xch);
	free(xen->guest.vcpus);
	free(xen->guest.vcpu_there);
	free(xen->guest.shared_info);
	free(xen);
}

int core_xen_count(uint32_t domid, uint64_t *ret_pages)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	xc_domaininfo_t info;
	int r = xch ? xc_domain_getinfolist(xch, domid, 1, &info) : -1;

	r = r < 0 ? -errno : r == 1 && info.domain == domid ? 0 : -ESRCH;
	if (r == 0)
		*ret_pages = info.tot_pages;
	if (xch)
		xc_interface_close(xch);
	return r;
}

const struct core_guest *core_xen_guest(const struct core_xen *xen)
{
	return &xen->guest;
}

void core_xen_limit(struct core_xen *xen, int64_t end_ms)
{
	core_map_limit(xen->map, end_ms);
}

void core_xen_name_task(struct core_xen *xen, const struct kernel_task *task)
{
	xen->guest.task = *task;
}

void core_xen_put_first(struct core_xen *xen)
{
	xen->put_first = true;
}

void core_xen_pick(struct core_xen *xen,
		   size_t (*wanted)(const unsigned char *page),
		   size_t (*in_image)(const unsigned char *page))
{
	xen->wanted = wanted;
	xen->in_image = in_image;
}
