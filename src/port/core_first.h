/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of a translated guest's frames a core is of no use without: its page
 * tables, as far as its vCPUs' lead to them, and its kernel's image and
 * modules.  A core that may have to be cut has them first.
 */
#ifndef PORT_CORE_FIRST_H
#define PORT_CORE_FIRST_H

#include "port/core_guest.h"
#include "port/core_map.h"

#define CORE_FIRST_MOST (1u << 17)	/* frames: 512 MiB of a guest's */
#define CORE_FIRST_IMAGE_MOST (1u << 15) /* 128 MiB */

struct core_first;

/* Collects them, in bounded memory, whatever the tables say.  Returns 0, or
 * -errno. */
int core_first_open(struct core_map *map, const struct core_guest *guest,
		    struct core_first **ret_first);

/* Collects the roots of the page tables, the image and the modules alone, which
 * takes no time that grows with the guest. */
int core_first_open_image(struct core_map *map, const struct core_guest *guest,
			  struct core_first **ret_first);
void core_first_close(struct core_first *first);

/* Is FRAME one of them? */
bool core_first_has(const struct core_first *first, uint64_t frame);

/* The next ones from *AT on (0 at first), tables before the rest and the image's
 * data before its text; those at once by rising number.  Returns how many, at
 * most CORE_BATCH; 0: that was all. */
size_t core_first_next(const struct core_first *first, size_t *at,
		       uint64_t ret_frames[CORE_BATCH]);

#endif
