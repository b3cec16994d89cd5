/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which other toolstack made a domain, by the files that it leaves on the
 * host while the domain lives, whether the toolstack itself runs or not.  Only
 * root's files in directories of root count.  No xenstore, no hypercall.
 */
#ifndef PORT_PEERMARK_H
#define PORT_PEERMARK_H

#include "core/domain.h"
#include "core/peer.h"

/* The directories and the file that are looked at. */
struct peermark_places {
	const char *userdata;	/* libxl's, with libvirt's "libvirt-xml" */
	const char *libvirt;	/* libvirt's status, NAME.xml */
	const char *qubes;	/* the file of all guests of Qubes */
};

extern const struct peermark_places peermark_places;

/*
 * NAME may be "".  Returns 0 with *RET_PEER (PEER_NONE: there is no mark), or
 * -errno: then nobody knows, and the domain must not be acted on.
 */
int peermark_find(const struct peermark_places *places,
		  const struct domain_id *id, const char *name,
		  enum peer *ret_peer);

#endif
