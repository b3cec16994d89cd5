/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner_find() against process directories built here.  Touches nothing
 * outside its own temporary directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/owner.h"

#include "tap.h"

static char root[] = "/tmp/test-owner-XXXXXX";

static const char *path(const char *tail)
{
	static char buf[512];

	snprintf(buf, sizeof(buf), "%s/%s", root, tail);
	return buf;
}

static void write_file(const char *name, const char *bytes, size_t len)
{
	int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len) {
		perror(name);
		exit(1);
	}
	close(fd);
}

static void make_link(const char *target, const char *name)
{
	char to[512];

	snprintf(to, sizeof(to), "%s", target); /* it may be path()'s */
	unlink(path(name));
	if (symlink(to, path(name))) {
		perror(name);
		exit(1);
	}
}

/* The one process of the fake /proc.  ARGS holds LEN bytes with their NULs. */
static void set_process(const char *exe, const char *out, const char *args,
			size_t len)
{
	mkdir(path("77"), 0700);
	mkdir(path("77/fd"), 0700);
	make_link(exe, "77/exe");
	make_link(out, "77/fd/1");
	make_link(path("cwd"), "77/cwd");
	make_link(path("cwd"), "77/root");
	write_file("77/cmdline", args, len);
}

static void set_age(long up_s)
{
	char buf[128];

	snprintf(buf, sizeof(buf), "%ld.00 1.00\n", up_s);
	write_file("uptime", buf, strlen(buf));
	snprintf(buf, sizeof(buf), "77 (x) y) S 1 1 1 0 -1 4194560 1 1 1 1 1 1"
		 " 1 1 20 0 1 0 %ld 1 1\n", 100 * sysconf(_SC_CLK_TCK));
	write_file("77/stat", buf, strlen(buf));
}

static void expect(enum owner want, const char *what)
{
	enum owner owner = (enum owner)-1;
	pid_t pid = -1;
	int r = owner_find(root, "web", &owner, &pid);

	ok(!r && owner == want && pid == (want == OWNER_NONE ? 0 : 77),
	   "%s", what);
}

#define XL "/usr/lib/xen-4.17/bin/xl"
#define LOG "/var/log/xen/"
#define ARGS(s) s, sizeof(s)

static void test_monitors(void)
{
	set_process(XL, LOG "xl-web.log", ARGS("xl\0create\0web.cfg"));
	expect(OWNER_XL, "a monitor is told by its log");
	set_process(XL, LOG "xl-web.log.3", ARGS("xl\0create\0web.cfg"));
	expect(OWNER_XL, "and by a rotated log");
	set_process(XL " (deleted)", LOG "xl-web.log.1 (deleted)",
		    ARGS("xl\0create\0web.cfg"));
	expect(OWNER_XL, "and after an upgrade and a log's removal");
	set_process(XL, LOG "xl-web--incoming.log",
		    ARGS("xl\0migrate-receive"));
	expect(OWNER_XL, "and when it received a migration");
	set_process(XL, LOG "xl-web2.log", ARGS("xl\0create\0web.cfg"));
	expect(OWNER_NONE, "another guest's monitor is not ours");
	set_process(XL, LOG "xl-web.logx", ARGS("xl\0create\0web.cfg"));
	expect(OWNER_NONE, "nor is a name that only begins alike");
	set_process("/usr/bin/tail", LOG "xl-web.log", ARGS("tail"));
	expect(OWNER_NONE, "another program with that log is no monitor");
}

static void test_builders(void)
{
	set_process(XL, "/dev/pts/0", ARGS("xl\0create\0web.cfg"));
	expect(OWNER_UNSETTLED, "an xl create at work may become a monitor");
	set_process(XL, "/dev/pts/0", ARGS("xl\0-v\0create\0-e\0web.cfg"));
	expect(OWNER_UNSETTLED, "global options are stepped over");
	set_process(XL, "/dev/pts/0", ARGS("xl\0create\0-F\0web.cfg"));
	expect(OWNER_XL, "in the foreground it is the monitor itself");
	set_process(XL, "/dev/pts/0", ARGS("xl\0create\0db.cfg"));
	expect(OWNER_NONE, "an xl create of another guest does not count");
	set_process(XL, "/dev/pts/0", ARGS("xl\0create\0db.cfg\0name='web'"));
	expect(OWNER_UNSETTLED, "a name on the command line overrides");
	set_process(XL, "/dev/pts/0", ARGS("xl\0create\0-F\0/web.cfg"));
	expect(OWNER_XL, "a whole path is one in its own view of the files");
	set_process(XL, "/dev/pts/0", ARGS("xl\0list"));
	expect(OWNER_NONE, "other subcommands do not count");
	set_process(XL, "/dev/pts/0", ARGS("xl\0create\0missing.cfg"));
	set_age(160);
	expect(OWNER_UNSETTLED, "an unknown guest counts against every one");
	set_process(XL, "/dev/pts/0", ARGS("xl\0restore\0-F\0web.save"));
	expect(OWNER_UNSETTLED, "so does a restore");
	set_age(100 + 601);
	expect(OWNER_NONE, "but not once it is ten minutes old");
	set_process(XL, "/dev/pts/0", "", 0);
	expect(OWNER_NONE, "an empty command line is nothing");
}

