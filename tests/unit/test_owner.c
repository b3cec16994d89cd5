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
#include <sys/resource.h>
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

/* The one process of the fake /proc. */
static const char *exe;		/* what its program is called */
static const char *out;		/* its standard output */
static const char *uids;

static void set_status(const char *name)
{
	char buf[256];

	snprintf(buf, sizeof(buf), "Name:\t%s\nUmask:\t0022\nUid:\t%s\n",
		 name, uids);
	write_file("77/status", buf, strlen(buf));
}

/* It began START_S after the boot. */
static void set_start(long start_s)
{
	char buf[128];

	snprintf(buf, sizeof(buf), "77 (x) y) S 1 1 1 0 -1 4194560 1 1 1 1 1 1"
		 " 1 1 20 0 1 0 %ld 1 1\n", start_s * sysconf(_SC_CLK_TCK));
	write_file("77/stat", buf, strlen(buf));
}

/* ARGS holds LEN bytes with their NULs. */
static void set_process(const char *args, size_t len)
{
	char to[1024];

	make_link(path(exe), "77/exe");
	snprintf(to, sizeof(to), "%s", out);
	make_link(out[0] == '/' ? to : path(out), "77/fd/1");
	set_status("xl");
	write_file("77/cmdline", args, len);
}

static void make_file(const char *name, mode_t mode, uid_t owner)
{
	write_file(name, "", 0);
	if (chown(path(name), owner, 0) || chmod(path(name), mode)) {
		perror(name);
		exit(1);
	}
}

#define SEEN_S 5000
#define ARGS(s) s, sizeof(s)
#define MONITOR ARGS("xl\0create\0some.cfg")

static const struct owner_query web = {
	.name = "web", .domid = 5, .seen_ms = SEEN_S * 1000,
	.now_ms = (SEEN_S + 60) * 1000,
};

static void expect_of(const struct owner_query *query, enum owner want,
		      const char *what)
{
	enum owner owner = (enum owner)-1;
	pid_t pid = -1;
	int r = owner_find(root, query, &owner, &pid);

	ok(!r && owner == want && pid == (want == OWNER_NONE ? 0 : 77),
	   "%s", what);
}

static void expect(enum owner want, const char *what)
{
	expect_of(&web, want, what);
}

static void begin(void)
{
	exe = "bin/xl";
	out = "log/xl-web.log";
	uids = "0\t0\t0\t0";
	mkdir(path("77"), 0755);
	mkdir(path("77/fd"), 0700);
	make_file("bin/xl", 0755, 0);
	make_file(out, 0644, 0);
	set_start(1);
	set_process(MONITOR);
}

static void test_monitors(void)
{
	begin();
	expect(OWNER_XL, "a monitor is known by its log");
	make_file(out = "log/xl-web.log.3", 0644, 0);
	set_process(MONITOR);
	expect(OWNER_XL, "and by a rotated log");
	make_file(exe = "bin/xl (deleted)", 0755, 0);
	make_file(out = "log/xl-web.log.1 (deleted)", 0644, 0);
	set_process(MONITOR);
	expect(OWNER_XL, "and after an upgrade and a log's removal");
	exe = "bin/xl";
	make_file(out = "log/xl-web--incoming.log", 0644, 0);
	set_process(MONITOR);
	expect(OWNER_XL, "and when it received a migration");
	make_file(out = "log/xl-web2.log", 0644, 0);
	set_process(MONITOR);
	expect(OWNER_NONE, "another guest's monitor does not count");
	make_file(out = "log/xl-web.logx", 0644, 0);
	set_process(MONITOR);
	expect(OWNER_NONE, "nor does a name that only begins alike");
	out = "log/xl-web.log";
	make_file(exe = "bin/tail", 0755, 0);
	set_process(ARGS("tail"));
	expect(OWNER_NONE, "another program with that log is no monitor");
}

/* LINES become the monitor's log, whatever its file is called. */
static void set_log(const char *file, const char *lines)
{
	make_file(out = file, 0644, 0);
	write_file(file, lines, strlen(lines));
	set_process(MONITOR);
}

