/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A descriptor that goes along with a packet on a local socket.
 */
#ifndef BASE_FDPASS_H
#define BASE_FDPASS_H

#include <sys/socket.h>

/* The packet's control data; it has to live as long as PACKET. */
union fdpass_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* Has FD, which stays the caller's, sent along with PACKET. */
void fdpass_put(struct msghdr *packet, union fdpass_room *room, int fd);

/* What came along with a PACKET that was received, for the caller to close; -1:
 * none.  Room for it is the receiver's to make. */
int fdpass_get(struct msghdr *packet);

#endif
