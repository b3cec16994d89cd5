/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other toolstack that made a domain, by the files that it keeps on the
 * host while the domain lives, whether the toolstack runs or not.  Only root's
 * files in directories of root count.  No xenstore, no hypercall.
 */
#ifndef PORT_PEERMARK_H
#define PORT_PEERMARK_H

#include "core/domain.h"
#include "core/peer.h"

/* The searched directories and file. */
struct peermark_places {
	const char *userdata;	/* libxl's, with libvirt's "libvirt-xml" */
	const char *libvirt;	/* libvirt's status, NAME.xml */
	const char *qubes;	/* the file of all guests of Qubes */
};

extern const struct peermark_places peermark_places;

/*
 * NAME may be "".  Returns 0 with *RET_PEER (PEER_NONE: there is no mark), or
 * -errno: then the toolstack is unknown, and the caller must not act on the
 * domain.
 */
int peermark_find(const struct peermark_places *places,
		  const struct domain_id *id, const char *name,
		  enum peer *ret_peer);

#endif
