/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether what is known of a core arrived as it was, member by member.
 */
#ifndef TESTS_UNIT_CORE_FACTS_H
#define TESTS_UNIT_CORE_FACTS_H

#include "core/capture.h"

static inline bool core_facts_same(const struct capture_facts *a,
				   const struct capture_facts *b)
{
	return a->format == b->format && a->bytes == b->bytes &&
	       a->pages == b->pages && a->zero_pages == b->zero_pages &&
	       a->tot_pages == b->tot_pages &&
	       a->duration_ms == b->duration_ms &&
	       a->truncated == b->truncated;
}

#endif