static void test_renamed(void)
{
	static const char *const waits =
		"Parsing config from old.cfg\n"
		"Waiting for domain old (domid 5) to die [pid 77]\n";
	struct owner_query other = web;

	begin();
	set_log("log/xl-old.log", waits);
	expect(OWNER_XL, "a renamed guest's monitor is known by its log");
	set_log("log/moved-20261128", waits);
	expect(OWNER_XL, "whatever the log is called by now");
	set_log("log/xl-web.log", waits);
	other.domid = 6;
	expect_of(&other, OWNER_NONE,
		  "a new guest of the old name is not that monitor's");
	set_log("log/xl-web.log",
		"Waiting for domain web (domid 4) to die [pid 77]\n"
		"Domain 4 has shut down, reason code 1 0x1\n");
	expect(OWNER_XL, "one that makes its guest's next domain has it");
	set_log("log/other.log",
		"Waiting for domain x (domid 5) to die [pid 78]\n");
	expect(OWNER_NONE, "another process's word in the log does not count");
	set_log("log/other.log",
		"Waiting for domain x (domid 9) to die [pid 77] "
		"(domid 5) to die [pid 77]\n");
	expect(OWNER_XL, "a name may look like the words after it");
	set_log("log/other.log", waits);
	chmod(path(out), 0666);
	expect(OWNER_NONE, "what others may write is not believed");
}

/* logrotate's copytruncate leaves nothing of what the monitor wrote. */
static void test_cut(void)
{
	struct owner_query renamed = web;

	begin();
	set_log("log/xl-old.log", "");
	expect(OWNER_NONE, "a log that was cut does not name its domain");
	renamed.made_as = "old";
	expect_of(&renamed, OWNER_XL, "but is called as the domain once was");
	set_log("log/xl-old.log-20261129", "");
	expect_of(&renamed, OWNER_XL, "also when it was moved");
	set_log("log/xl-old.log-x", "");
	expect_of(&renamed, OWNER_NONE, "to the name of a log");
	set_log("log/xl-old.log",
		"Waiting for domain old (domid 9) to die [pid 77]\n");
	expect_of(&renamed, OWNER_NONE, "and it waits for no other domain");
}

static void test_trust(void)
{
	begin();
	uids = "65534\t65534\t65534\t65534";
	set_process(MONITOR);
	expect(OWNER_NONE, "another user's xl does not count");
	uids = "1000\t0\t0\t0";
	set_process(MONITOR);
	expect(OWNER_NONE, "nor does one that is root's by setuid only");
	uids = "0\t0\t0\t0";
	set_process(MONITOR);
	make_file(exe, 0755, 65534);
	expect(OWNER_NONE, "nor does a program that another user owns");
	make_file(exe, 0775, 0);
	expect(OWNER_NONE, "nor one that a group can write");
	make_file(exe, 0757, 0);
	expect(OWNER_NONE, "nor one that all can write");
	make_file(exe, 0755, 0);
	expect(OWNER_XL, "root's own does");
	chmod(path("bin"), 0777);
	expect(OWNER_NONE, "unless others can write its directory");
	chmod(path("bin"), 0755);
	make_file(out, 0644, 65534);
	expect(OWNER_NONE, "another user's file is no monitor's log");
	begin();
	mkfifo(path("pipe/xl-web.log"), 0600);
	out = "pipe/xl-web.log";
	set_process(MONITOR);
	expect(OWNER_NONE, "nor is a pipe, which is not waited for");
	unlink(path("pipe/xl-web.log"));
}

