/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service manager's socket.  libsystemd is not used: the daemon runs on
 * hosts without it, and one datagram is all there is to say.
 */
#include "port/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct notify {
	int fd;
	uint32_t watchdog_ms;
	struct sockaddr_un addr;
	socklen_t addr_len;
};

/* WATCHDOG_PID names another process when we are not the main one. */
static uint32_t read_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t ms;

	if (!usec || (pid && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	ms = strtoull(usec, NULL, 10) / 1000;
	return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

/* A path, or with a leading @ a name of Linux's own. */
static int read_address(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;

	if (len < 2 || (path[0] != '/' && path[0] != '@') ||
	    len >= sizeof(notify->addr.sun_path))
		return -EINVAL;
	notify->addr.sun_family = AF_UNIX;
	memcpy(notify->addr.sun_path, path, len);
	if (path[0] == '@')
		notify->addr.sun_path[0] = '\0';
	notify->addr_len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return 0;
}

struct notify *notify_open(void)
{
	struct notify *notify = calloc(1, sizeof(*notify));
	int r = notify ? read_address(notify) : -ENOMEM;

	if (r == 0) {
		notify->watchdog_ms = read_watchdog_ms();
		notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC |
					     SOCK_NONBLOCK, 0);
		r = notify->fd < 0 ? -errno : 0;
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (r == 0)
		return notify;
	free(notify);
	return NULL;
}

void notify_close(struct notify *notify)
{
	if (!notify)
		return;
	close(notify->fd);
	free(notify);
}

uint32_t notify_watchdog_ms(const struct notify *notify)
{
	return notify ? notify->watchdog_ms : 0;
}

static int send_message(struct notify *notify, const char *message)
{
	ssize_t n;

	if (!notify)
		return 0;
	do {
		n = sendto(notify->fd, message, strlen(message), MSG_NOSIGNAL,
			   (const struct sockaddr *)&notify->addr,
			   notify->addr_len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int notify_ready(struct notify *notify, const char *status)
{
	char message[512];

	snprintf(message, sizeof(message), "READY=1\nSTATUS=%s\n", status);
	return send_message(notify, message);
}

/* By the time the manager distinguishes the end of this reload from the end of
 * an earlier one. */
int notify_reloading(struct notify *notify)
{
	struct timespec now;
	char message[96];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(message, sizeof(message),
		 "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n",
		 (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	return send_message(notify, message);
}

int notify_stopping(struct notify *notify)
{
	return send_message(notify, "STOPPING=1\n");
}

int notify_beat(struct notify *notify)
{
	return send_message(notify, "WATCHDOG=1\n");
}
