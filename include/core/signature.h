/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What crashes with the same cause have in common: the line that says why,
 * without what differs from one to the next.  Pure.
 */
#ifndef CORE_SIGNATURE_H
#define CORE_SIGNATURE_H

#include <stddef.h>

#include "core/evidence.h"
#include "core/reason.h"

#define SIGNATURE_BYTES (EVIDENCE_PANIC_BYTES + 32u)

/*
 * Of an end by REASON with the line PANIC (escaped, as incidents have it).
 * "" when there is no such line: then nothing is known to be the same.
 */
const char *signature_of(enum reason reason, const char *panic,
			 char ret_signature[SIGNATURE_BYTES]);

#endif
