/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the service manager hears, read from a socket of our own, and that
 * nothing of it is left to a child.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "port/notify.h"
#include "tap.h"

/* With a leading @ for a name that needs no file. */
static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(addr.sun_path, path, len);
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	if (bind(fd, (struct sockaddr *)&addr,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		perror("bind");
	return fd;
}

static const char *heard(int fd)
{
	static char text[512];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void set_environment(const char *path, const char *pid)
{
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", "20000000", 1);
	if (pid)
		setenv("WATCHDOG_PID", pid, 1);
	else
		unsetenv("WATCHDOG_PID");
}

static void test_messages(const char *path, const char *what)
{
	int fd = listen_at(path);
	struct notify *notify;

	set_environment(path, NULL);
	notify = notify_open();
	ok(notify != NULL, "%s is found", what);
	ok(notify_ready(notify, "fine") == 0, "%s takes a message", what);
	is_text(heard(fd), "READY=1\nSTATUS=fine\n", "%s: ready", what);
	notify_reloading(notify);
	ok(strncmp(heard(fd), "RELOADING=1\nMONOTONIC_USEC=", 27) == 0,
	   "%s: reloading, with its time", what);
	notify_beat(notify);
	is_text(heard(fd), "WATCHDOG=1\n", "%s: a beat", what);
	notify_stopping(notify);
	is_text(heard(fd), "STOPPING=1\n", "%s: stopping", what);
	notify_close(notify);
	close(fd);
	if (path[0] == '/')
		unlink(path);
}

static void test_watchdog(const char *path)
{
	int fd = listen_at(path);
	struct notify *notify;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	set_environment(path, pid);
	notify = notify_open();
	ok(notify_watchdog_ms(notify) == 20000, "a watchdog for us is kept to");
	notify_close(notify);
	set_environment(path, "1");
	notify = notify_open();
	ok(notify_watchdog_ms(notify) == 0, "one for another process is not");
	ok(!getenv("NOTIFY_SOCKET") && !getenv("WATCHDOG_USEC") &&
	   !getenv("WATCHDOG_PID"), "no child can speak for us");
	notify_close(notify);
	close(fd);
	unlink(path);
}

static void test_nobody(const char *path)
{
	char far_too_long[300];
	struct notify *notify;

	unsetenv("NOTIFY_SOCKET");
	ok(!notify_open(), "without a manager there is nothing to tell");
	ok(notify_ready(NULL, "") == 0 && notify_beat(NULL) == 0 &&
	   notify_watchdog_ms(NULL) == 0, "and that is no failure");
	set_environment("relative", NULL);
	ok(!notify_open(), "a name that is no path is nobody");
	memset(far_too_long, 'a', sizeof(far_too_long) - 1);
	far_too_long[0] = '/';
	far_too_long[sizeof(far_too_long) - 1] = '\0';
	set_environment(far_too_long, NULL);
	ok(!notify_open(), "nor is a path that no socket can have");
	set_environment(path, NULL);
	notify = notify_open();
	ok(notify_beat(notify) < 0, "a manager that is gone is told as an error");
	notify_close(notify);
}

int main(void)
{
	char dir[] = "/tmp/test_notify.XXXXXX", path[64], name[64];

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(name, sizeof(name), "@%s", dir);
	test_messages(path, "a path");
	test_messages(name, "a name");
	test_watchdog(path);
	test_nobody(path);
	rmdir(dir);
	return done_testing();
}
