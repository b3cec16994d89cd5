/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an engine under test may call of which a test wants to know nothing.
 * Keeps no state.
 */
#ifndef TEST_ENGINE_STUBS_H
#define TEST_ENGINE_STUBS_H

#include "core/engine.h"

static inline void stub_dismiss(void *ctx, const struct incident *incident)
{
	(void)ctx;
	(void)incident;
}

static inline int stub_record_guest(void *ctx, struct guest *guest)
{
	(void)ctx;
	(void)guest;
	return 0;
}

static inline enum engine_claim stub_claimed(void *ctx,
					     const struct domain *domain)
{
	(void)ctx;
	(void)domain;
	return ENGINE_CLAIM_NONE;
}

/* The most that there may be. */
static inline uint32_t stub_random(void *ctx, uint32_t range)
{
	(void)ctx;
	return range - 1;
}

#endif