static void test_builders(void)
{
	begin();
	out = "/dev/null";
	set_start(SEEN_S - 10);
	set_process(ARGS("xl\0create\0some.cfg"));
	expect(OWNER_UNSETTLED, "an xl create at work may become a monitor");
	set_process(ARGS("xl\0-v\0create\0-e\0some.cfg"));
	expect(OWNER_UNSETTLED, "global options are stepped over");
	set_process(ARGS("xl\0create\0-F\0some.cfg"));
	expect(OWNER_XL, "in the foreground it is the monitor itself");
	set_process(ARGS("xl\0create\0web.cfg\0name='db'"));
	expect(OWNER_NONE, "an xl create of another name does not count");
	set_process(ARGS("xl\0create\0db.cfg\0name = \"web\""));
	expect(OWNER_UNSETTLED, "one of this name does");
	set_process(ARGS("xl\0list"));
	expect(OWNER_NONE, "other subcommands do not count");
	set_process(ARGS("xl\0restore\0web.save"));
	expect(OWNER_UNSETTLED, "a restore may be making it");
	set_start(SEEN_S - 541);
	expect(OWNER_NONE, "not once it is ten minutes old");
	set_start(SEEN_S + 1);
	expect(OWNER_NONE, "not when the domain was there before it began");
	set_process(ARGS("xl\0create\0-F\0some.cfg"));
	expect(OWNER_NONE, "neither is an xl create -F its monitor then");
	set_start(SEEN_S - 601);
	expect(OWNER_NONE, "nor if that was there long before the domain");
	set_process(ARGS("xl\0create\0-F\0/etc/xen/web.cfg"));
	expect(OWNER_XL, "but for a file that has the guest's name");
	set_process(ARGS("xl\0create\0-F\0/etc/xen/web/db.cfg"));
	expect(OWNER_NONE, "which is not its directory's");
	set_process("", 0);
	expect(OWNER_NONE, "an empty command line is nothing");
}

/* The path in a command line must not even be opened. */
static void test_paths(void)
{
	begin();
	out = "/dev/null";
	mkfifo(path("fifo"), 0600);
	set_start(SEEN_S - 10);
	set_process(ARGS("xl\0create\0/fifo"));
	make_link(root, "77/root");
	expect(OWNER_UNSETTLED, "a file that a command line names is no help");
	unlink(path("77/root"));
	unlink(path("fifo"));
}

static void test_errors(void)
{
	struct rlimit all, few;
	enum owner owner = OWNER_NONE;
	pid_t pid;
	int known = 0, wrong = 0;

	begin();
	getrlimit(RLIMIT_NOFILE, &all);
	few = all;
	for (few.rlim_cur = 3; few.rlim_cur < 12; few.rlim_cur++) {
		int r;

		setrlimit(RLIMIT_NOFILE, &few);
		r = owner_find(root, &web, &owner, &pid);
		setrlimit(RLIMIT_NOFILE, &all);
		known += r == 0 && owner == OWNER_XL;
		wrong += r == 0 && owner != OWNER_XL;
	}
	ok(known > 0 && !wrong, "without descriptors it is an error, never "
	   "nobody's (%d known, %d wrong)", known, wrong);
	ok(owner_find(path("nowhere"), &web, &owner, &pid) == -ENOENT,
	   "a missing /proc is an error");
	unlink(path("77/exe"));
	expect(OWNER_NONE, "a process that ends meanwhile is none");
	ok(!owner_find("/proc", &(struct owner_query){ .name = "no-such" },
		       &owner, &pid) && owner != OWNER_XL,
	   "the real /proc can be read");
}

/* A process of another user with that very program and log. */
static void test_other_user(void)
{
	pid_t child, pid;
	enum owner owner = OWNER_XL;
	char program[512], log[512], command[600];
	int ready[2], r;

	begin();
	snprintf(program, sizeof(program), "%s", path("bin/xl"));
	snprintf(log, sizeof(log), "%s", path("log/xl-web.log"));
	if (getuid() || pipe(ready)) {
		ok(1, "another user's process # SKIP not root");
		return;
	}
	snprintf(command, sizeof(command), "cat /bin/sleep > %s", program);
	r = system(command);
	child = r ? -1 : fork();
	if (child == 0) {
		int fd = open(log, O_WRONLY);

		fcntl(ready[1], F_SETFD, FD_CLOEXEC);
		dup2(fd, 1);
		if (chmod(root, 0755) || setgid(65534) || setuid(65534))
			_exit(1);
		execl(program, "xl", "60", NULL);
		_exit(1);
	}
	close(ready[1]);
	r = (int)read(ready[0], log, 1); /* the end of file: it runs xl */
	close(ready[0]);
	ok(child > 0 && r == 0 &&
	   !owner_find("/proc", &web, &owner, &pid) && owner == OWNER_NONE,
	   "a real process of another user has no guest");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
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
	struct owner_monitor monitor;
};

