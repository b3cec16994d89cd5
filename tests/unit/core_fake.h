/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest without a hypervisor, for the writers of cores: its pages are made
 * up by their numbers.  Not a test by itself.
 */
#ifndef TESTS_UNIT_CORE_FAKE_H
#define TESTS_UNIT_CORE_FAKE_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/core_guest.h"

/* Where the pages are: [first, first + count) for each, in this order. */
struct core_fake_range {
	uint64_t first, count;
};

struct core_fake {
	struct core_guest guest;
	const struct core_fake_range *ranges;	/* ended by count 0 */
	/* Changes a page after it was made up; may be NULL. */
	void (*plant)(uint64_t pfn, unsigned char *page);
	int fail_after;		/* batches; then -EIO; 0: never */
	bool going;		/* then it has no more instead, and says so */
	vcpu_guest_context_any_t vcpus[4];
	bool there[4];
	unsigned char shared_info[CORE_PAGE_BYTES];
	struct core_batch batch;
};

/* One page in three is zero; the others are half random, half not. */
static inline void core_fake_page(const struct core_fake *fake, uint64_t pfn,
				  unsigned char *page)
{
	uint64_t seed = pfn * 0x9e3779b97f4a7c15ull + 1;

	memset(page, 0, CORE_PAGE_BYTES);
	for (unsigned int i = 0; pfn % 3 && i < CORE_PAGE_BYTES / 2; i += 8) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		memcpy(page + i, &seed, sizeof(seed));
	}
	if (fake->plant)
		fake->plant(pfn, page);
}

static inline uint64_t core_fake_gmfn(uint64_t pfn)
{
	return pfn ^ 0x5a5a5;
}

static inline int core_fake_walk(void *source,
				 int (*each)(void *ctx,
					     struct core_batch *batch),
				 void *ctx)
{
	struct core_fake *fake = source;
	struct core_batch *batch = &fake->batch;
	int r = 0, batches = 0;

	for (const struct core_fake_range *at = fake->ranges;
	     r == 0 && at->count; at++)
		for (uint64_t i = 0; r == 0 && i < at->count;) {
			for (batch->count = 0; batch->count < CORE_BATCH &&
					       i < at->count; i++) {
				uint64_t pfn = at->first + i;

				core_fake_page(fake, pfn, batch->pages +
					       batch->count * CORE_PAGE_BYTES);
				batch->pfn[batch->count] = pfn;
				batch->gmfn[batch->count++] =
					fake->guest.translated ? pfn :
					core_fake_gmfn(pfn);
			}
			r = each(ctx, batch);
			if (r == 0 && fake->fail_after &&
			    ++batches == fake->fail_after)
				r = fake->going ? CORE_GUEST_GOING : -EIO;
		}
	return r;
}

static inline int core_fake_read(void *source, uint64_t pfn,
				 unsigned char *ret_page)
{
	struct core_fake *fake = source;

	for (const struct core_fake_range *at = fake->ranges; at->count; at++)
		if (pfn >= at->first && pfn - at->first < at->count) {
			core_fake_page(fake, pfn, ret_page);
			return 0;
		}
	return -ENOENT;
}

/* With vCPUs 0 and 2; 1 and 3 never ran. */
static inline void core_fake_setup(struct core_fake *fake, bool translated,
				   const struct core_fake_range *ranges)
{
	struct core_guest *guest = &fake->guest;

	memset(fake, 0, sizeof(*fake));
	fake->ranges = ranges;
	fake->batch.pages = core_pages_new();
	for (; ranges->count; ranges++) {
		guest->tot_pages = guest->most_pages += ranges->count;
		if (ranges->first + ranges->count > guest->end_pfn)
			guest->end_pfn = ranges->first + ranges->count;
	}
	guest->translated = translated;
	guest->vcpu_count = 3;
	guest->vcpu_there = fake->there;
	guest->vcpus = fake->vcpus;
	for (int id = 0; id < 3; id += 2) {
		fake->there[id] = true;
		fake->vcpus[id].x64.user_regs.rip = 0xffffffff81000000ull + id;
		fake->vcpus[id].x64.user_regs.rsp = 0xffffc90000000000ull + id;
	}
	memset(fake->shared_info, 0x5c, sizeof(fake->shared_info));
	guest->shared_info = translated ? NULL : fake->shared_info;
	guest->walk = core_fake_walk;
	guest->read = core_fake_read;
	guest->source = fake;
}

static inline void core_fake_free(struct core_fake *fake)
{
	core_pages_free(fake->batch.pages);
}

#endif
