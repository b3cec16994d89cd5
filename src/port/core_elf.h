/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing the memory of an HVM or PVH guest as Xen's ELF core.
 */
#ifndef PORT_CORE_ELF_H
#define PORT_CORE_ELF_H

#include <stdint.h>

#include "base/text.h"

/*
 * Writes the core of the shut down, translated (HVM, PVH) domain DOMID into
 * the empty file FD, from its start: Xen's format 0.1 with .xen_pfn
 * (xen.git docs/misc/dump-core-format.txt).  Zero pages become holes.
 * TOT_PAGES is what the hypervisor counts: when as many are found the
 * search ends.  Returns 0, or -errno with the reason in WHY.
 */
int core_elf_write(uint32_t domid, uint64_t tot_pages, int fd,
		   struct text *why);

#endif
