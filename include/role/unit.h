/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Roles that the service manager starts in units of their own, each for one
 * connection to a socket on which it listens: the greeting, of both ends.
 */
#ifndef ROLE_UNIT_H
#define ROLE_UNIT_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#define UNIT_SPAWN_VARIABLE "XENVIGIL_SPAWN"
#define UNIT_PATH_BYTES 96

/*
 * Where the sockets are, as the variable says; it is taken out of the
 * environment.  "": it is not set, and children are started by ourselves.
 * Returns 0, or -EINVAL when it is no path that sockets can have.
 */
int unit_read_dir(char ret_dir[UNIT_PATH_BYTES]);

/* --- the end of who asks --- */

/*
 * Asks DIR/ROLE.socket for a process: 0 and a non-blocking socket whose packets
 * tell who sent them, -EPERM when another user listens, -EAGAIN when too many
 * wait, or -errno.
 */
int unit_ask(const char *dir, const char *role, int *ret_fd);

/*
 * Who sent the packet that is read next: 0, -EAGAIN, -EPIPE at end of file, or
 * -errno.
 */
int unit_peek_sender(int fd, struct ucred *ret_sender);

/*
 * A pidfd of who sent that packet, and of no other who has its number by now:
 * -ESRCH when it has ended, or -errno (-ENOSYS before Linux 5.3).
 */
int unit_open_pidfd(int fd, pid_t pid);

/* --- the role's end, at WIRE_FD --- */

/* Whether this process was started for one connection to such a socket. */
bool unit_is_one(void);

/*
 * Says HELLO and hears of the log.  Returns 0, -EPIPE when nobody is there any
 * more, -ESTALE when the keeper is another version's, as in the middle of an
 * upgrade, or -errno.
 */
int unit_greet(int *ret_target, int *ret_level);

/* The last word before the exit. */
void unit_say_end(int status);

#endif
