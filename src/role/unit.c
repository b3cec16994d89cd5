/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asking the service manager for a process of a role, and what the two say
 * first.  Knows no role's work, and nothing of the manager but its sockets.
 */
#include "role/unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "port/owner.h"
#include "role/wire.h"

/* With the name of a role it has to fit in a socket's address. */
_Static_assert(UNIT_PATH_BYTES < sizeof(((struct sockaddr_un *)0)->sun_path),
	       "no room for the socket's name");

int unit_read_dir(char ret_dir[UNIT_PATH_BYTES])
{
	const char *dir = getenv(UNIT_SPAWN_VARIABLE) ?: "";
	int r = dir[0] && (dir[0] != '/' || strlen(dir) >= UNIT_PATH_BYTES ||
			   strstr(dir, "/..")) ? -EINVAL : 0;

	if (r == 0)
		text_copy(ret_dir, UNIT_PATH_BYTES, dir);
	unsetenv(UNIT_SPAWN_VARIABLE);
	return r;
}

/* --- the end that asks for a process --- */

static int check_listener(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return -errno;
	return peer.uid == geteuid() ? 0 : -EPERM;
}

/* Never waits: a manager that is far behind is an error. */
int unit_ask(const char *dir, const char *role, int *ret_fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
						    SOCK_NONBLOCK, 0);
	int on = 1, r;

	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s.socket", dir,
		     role) >= (int)sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	r = check_listener(fd);
	if (r)
		return r;
	wire_enlarge(fd);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int unit_peek_sender(int fd, struct ucred *ret_sender)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct msghdr packet = { .msg_control = control,
				 .msg_controllen = sizeof(control) };
	const struct cmsghdr *part;
	struct ucred sender = { 0 };
	ssize_t n;

	do {
		n = recvmsg(fd, &packet, MSG_PEEK | MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN :
		       errno == ECONNRESET ? -EPIPE : -errno;
	if (n == 0)
		return -EPIPE;
	part = CMSG_FIRSTHDR(&packet);
	if (part && part->cmsg_type == SCM_CREDENTIALS &&
	    part->cmsg_len == CMSG_LEN(sizeof(sender)))
		memcpy(&sender, CMSG_DATA(part), sizeof(sender));
	if (sender.pid <= 0)
		return -ESRCH;
	*ret_sender = sender;
	return 0;
}

/* A process holds its end until it ends. */
static bool is_hung_up(int fd)
{
	struct pollfd end = { .fd = fd };

	return poll(&end, 1, 0) > 0 && end.revents & (POLLHUP | POLLERR);
}

int unit_open_pidfd(int fd, pid_t pid)
{
	int pidfd = owner_open_pidfd(pid);

	if (pidfd >= 0 && is_hung_up(fd)) {
		close(pidfd);
		return -ESRCH;
	}
	return pidfd;
}

/* --- the role's end --- */

/* Programs that a role starts are no services of that socket. */
static void forget_manager(void)
{
	static const char *const names[] = {
		"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID",
		"REMOTE_ADDR", "REMOTE_PORT",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
}

bool unit_is_one(void)
{
	return getenv("LISTEN_FDS") != NULL;
}

static int read_log(int *ret_target, int *ret_level)
{
	struct wire_msg msg = { 0 };
	int target, level, end = 0;
	int r = wire_recv(WIRE_FD, &msg);

	if (r == 0 && (msg.kind != WIRE_LOG ||
		       sscanf(msg.text, "%d,%d,%n", &target, &level, &end) != 2 ||
		       !end))
		r = -EBADMSG;
	/* In another version other messages may have another meaning. */
	if (r == 0 && strcmp(msg.text + end, XENVIGIL_VERSION) != 0)
		r = -ESTALE;
	if (r == 0) {
		*ret_target = target;
		*ret_level = level;
	}
	wire_clear(&msg);
	return r;
}

/* Of a keeper that ended the words are there still, after the news of it. */
int unit_greet(int *ret_target, int *ret_level)
{
	struct wire_msg hello = { .kind = WIRE_HELLO };
	int said = wire_send(WIRE_FD, &hello);
	int r = read_log(ret_target, ret_level);

	if (r == -EPIPE)
		r = read_log(ret_target, ret_level);
	forget_manager();
	return said ? said : r;
}

void unit_say_end(int status)
{
	struct wire_msg end = { .kind = WIRE_END, .rc = status };

	(void)wire_send(WIRE_FD, &end); /* the keeper may be gone */
}
