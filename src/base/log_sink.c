/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes lines to standard error and packets to the local sockets of syslog
 * and the journal.  syslog(3) and sd_journal_sendv(3) are not used: both wait
 * without bound when their daemon hangs, and the keeper must not.
 */
#include "base/log_sink.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

/* Long enough for a busy reader; a stuck one is waited for only once. */
#define PATIENCE_MS 200

static int stderr_patience_ms = PATIENCE_MS;

/* Of one socket, as long as it works. */
static struct {
	int fd;
	int type;
	enum log_target target;
	int patience_ms;
} connection = { .fd = -1, .patience_ms = PATIENCE_MS };

static const char *paths[] = {
	[LOG_TARGET_SYSLOG] = "/dev/log",
	[LOG_TARGET_JOURNAL] = "/run/systemd/journal/socket",
};

static int await_writable(int fd, int *patience_ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLOUT };
	int r = poll(&poller, 1, *patience_ms);

	if (r < 0)
		return -errno;
	if (r == 0) {
		*patience_ms = 0;
		return -EAGAIN;
	}
	/* A pipe without a reader would raise SIGPIPE. */
	if (poller.revents & (POLLERR | POLLNVAL))
		return -EPIPE;
	*patience_ms = PATIENCE_MS;
	return 0;
}

bool log_sink_is_journal_stream(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	       st.st_ino == inode;
}

int log_sink_write(const char *line, size_t len)
{
	while (len) {
		int rc = await_writable(STDERR_FILENO, &stderr_patience_ms);
		ssize_t written = rc ? rc : write(STDERR_FILENO, line, len);

		if (rc == -EINTR || (!rc && written < 0 && errno == EINTR))
			continue;
		if (written < 0)
			return rc ? rc : -errno;
		line += written;
		len -= written;
	}
	return 0;
}

static void disconnect(void)
{
	if (connection.fd >= 0)
		close(connection.fd);
	connection.fd = -1;
}

static int connect_type(enum log_target target, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	text_copy(address.sun_path, sizeof(address.sun_path), paths[target]);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	connection.fd = fd;
	connection.type = type;
	connection.target = target;
	return 0;
}

/* Some syslog daemons take a stream instead of packets. */
static int connect_target(enum log_target target)
{
	int rc;

	if (connection.fd >= 0 && connection.target == target)
		return 0;
	disconnect();
	rc = connect_type(target, SOCK_DGRAM);
	return rc == -EPROTOTYPE ? connect_type(target, SOCK_STREAM) : rc;
}

static int send_once(const char *packet, size_t len)
{
	/* In a stream the NUL is what ends a message. */
	size_t whole = connection.type == SOCK_STREAM ? len + 1 : len;
	ssize_t sent = send(connection.fd, packet, whole, MSG_NOSIGNAL);

	if (sent < 0)
		return -errno;
	return (size_t)sent == whole ? 0 : -EPIPE;
}

static bool is_full(int rc)
{
	return rc == -EAGAIN || rc == -EWOULDBLOCK || rc == -ENOBUFS ||
	       rc == -EINTR;
}

/* Twice at most: a full queue is awaited, a restarted daemon reconnected. */
int log_sink_send(enum log_target target, const char *packet, size_t len)
{
	int rc = connect_target(target);

	if (rc)
		return rc;
	rc = send_once(packet, len);
	if (!rc)
		return 0;
	if (is_full(rc)) {
		rc = await_writable(connection.fd, &connection.patience_ms);
	} else {
		disconnect();
		rc = connect_target(target);
	}
	if (!rc)
		rc = send_once(packet, len);
	if (rc && !is_full(rc))
		disconnect();
	return rc;
}

void log_sink_set_path(enum log_target target, const char *path)
{
	disconnect();
	paths[target] = path;
}
