/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control data of one descriptor.  Sends and receives nothing itself.
 */
#include "base/fdpass.h"

#include <string.h>

void fdpass_put(struct msghdr *packet, union fdpass_room *room, int fd)
{
	struct cmsghdr *along;

	memset(room, 0, sizeof(*room));
	packet->msg_control = room->bytes;
	packet->msg_controllen = sizeof(room->bytes);
	along = CMSG_FIRSTHDR(packet);
	along->cmsg_level = SOL_SOCKET;
	along->cmsg_type = SCM_RIGHTS;
	along->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(along), &fd, sizeof(fd));
}

int fdpass_get(struct msghdr *packet)
{
	int fd = -1;

	for (struct cmsghdr *along = CMSG_FIRSTHDR(packet); along;
	     along = CMSG_NXTHDR(packet, along))
		if (along->cmsg_level == SOL_SOCKET &&
		    along->cmsg_type == SCM_RIGHTS &&
		    along->cmsg_len == CMSG_LEN(sizeof(fd)))
			memcpy(&fd, CMSG_DATA(along), sizeof(fd));
	return fd;
}
