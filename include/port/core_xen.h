/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain of the hypervisor as the source of a core.
 */
#ifndef PORT_CORE_XEN_H
#define PORT_CORE_XEN_H

#include "base/text.h"
#include "port/core_guest.h"

struct core_xen;

/*
 * Takes DOMID's registers and opens its memory.  Returns 0; -ENOTSUP for a
 * 32-bit PV guest; or -errno; with the reason in WHY.
 */
int core_xen_open(uint32_t domid, struct core_xen **ret_xen, struct text *why);
void core_xen_close(struct core_xen *xen);

/* The number of its pages.  Returns 0, or -errno. */
int core_xen_count(uint32_t domid, uint64_t *ret_pages);

/* Valid until core_xen_close(). */
const struct core_guest *core_xen_guest(const struct core_xen *xen);

/* From END_MS (CLOCK_MONOTONIC) on no memory is read: -ETIMEDOUT. */
void core_xen_limit(struct core_xen *xen, int64_t end_ms);

/* One frame by the hypervisor's number: the machine's for PV.  -ENOENT: the
 * domain has no such frame. */
int core_xen_read(struct core_xen *xen, uint64_t frame,
		  unsigned char *ret_page);

/* Sets the task that panicked, for the writers of a core. */
void core_xen_name_task(struct core_xen *xen, const struct kernel_task *task);

/* From now on each walk gives the essential pages of a core first, so the order
 * is not a rising one.  This does not apply to a PV guest: readers of its
 * format need the order. */
void core_xen_put_first(struct core_xen *xen);

/*
 * As core_frames_pick(), for each walk from here on.  IN_IMAGE, which may be
 * NULL, is asked in its place of the pages of the kernel's image, which then
 * come first; of a PV guest, which has them in any place, of all pages.
 */
void core_xen_pick(struct core_xen *xen,
		   size_t (*wanted)(const unsigned char *page),
		   size_t (*in_image)(const unsigned char *page));

#endif
