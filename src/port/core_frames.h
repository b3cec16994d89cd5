/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding a guest's frames and handing them on in batches.
 */
#ifndef PORT_CORE_FRAMES_H
#define PORT_CORE_FRAMES_H

#include "port/core_first.h"
#include "port/core_guest.h"
#include "port/core_map.h"

struct core_frames;

/* TOT_PAGES and EACH as in struct core_guest. */
int core_frames_open(struct core_map *map, uint64_t tot_pages,
		     int (*each)(void *ctx, struct core_batch *batch),
		     void *ctx, struct core_frames **ret_frames);
void core_frames_close(struct core_frames *frames);

/* From here on SOURCE is asked, when nothing is found for long, whether the
 * domain is going away. */
void core_frames_watch(struct core_frames *frames,
		       bool (*is_going)(void *source), void *source);

/* At most MOST pages of zeros count: the hypervisor gives such pages to frames
 * that are only read, and takes them from other frames.  With them all pages
 * would seem found before the guest's written pages. */
void core_frames_limit_zeros(struct core_frames *frames, uint64_t most);

/*
 * Takes in the COUNT (at most CORE_BATCH) frames PFN, which are GMFN to the
 * hypervisor.  Returns 0, a value of EACH, CORE_GUEST_GOING, or -errno.
 */
int core_frames_take(struct core_frames *frames, const uint64_t *pfn,
		     const uint64_t *gmfn, size_t count);

/*
 * From here on only those pages are handed on that WANTED asks for by what
 * they begin with: it returns how many from this one on, 0 for none.  The
 * others are not copied, which makes a search many times faster than a core.
 */
void core_frames_pick(struct core_frames *frames,
		      size_t (*wanted)(const unsigned char *page));

/* The same, while core_frames_put_first() takes its frames. */
void core_frames_pick_first(struct core_frames *frames,
			    size_t (*wanted)(const unsigned char *page));

/* Passes on the rest of these at the end of a walk. */
int core_frames_flush(struct core_frames *frames);

/* Have all been found, or did too many calls find nothing? */
bool core_frames_done(const struct core_frames *frames);

/* Takes in a translated guest's frames FIRST now; walks that follow leave them
 * out.  Returns as core_frames_take(). */
int core_frames_put_first(struct core_frames *frames,
			  const struct core_first *first);

/* A translated guest's frames below END_PFN, likely ones first.  Returns as
 * core_frames_take(). */
int core_frames_walk(struct core_frames *frames, uint64_t end_pfn);

#endif
