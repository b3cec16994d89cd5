/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other supervisors of guests: the toolstacks that made them, and live xl monitors;
 * and how Xenvigil treats those guests.  Plain data; pure.
 */
#ifndef CORE_PEER_H
#define CORE_PEER_H

#define PEER_TOOLSTACK_LIST(X) \
	X(LIBVIRT, "libvirt")  \
	X(QUBES, "qubes")      \
	X(XAPI, "xapi")

/* An xl monitor leaves no mark: it supervises only while it lives. */
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

/* "" for no peer. */
const char *peer_name(enum peer peer);

/* PEER_NONE for an unknown name. */
enum peer peer_parse(const char *name);

/* How a peer's guests are treated. */
enum peer_stance {
	PEER_WATCH,	/* shutdowns are recorded with their evidence */
	PEER_ADOPT,	/* they are supervised like any other guest */
	PEER_IGNORE,	/* nothing is recorded either */
};

#endif
