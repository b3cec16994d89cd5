/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identity, type and ties of a domain.  Pure.
 */
#include "core/domain.h"

#include <string.h>

bool domain_id_equal(const struct domain_id *a, const struct domain_id *b)
{
	return a->domid == b->domid && a->epoch == b->epoch &&
	       uuid_equal(a->uuid, b->uuid);
}

/* Spreads every bit over all (the finalizer of splitmix64). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

/* Two domains that are there at one time differ in their domid at least. */
void domain_copy_uuid(const struct domain_id *id, uint8_t ret_uuid[UUID_BYTES])
{
	uint64_t half[2];

	memcpy(half, id->uuid, UUID_BYTES);
	half[0] = mix(half[0] ^ mix(mix(id->epoch) + id->domid));
	half[1] = mix(half[1] ^ mix(half[0]));
	memcpy(ret_uuid, half, UUID_BYTES);
	ret_uuid[6] = (ret_uuid[6] & 0x0f) | 0x80; /* RFC 9562, version 8 */
	ret_uuid[8] = (ret_uuid[8] & 0x3f) | 0x80;
}

const char *domain_type_name(enum domain_type type)
{
	static const char *const names[DOMAIN_TYPE_COUNT] = {
#define X(name, text) [DOMAIN_TYPE_##name] = text,
		DOMAIN_TYPE_LIST(X)
#undef X
	};

	return names[type < DOMAIN_TYPE_COUNT ? type : DOMAIN_TYPE_UNKNOWN];
}

const char *domain_tie_text(enum domain_tie tie)
{
	static const char *const texts[DOMAIN_TIE_COUNT] = {
#define X(name, text) [DOMAIN_TIE_##name] = text,
		DOMAIN_TIE_LIST(X)
#undef X
	};

	return tie < DOMAIN_TIE_COUNT ? texts[tie] : NULL;
}
