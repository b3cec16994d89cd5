/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One request and its reply in xenstored's format.  Must never wait longer than
 * the deadline, whatever the other end does.
 */
#include "port/storeping.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <xen/io/xs_wire.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define STOREPING_ID 0x78766770	/* any number that is not 0 */

const char *storeping_path(void)
{
	const char *path = getenv("XENSTORED_PATH");

	return path ? path : "/var/run/xenstored/socket";
}

/* 0, -ETIMEDOUT, or -errno. */
static int await(int fd, short events, int64_t end_ms)
{
	struct pollfd wait = { .fd = fd, .events = events };
	int64_t left = end_ms - clock_ms();
	int n = poll(&wait, 1, left > 0 ? (int)left : 0);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n ? 0 : -ETIMEDOUT;
}

/* -EAGAIN: its queue of callers is full, so it takes none. */
static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int r, fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int send_request(int fd)
{
	/* The path of dom0's directory: cheap, and it changes nothing. */
	struct {
		struct xsd_sockmsg head;
		char domid[2];
	} request = {
		.head = { .type = XS_GET_DOMAIN_PATH, .req_id = STOREPING_ID,
			  .len = 2 },
		.domid = "0",
	};
	size_t len = sizeof(request.head) + 2;
	ssize_t n = send(fd, &request, len, MSG_NOSIGNAL);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO; /* into an empty socket */
}

/* An error is an answer, too. */
static bool is_reply(const struct xsd_sockmsg *head)
{
	return head->req_id == STOREPING_ID &&
	       (head->type == XS_GET_DOMAIN_PATH || head->type == XS_ERROR);
}

static int read_reply(int fd, int64_t end_ms)
{
	struct xsd_sockmsg head;
	size_t have = 0;
	int r;

	while (have < sizeof(head)) {
		ssize_t n;

		r = await(fd, POLLIN, end_ms);
		if (r)
			return r;
		n = recv(fd, (char *)&head + have, sizeof(head) - have, 0);
		if (n > 0)
			have += (size_t)n;
		else if (n == 0)
			return -EPIPE;
		else if (errno != EAGAIN && errno != EINTR)
			return -errno;
		else if (clock_ms() >= end_ms)
			return -ETIMEDOUT;
	}
	return is_reply(&head) ? 0 : -EBADMSG;
}

static enum storeping_state state_of(int r)
{
	switch (r) {
	case 0:
		return STOREPING_ANSWERS;
	case -ETIMEDOUT:
	case -EAGAIN:
		return STOREPING_SILENT;
	case -ENOENT:
		return STOREPING_ABSENT;
	default:
		return STOREPING_REFUSED;
	}
}

void storeping_ask(const char *path, int deadline_ms,
		   struct storeping *ret_ping)
{
	int64_t begin_ms = clock_ms();
	AUTO_CLOSE int fd = connect_to(path);
	int r = fd < 0 ? fd : send_request(fd);

	if (r >= 0)
		r = read_reply(fd, begin_ms + deadline_ms);
	ret_ping->state = state_of(r);
	ret_ping->error = r == -ETIMEDOUT ? 0 : -r;
	ret_ping->took_ms = clock_ms() - begin_ms;
}
