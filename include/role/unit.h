/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Roles that the service manager starts in their own units, each for one
 * connection to a socket on which the manager listens: both ends of the
 * greeting.
 */
#ifndef ROLE_UNIT_H
#define ROLE_UNIT_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#define UNIT_SPAWN_VARIABLE "XENVIGIL_SPAWN"
#define UNIT_PATH_BYTES 96

/*
 * The directory of the sockets, from the variable, which is removed from the
 * environment.  "": it is not set, and the daemon starts its children itself.
 * Returns 0, or -EINVAL: no possible path of sockets.
 */
int unit_read_dir(char ret_dir[UNIT_PATH_BYTES]);

/* --- the end that asks for a process --- */

/*
 * Asks DIR/ROLE.socket for a process: 0 and a non-blocking socket whose packets
 * carry the sender's credentials, -EPERM when another user listens, -EAGAIN
 * when too many wait, or -errno.
 */
int unit_ask(const char *dir, const char *role, int *ret_fd);

/*
 * The sender of the next packet: 0, -EAGAIN, -EPIPE at end of file, or -errno.
 */
int unit_peek_sender(int fd, struct ucred *ret_sender);

/*
 * A pidfd of the sender, never of a later process with the same number: -ESRCH
 * when it has ended, or -errno (-ENOSYS before Linux 5.3).
 */
int unit_open_pidfd(int fd, pid_t pid);

/* --- the role's end, at WIRE_FD --- */

/* Whether this process was started for one connection to such a socket. */
bool unit_is_one(void);

/*
 * Sends HELLO and receives the log's settings.  Returns 0, -EPIPE when the peer
 * has ended, -ESTALE when the keeper has another version (during an upgrade),
 * or -errno.
 */
int unit_greet(int *ret_target, int *ret_level);

/* The last message before the exit. */
void unit_say_end(int status);

#endif
