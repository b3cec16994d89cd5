/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns a hostile guest's part in xenstore: writes everything that a guest of
 * that domid may write, as fast as xenstored takes it, for some seconds or
 * until SIGTERM; then prints how many writes a second were done. It must not
 * judge.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <xen/io/xs_wire.h>

/* A guest has one connection, as its ring is one. xenstored takes one request
 * of each in turn: several would be several guests. None waits for answers. */
#define CONNECTIONS_MAX 16
#define AHEAD 64		/* requests without an answer yet */
#define BATCH_BYTES 16384

static const char *const nodes[] = {
	"control/shutdown", "control/feature-poweroff", "control/sysrq",
	"data/report", "data/x", "error/device/vif/0/error", "memory/meminfo",
	"device/vif/0/state", "device/vbd/51712/state", "attr/eth0/ip",
	"messages/a", "drivers/0", "feature/suspend",
};

#define NODES (sizeof(nodes) / sizeof(nodes[0]))

static const char *const values[] = { "", "crash", "poweroff", "6", "halt" };

struct link {
	int fd;
	unsigned long asked, answered, refused;
	char out[BATCH_BYTES];
	size_t out_len, out_at;
	struct xsd_sockmsg head;
	size_t head_len;
	uint32_t skip;		/* of the answer's body */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int open_link(struct link *link)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("XENSTORED_PATH");

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s",
		 path ? path : "/var/run/xenstored/socket");
	memset(link, 0, sizeof(*link));
	link->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	return link->fd < 0 ||
	       connect(link->fd, (struct sockaddr *)&addr, sizeof(addr));
}

static void add_request(struct link *link, const char *domid)
{
	const char *value = values[link->asked % 5];
	struct xsd_sockmsg head = { .type = XS_WRITE, .req_id = 1 };
	char body[256];
	int len = snprintf(body, sizeof(body), "/local/domain/%s/%s", domid,
			   nodes[link->asked % NODES]) + 1;

	len += snprintf(body + len, sizeof(body) - (size_t)len, "%s", value);
	head.len = (uint32_t)len;
	memcpy(link->out + link->out_len, &head, sizeof(head));
	memcpy(link->out + link->out_len + sizeof(head), body, (size_t)len);
	link->out_len += sizeof(head) + (size_t)len;
	link->asked++;
}

static void push(struct link *link, const char *domid)
{
	ssize_t n;

	if (link->out_at == link->out_len) {
		link->out_at = link->out_len = 0;
		while (link->asked - link->answered < AHEAD &&
		       link->out_len + 300 < sizeof(link->out))
			add_request(link, domid);
	}
	n = send(link->fd, link->out + link->out_at,
		 link->out_len - link->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		link->out_at += (size_t)n;
}

static size_t take_head(struct link *link, const char *at, size_t len)
{
	size_t part = sizeof(link->head) - link->head_len;

	part = part < len ? part : len;
	memcpy((char *)&link->head + link->head_len, at, part);
	link->head_len += part;
	if (link->head_len == sizeof(link->head)) {
		link->head_len = 0;
		link->skip = link->head.len;
		link->answered++;
		link->refused += link->head.type == XS_ERROR;
	}
	return part;
}

/* Returns whether xenstored is still there. */
static int pull(struct link *link)
{
	char bytes[4096];
	ssize_t n = recv(link->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	for (size_t at = 0; at < (size_t)n;) {
		size_t left = (size_t)n - at;

		if (!link->skip) {
			at += take_head(link, bytes + at, left);
			continue;
		}
		left = left < link->skip ? left : link->skip;
		link->skip -= (uint32_t)left;
		at += left;
	}
	return 1;
}

static int step(struct link *links, int count, const char *domid)
{
	struct pollfd wait[CONNECTIONS_MAX];
	int there = 1;

	for (int i = 0; i < count; i++) {
		int full = links[i].out_at == links[i].out_len &&
			   links[i].asked - links[i].answered >= AHEAD;

		wait[i] = (struct pollfd){ .fd = links[i].fd,
			.events = full ? POLLIN : POLLIN | POLLOUT };
	}
	if (poll(wait, (nfds_t)count, 1000) < 0)
		return errno == EINTR;
	for (int i = 0; i < count && there; i++) {
		if (wait[i].revents & POLLIN)
			there = pull(&links[i]);
		if (wait[i].revents & POLLOUT)
			push(&links[i], domid);
		there = there && !(wait[i].revents & (POLLERR | POLLHUP));
	}
	return there;
}

int main(int argc, char **argv)
{
	static struct link links[CONNECTIONS_MAX];
	unsigned long done = 0, refused = 0;
	int count = argc == 4 ? atoi(argv[3]) : 1;
	double begin = now(), end;

	if (argc < 3 || count < 1 || count > CONNECTIONS_MAX) {
		fprintf(stderr, "usage: domflood DOMID SECONDS [CONNECTIONS]\n");
		return 100;
	}
	for (int i = 0; i < count; i++)
		if (open_link(&links[i])) {
			perror("domflood: xenstored");
			return 1;
		}
	signal(SIGTERM, stop);
	for (end = begin + atof(argv[2]); now() < end && !stopped;)
		if (!step(links, count, argv[1])) {
			fprintf(stderr, "domflood: xenstored hung up\n");
			return 1;
		}
	for (int i = 0; i < count; i++) {
		done += links[i].answered - links[i].refused;
		refused += links[i].refused;
	}
	printf("%.0f\n", (double)done / (now() - begin));
	if (refused)
		fprintf(stderr, "domflood: %lu were refused\n", refused);
	return 0;
}
