/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other supervisors of guests: the toolstacks that made them, and a live xl
 * monitor; and what is done about those guests.  Plain data; pure.
 */
#ifndef CORE_PEER_H
#define CORE_PEER_H

#define PEER_TOOLSTACK_LIST(X) \
	X(LIBVIRT, "libvirt")  \
	X(QUBES, "qubes")      \
	X(XAPI, "xapi")

/* An xl monitor leaves no mark: it is a supervisor while it lives. */
#define PEER_LIST(X)           \
	PEER_TOOLSTACK_LIST(X) \
	X(XL, "xl")

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
