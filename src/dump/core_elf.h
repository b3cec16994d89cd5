/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a guest as Xen's ELF core, the zero pages as holes.
 */
#ifndef DUMP_CORE_ELF_H
#define DUMP_CORE_ELF_H

#include "dump/core_out.h"

/*
 * Format 0.1 (xen.git docs/misc/dump-core-format.txt), with .xen_p2m for PV
 * and .xen_pfn for others.  The index of a register set is the vCPU's id.
 * OUT's facts are filled.  Returns 0, or -errno.
 */
int core_elf_write(const struct core_guest *guest, struct core_out *out);

#endif
