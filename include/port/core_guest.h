/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest as the writers of cores see it: registers, and memory in batches.
 * They do not know whether it comes from Xen or from a test.
 */
#ifndef PORT_CORE_GUEST_H
#define PORT_CORE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenctrl.h>

#include "core/capture.h"

#define CORE_PAGE_BYTES 4096u
#define CORE_BATCH 1024

/* The result of a walk, and no error: the domain was destroyed during the
 * walk. */
#define CORE_GUEST_GOING 2

/* Found pages, as copies, in rising order within a batch. */
struct core_batch {
	size_t count;
	uint64_t pfn[CORE_BATCH];
	uint64_t gmfn[CORE_BATCH];	/* the machine's frame for PV, else PFN */
	unsigned char *pages;		/* COUNT of them */
	bool zero[CORE_BATCH];		/* for EACH: the pages that are all zero */
};

/* Room for CORE_BATCH pages; NULL: no memory. */
unsigned char *core_pages_new(void);
/* Makes the kernel provide all pages at once: one by one costs more than a
 * copy. */
void core_pages_ready(unsigned char *pages); /* NULL does nothing, ... */
void core_pages_free(unsigned char *pages); /* ... here neither */

/* Maximum number of frames of the hypervisor's own memory, which its count
 * omits. */
#define CORE_GUEST_SHARED 64u

struct core_guest {
	xc_interface *xch;	/* to get the hypervisor's version, or NULL */
	bool translated;	/* HVM, PVH: it has no p2m of its own */
	uint64_t tot_pages;	/* the hypervisor's count */
	uint64_t most_pages;	/* maximum that WALK finds */
	uint64_t end_pfn;	/* the search for frames ends here */
	unsigned int vcpu_count;/* the highest id that has registers, + 1 */
	bool *vcpu_there;	/* by id: one that never ran has no registers */
	vcpu_guest_context_any_t *vcpus; /* by id; zero without registers */
	struct kernel_task task;/* that panicked; pid 0: unknown */
	unsigned char *shared_info;	/* a page, or NULL */

	/*
	 * Calls EACH with all pages there are, likely ones first, until
	 * TOT_PAGES were found, then with what of the hypervisor's own a
	 * translated guest has among its frames.  A non-zero value of EACH
	 * ends it, and is returned.  CORE_GUEST_GOING: these were all that
	 * could be had.
	 * EACH may keep PAGES, and put others of core_pages_new() in their
	 * place.
	 */
	int (*walk)(void *source,
		    int (*each)(void *ctx, struct core_batch *batch),
		    void *ctx);
	/* Copies one page.  Returns 0, -ENOENT, or -errno. */
	int (*read)(void *source, uint64_t pfn, unsigned char *ret_page);
	void *source;
};

#endif
