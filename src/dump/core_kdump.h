/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a translated guest as a compressed kdump, as makedumpfile does: crash,
 * drgn and libkdumpfile open it without options.
 */
#ifndef DUMP_CORE_KDUMP_H
#define DUMP_CORE_KDUMP_H

#include "dump/core_out.h"

/*
 * Version 6, compressed by zstd, or by zlib.  OUT's facts are filled.
 * Returns 0, or -errno.
 */
int core_kdump_write(const struct core_guest *guest, bool zstd,
		     struct core_out *out);

#endif
