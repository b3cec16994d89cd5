/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * storeping_ask() against sockets of our own that answer, or do not.  Knows
 * no xenstored.
 */
#include "port/storeping.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define PATIENCE_MS 300

static char dir[] = "/tmp/test-storeping-XXXXXX";
static char path[sizeof(dir) + 8];

enum manner { ANSWER, ERROR, PIECES, SILENCE, HANG_UP, OTHER_ID };

struct head {
	uint32_t type, req_id, tx_id, len;
};

static int listen_here(int queue)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(fd, queue)) {
		perror(path);
		exit(1);
	}
	return fd;
}

static void reply(int fd, enum manner manner, struct head head)
{
	if (manner == ERROR)
		head.type = 16;
	if (manner == OTHER_ID)
		head.req_id++;
	if (manner == PIECES) {
		send(fd, &head, 3, 0);
		usleep(20000); /* so that they are read one by one */
		send(fd, (char *)&head + 3, sizeof(head) - 3, 0);
		return;
	}
	send(fd, &head, sizeof(head), 0);
}

static void serve(int listener, enum manner manner)
{
	char bytes[64];
	struct head head;
	int fd = accept(listener, NULL, NULL);
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

	memcpy(&head, bytes, sizeof(head));
	if (n != (ssize_t)sizeof(head) + 2 || head.type != 10 ||
	    head.len != 2 || strcmp(bytes + sizeof(head), "0"))
		_exit(1); /* no answer: the test sees it */
	if (manner == SILENCE)
		pause();
	if (manner != HANG_UP)
		reply(fd, manner, head);
	_exit(0);
}

static void is_state(enum manner manner, enum storeping_state state,
		     const char *what)
{
	struct storeping ping;
	int listener = listen_here(4);
	pid_t pid = fork();

	if (!pid)
		serve(listener, manner);
	storeping_ask(path, PATIENCE_MS, &ping);
	ok(ping.state == state && ping.took_ms < PATIENCE_MS + 2000,
	   "%s", what);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(listener);
}

static void test_full_queue(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct storeping ping;
	int listener = listen_here(0), fds[4];

	strcpy(addr.sun_path, path);
	for (int i = 0; i < 4; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fds[i], (struct sockaddr *)&addr, sizeof(addr));
	}
	storeping_ask(path, PATIENCE_MS, &ping);
	ok(ping.state == STOREPING_SILENT,
	   "a queue that nobody empties is silence");
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	close(listener);
	storeping_ask(path, PATIENCE_MS, &ping);
	ok(ping.state == STOREPING_REFUSED && ping.error == ECONNREFUSED,
	   "a socket without a listener is a refusal");
	unlink(path);
	storeping_ask(path, PATIENCE_MS, &ping);
	ok(ping.state == STOREPING_ABSENT, "no socket is told apart");
}

int main(void)
{
	if (!mkdtemp(dir)) {
		perror(dir);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/socket", dir);
	is_state(ANSWER, STOREPING_ANSWERS, "an answer");
	is_state(ERROR, STOREPING_ANSWERS, "an error is an answer");
	is_state(PIECES, STOREPING_ANSWERS, "an answer in pieces");
	is_state(SILENCE, STOREPING_SILENT, "silence ends at the deadline");
	is_state(HANG_UP, STOREPING_REFUSED, "it hangs up");
	is_state(OTHER_ID, STOREPING_REFUSED, "another's answer is none");
	test_full_queue();
	rmdir(dir);
	setenv("XENSTORED_PATH", "/x", 1);
	is_text(storeping_path(), "/x", "the environment says where it is");
	unsetenv("XENSTORED_PATH");
	is_text(storeping_path(), "/var/run/xenstored/socket",
		"or it is at the usual place");
	return done_testing();
}
