/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other toolstacks that supervise the guests they made, and what is done about
 * those guests.  Plain data; pure.
 */
#ifndef CORE_PEER_H
#define CORE_PEER_H

#define PEER_LIST(X)        \
	X(LIBVIRT, "libvirt") \
	X(QUBES, "qubes")     \
	X(XAPI, "xapi")

enum peer {
	PEER_NONE,
#define X(name, text) PEER_##name,
	PEER_LIST(X)
#undef X
	PEER_COUNT
};

/* "": nobody's. */
const char *peer_name(enum peer peer);

/* PEER_NONE for a name that is not known. */
enum peer peer_parse(const char *name);

/* What is done about a peer's guests. */
enum peer_stance {
	PEER_WATCH,	/* shutdowns are recorded with their evidence */
	PEER_ADOPT,	/* they are supervised like any other guest */
	PEER_IGNORE,	/* nothing is recorded either */
};

#endif
