/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identity and type of a domain.  Pure.
 */
#include "core/domain.h"

bool domain_id_equal(const struct domain_id *a, const struct domain_id *b)
{
	return a->domid == b->domid && a->epoch == b->epoch &&
	       uuid_equal(a->uuid, b->uuid);
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