static void test_edges(void)
{
	enum owner owner;
	pid_t pid;

	ok(owner_find(path("nowhere"), "web", &owner, &pid) == -ENOENT,
	   "a missing /proc is an error");
	ok(!owner_find("/proc", "no-such-guest-anywhere", &owner, &pid) &&
	   owner != OWNER_XL, "the real /proc can be read");
}

static void test_pidfd(void)
{
	pid_t child = fork();
	struct pollfd wait = { .events = POLLIN };

	if (!child) {
		pause();
		_exit(0);
	}
	wait.fd = owner_open_pidfd(child);
	if (wait.fd == -ENOSYS) {
		ok(1, "no pidfd on this kernel, and it is said");
	} else {
		ok(wait.fd >= 0 && poll(&wait, 1, 0) == 0,
		   "a pidfd is quiet while the process lives");
		kill(child, SIGKILL);
		ok(poll(&wait, 1, 10000) == 1,
		   "a pidfd is readable once it has ended");
		close(wait.fd);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

struct seen {
	int count;
	char log[64];
};

static void note_monitor(void *ctx, pid_t pid, const char *log)
{
	struct seen *seen = ctx;

	seen->count += pid == 77;
	snprintf(seen->log, sizeof(seen->log), "%s", log);
}

static void test_each(void)
{
	struct seen seen = { 0 };

	set_process(XL, LOG "xl-web.log.1", ARGS("xl\0create\0web.cfg"));
	ok(!owner_each_monitor(root, note_monitor, &seen) &&
	   seen.count == 1 && owner_is_log_of(seen.log, "web") &&
	   !owner_is_log_of(seen.log, "we"), "monitors are listed");
	set_process(XL, "/dev/pts/0", ARGS("xl\0create\0web.cfg"));
	seen.count = 0;
	ok(!owner_each_monitor(root, note_monitor, &seen) && !seen.count,
	   "one that is no monitor is not");
	ok(owner_each_monitor(path("nowhere"), note_monitor, &seen) ==
	   -ENOENT, "nor is nothing");
}

static void test_stop(void)
{
	pid_t child = fork();
	int fd, status = 0;

	if (!child)
		for (;;)
			pause();
	fd = owner_open_pidfd(child);
	if (fd == -ENOSYS) {
		ok(1, "nobody is stopped without pidfds");
	} else {
		ok(owner_stop(fd, child) == 0 &&
		   waitpid(child, &status, WUNTRACED) == child &&
		   WIFSTOPPED(status), "it stands still once it is stopped");
		ok(owner_signal(fd, SIGKILL) == 0 &&
		   waitpid(child, &status, 0) == child &&
		   WIFSIGNALED(status), "and can be ended so");
		ok(owner_stop(fd, child) == -ESRCH, "one that ended is not");
		close(fd);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void remove_all(void)
{
	static const char *const names[] = {
		"77/exe", "77/fd/1", "77/cwd", "77/root", "77/cmdline", "77/stat",
		"uptime", "cwd/web.cfg", "cwd/db.cfg",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path(names[i]));
	rmdir(path("77/fd"));
	rmdir(path("77"));
	rmdir(path("cwd"));
	rmdir(root);
}

int main(void)
{
	static const char web[] = "# name = \"old\"\nname=\"x\"\n"
		"  name = \"web\" # comment\nmemory = 64\n";
	static const char db[] = "name = 'db'\nnamespace = 'web'\n";

	if (!mkdtemp(root)) {
		perror(root);
		return 1;
	}
	mkdir(path("cwd"), 0700);
	write_file("cwd/web.cfg", web, sizeof(web) - 1);
	write_file("cwd/db.cfg", db, sizeof(db) - 1);
	expect(OWNER_NONE, "no process, no owner");
	test_monitors();
	test_builders();
	test_edges();
	test_pidfd();
	test_each();
	test_stop();
	remove_all();
	return done_testing();
}
