/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PV guest's own table of its frames, which it can write what it likes in.
 */
#ifndef PORT_CORE_P2M_H
#define PORT_CORE_P2M_H

#include "port/core_frames.h"

/* Where the table begins, out of a 64-bit guest's shared info page. */
struct core_p2m {
	uint64_t root;		/* frame of the top table; 0: the table is a tree */
	uint64_t vaddr;		/* where the list is in that address space */
	uint64_t tree;		/* frame of the list of lists of frames */
	uint64_t end_pfn;	/* entries read */
	uint64_t end_mfn;	/* the host has no frame from here on */
};

/*
 * Takes END_PFN and the rest from SHARED_INFO, checked.  Returns 0, or
 * -EBADMSG when there is no table.
 */
int core_p2m_find(const unsigned char *shared_info, uint64_t most_pfn,
		  uint64_t end_mfn, struct core_p2m *ret_p2m);

/* Takes all frames that the table names into FRAMES. */
int core_p2m_walk(const struct core_p2m *p2m, struct core_map *map,
		  struct core_frames *frames);

#endif
