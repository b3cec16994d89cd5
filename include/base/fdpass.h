/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passes a descriptor together with a packet on a local socket.
 */
#ifndef BASE_FDPASS_H
#define BASE_FDPASS_H

#include <sys/socket.h>

/* The packet's control data; it has to live as long as PACKET. */
union fdpass_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* Adds FD, which stays the caller's, to PACKET. */
void fdpass_put(struct msghdr *packet, union fdpass_room *room, int fd);

/* The descriptor in a received PACKET, for the caller to close; -1: none.  The
 * receiver provides the room for it. */
int fdpass_get(struct msghdr *packet);

#endif