static void note_monitor(void *ctx, const struct owner_monitor *monitor)
{
	struct seen *seen = ctx;

	seen->count += monitor->pid == 77;
	seen->monitor = *monitor;
}

static void test_each(void)
{
	struct seen seen = { 0 };

	begin();
	make_file(out = "log/xl-web.log.1", 0644, 0);
	set_process(MONITOR);
	ok(!owner_each_monitor(root, note_monitor, &seen) &&
	   seen.count == 1 && owner_is_monitor_of(&seen.monitor, &web) &&
	   !owner_is_monitor_of(&seen.monitor, &(struct owner_query){
				.name = "we", .domid = 5 }),
	   "monitors are listed");
	out = "/dev/null";
	set_process(MONITOR);
	seen.count = 0;
	ok(!owner_each_monitor(root, note_monitor, &seen) && !seen.count,
	   "one that is no monitor is not");
	ok(owner_each_monitor(path("nowhere"), note_monitor, &seen) ==
	   -ENOENT, "nor is nothing");
	ok(!owner_is_log_of("xl-.log", ""), "no name is no guest's");
}

/* What its log holds, and since when it runs. */
static void set_monitor(const char *log, long start_s)
{
	set_start(start_s);
	write_file("log/xl-web.log", log, strlen(log));
}

static void test_may_end(void)
{
	static const char waits[] =
		"Waiting for domain web (domid 5) to die [pid 77]\n";
	struct owner_query other = web;

	begin();
	make_file(out, 0644, 0);
	set_process(MONITOR);
	set_monitor(waits, SEEN_S + 55);
	ok(owner_may_end(root, 77, &web), "a monitor that waits may be ended");
	other.name = "db";
	other.domid = 6;
	ok(!owner_may_end(root, 77, &other), "not for another's domain");
	set_monitor("Parsing config\n", SEEN_S + 55);
	ok(!owner_may_end(root, 77, &web), "nor one that may not be a daemon");
	set_monitor("", SEEN_S + 10);
	ok(owner_may_end(root, 77, &web), "one of some age is, whose log was "
	   "cut");
	set_process(ARGS("xl\0create\0-qF\0some.cfg"));
	set_monitor(waits, SEEN_S + 55);
	ok(!owner_may_end(root, 77, &web), "in the foreground somebody waits");
	set_process(ARGS("xl\0create\0-f/etc/Fine.cfg"));
	ok(owner_may_end(root, 77, &web), "an F in a file's name says nothing");
	ok(!owner_may_end(root, 78, &web) &&
	   !owner_may_end(path("nowhere"), 77, &web), "what is not there is "
	   "not ended");
	uids = "0\t0\t0\t1000";
	set_process(MONITOR);
	ok(!owner_may_end(root, 77, &web), "nor what is not root's");
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
	char command[600];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command))
		puts("# the test's directory stays");
}

int main(void)
{
	static const char *const dirs[] = { "bin", "log", "pipe" };

	if (!mkdtemp(root)) {
		perror(root);
		return 1;
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		mkdir(path(dirs[i]), 0755);
	expect(OWNER_NONE, "no process, no owner");
	test_monitors();
	test_renamed();
	test_cut();
	test_trust();
	test_builders();
	test_paths();
	test_errors();
	test_other_user();
	test_pidfd();
	test_each();
	test_may_end();
	test_stop();
	remove_all();
	return done_testing();
}
