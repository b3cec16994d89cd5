/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bad clients of the control socket: idle, slow, deaf, senseless, or not
 * root's.  Says what became of them; judges nothing.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *socket_path;

static int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int try_open(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 10 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(addr.sun_path, socket_path, sizeof(addr.sun_path) - 1);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno :
								      fd;
}

static int must_open(void)
{
	int fd = try_open();

	if (fd < 0) {
		fprintf(stderr, "connect: %s\n", strerror(-fd));
		exit(1);
	}
	return fd;
}

/* What it says, and whether it hung up within the 10 s. */
static ssize_t read_out(int fd)
{
	char bytes[65536];
	ssize_t n, all = 0;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		all += n;
	return n < 0 && errno != ECONNRESET ? -1 : all;
}

/* --- kinds --- */

/* N that say nothing, held until our standard input ends. */
static int be_idle(long n)
{
	struct rlimit most;

	getrlimit(RLIMIT_NOFILE, &most);
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
	for (long i = 0; i < n; i++)
		must_open();
	puts("held");
	fflush(stdout);
	return getchar() == EOF ? 0 : 1;
}

/* A byte each 200 ms: how many ms until it was hung up on. */
static int be_slow(long most_ms)
{
	int64_t began = clock_ms();
	int fd = must_open();
	struct pollfd in = { .fd = fd, .events = POLLIN };

	while (clock_ms() - began < most_ms) {
		if (send(fd, "{", 1, MSG_NOSIGNAL) < 0 || poll(&in, 1, 200)) {
			printf("%lld\n", (long long)(clock_ms() - began));
			return 0;
		}
	}
	return 1;
}

static const char ask_wait[] =
	"{\"command\":\"wait\",\"domain\":\"web\",\"until\":\"gone\"}\n";

/* N that send ASK and read nothing, until standard input ends. */
static int hold_asking(long n, const char *ask)
{
	while (n--)
		if (send(must_open(), ask, strlen(ask), MSG_NOSIGNAL) < 0)
			return 1;
	puts("held");
	fflush(stdout);
	return getchar() == EOF ? 0 : 1;
}

/* N that ask for much. */
static int be_deaf(long n)
{
	return hold_asking(n, "{\"command\":\"status\"}\n");
}

/* N that wait for a state that does not come. */
static int be_waiting(long n)
{
	return hold_asking(n, ask_wait);
}

/* N bytes more while it waits: 0 when it was hung up on at once. */
static int be_chatty(long n)
{
	struct timespec moment = { .tv_nsec = 200000000 };
	int64_t began = clock_ms();
	int fd = must_open();

	send(fd, ask_wait, strlen(ask_wait), MSG_NOSIGNAL);
	while (n--) {
		nanosleep(&moment, NULL);
		if (send(fd, "x", 1, MSG_NOSIGNAL) < 0)
			break;
	}
	return read_out(fd) == 0 && clock_ms() - began < 5000 ? 0 : 1;
}

/* More than a request may have: 0 when it was hung up on at once. */
static int be_large(long bytes)
{
	static char part[4096];
	int64_t began = clock_ms();
	int fd = must_open();

	memset(part, ' ', sizeof(part));
	for (; bytes > 0; bytes -= (long)sizeof(part))
		if (send(fd, part, sizeof(part), MSG_NOSIGNAL) < 0)
			return 0;
	return read_out(fd) == 0 && clock_ms() - began < 5000 ? 0 : 1;
}

static const char *const words[] = {
	"{\"command\":\"status\"}", "{\"command\":\"list\",\"limit\":1}",
	"{\"command\":\"policy\",\"domain\":\"x\"}", "{\"command\":\"hold\"}",
	"{\"command\":\"capture\",\"domain\":\"1\",\"live\":true}",
	"{\"command\":[[[[[[[[", "\"command\"", "null", "[]", "-1e999", "\\u0000",
	"{\"command\":{\"command\":\"status\"}}", "{\"domain\":1,\"command\":2}",
	"{\"command\":\"list\",\"limit\":-9223372036854775808}",
	"{\"command\":\"list\",\"since_ms\":\"x\",\"limit\":1.5}",
	"{\"command\":\"retry\",\"domain\":\"\"}", "{\"command\":\"host\"}",
	"{\"command\":\"wait\",\"domain\":\"x\",\"until\":\"running\"}",
	"{\"command\":\"wait\",\"until\":[7]}",
};

/* A request of parts that nearly fit, with some bytes turned. */
static size_t make_nonsense(char *to, size_t size)
{
	size_t len = 0;

	for (int parts = 1 + (int)(random() % 3); parts--;)
		len += (size_t)snprintf(to + len, size - len, "%s",
			words[random() % (sizeof(words) / sizeof(*words))]);
	for (int turns = (int)(random() % 4); turns--;)
		to[(size_t)random() % len] = (char)random();
	to[len++] = '\n';
	return len;
}

/* N of them; every fourth goes away without waiting for the answer. */
static int be_senseless(long n)
{
	char request[1024];

	srandom(7);
	while (n--) {
		int fd = must_open();
		size_t len = make_nonsense(request, sizeof(request));

		if (send(fd, request, len, MSG_NOSIGNAL) < 0)
			fputs("unsent\n", stderr);
		if (n % 4 && read_out(fd) < 0) {
			fprintf(stderr, "no answer within 10 s to: %.*s",
				(int)len, request);
			return 1;
		}
		close(fd);
	}
	return 0;
}

/* As USER: 0 when it was answered. */
static int be_user(long user)
{
	static const char ask[] = "{\"command\":\"status\"}\n";
	int fd;

	if (setgid((gid_t)user) || setuid((uid_t)user))
		return 2;
	fd = try_open();
	if (fd < 0) {
		fprintf(stderr, "connect: %s\n", strerror(-fd));
		return 1;
	}
	send(fd, ask, strlen(ask), MSG_NOSIGNAL);
	return read_out(fd) > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*be)(long number);
	} kinds[] = {
		{ "idle", be_idle }, { "slow", be_slow }, { "deaf", be_deaf },
		{ "large", be_large }, { "senseless", be_senseless },
		{ "user", be_user }, { "waiting", be_waiting },
		{ "chatty", be_chatty },
	};

	if (argc != 4)
		return 100;
	socket_path = argv[3];
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0)
			return kinds[i].be(atol(argv[2]));
	return 100;
}
