/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The signature that crashes with the same cause share: the line of the cause without
 * the parts that vary.  Pure.
 */
#ifndef CORE_SIGNATURE_H
#define CORE_SIGNATURE_H

#include <stddef.h>

#include "core/evidence.h"
#include "core/reason.h"

#define SIGNATURE_BYTES (EVIDENCE_PANIC_BYTES + 32u)

/*
 * The signature of an end by REASON with the line PANIC (escaped, as in incidents).
 * "" without such a line: then no crash counts as the same.
 */
const char *signature_of(enum reason reason, const char *panic,
			 char ret_signature[SIGNATURE_BYTES]);

#endif
