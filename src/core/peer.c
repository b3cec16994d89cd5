/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of the other toolstacks.  Knows nothing of what they do.
 */
#include "core/peer.h"

#include <string.h>

static const char *const names[PEER_COUNT] = {
	[PEER_NONE] = "",
#define X(name, text) [PEER_##name] = text,
	PEER_LIST(X)
#undef X
};

const char *peer_name(enum peer peer)
{
	return (unsigned int)peer < PEER_COUNT ? names[peer] :
						 names[PEER_NONE];
}

enum peer peer_parse(const char *name)
{
	for (unsigned int i = 0; i < PEER_COUNT; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return PEER_NONE;
}
