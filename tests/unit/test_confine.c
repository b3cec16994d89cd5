/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A child becomes a confined role, and tries what it must not be able to do,
 * and what it has to be.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "role/confine.h"
#include "tap.h"

static char dir[] = "/tmp/test_confine.XXXXXX";
static char file[64], own[64];

static uint64_t status_of(const char *key, int base)
{
	FILE *in = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t value = UINT64_MAX;

	while (in && fgets(line, sizeof(line), in))
		if (strncmp(line, key, strlen(key)) == 0)
			value = strtoull(line + strlen(key) + 1, NULL, base);
	if (in)
		fclose(in);
	return value;
}

static int missed;

/* The child's tests; the parent counts them as one. */
__attribute__((format(printf, 2, 3)))
static void expect(int holds, const char *fmt, ...)
{
	va_list args;

	if (holds)
		return;
	missed++;
	printf("# not so: ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

static void *run_thread(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static int can_thread(void)
{
	pthread_t thread;
	int ran = 0;

	return pthread_create(&thread, NULL, run_thread, &ran) == 0 &&
	       pthread_join(thread, NULL) == 0 && ran;
}

static int fails_with(long result, int wanted)
{
	return result < 0 && errno == wanted;
}

static int can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0;
}

static void try_calls(void)
{
	char *const argv[] = { "true", NULL };
	pid_t pid;

	expect(fails_with(execv("/bin/true", argv), EPERM), "no other program");
	pid = fork();
	if (pid == 0)
		_exit(0);
	expect(fails_with(pid, EPERM), "no other process");
	expect(can_thread(), "but a thread, as libxenstore has");
	expect(fails_with(socket(AF_INET, SOCK_STREAM, 0), EAFNOSUPPORT) &&
	   fails_with(socket(AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT),
	   "no network");
	expect(socket(AF_UNIX, SOCK_STREAM, 0) >= 0, "but local sockets");
	expect(fails_with(ptrace(PTRACE_ATTACH, getppid(), 0, 0), EPERM),
	   "no tracing");
	expect(fails_with(unshare(CLONE_NEWNS), EPERM) &&
	   fails_with(mount("none", "/mnt", "tmpfs", 0, NULL), EPERM),
	   "no mounting");
	expect(status_of("Seccomp:", 10) == 2 && status_of("NoNewPrivs:", 10) == 1,
	   "by a filter, and no new privileges");
}

static void try_role(const struct confine_role *role, const char *name)
{
	unsigned int held = confine_enter(role);

	printf("# %s: parts %u\n", name, held);
	expect(held & CONFINE_CALLS, "%s: the calls are confined", name);
	try_calls();
	if (geteuid() || !(held & CONFINE_CAPS))
		return;
	expect((status_of("CapEff:", 16) & ~role->caps) == 0 &&
	   (status_of("CapBnd:", 16) & ~role->caps) == 0,
	   "%s: it keeps the capabilities of its list alone", name);
	if (!(held & CONFINE_MOUNTS))
		return;
	expect(fails_with(open(file, O_WRONLY), EROFS) && access(file, R_OK) == 0,
	   "%s: files can be read and not written", name);
	expect(can_write("/dev/null"), "%s: devices can be used", name);
}

static void in_child(const struct confine_role *role, const char *name)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		try_role(role, name);
		fflush(stdout);
		_exit(missed != 0);
	}
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	   "%s: it can do what it has to, and not what it must not", name);
	ok(can_write(file), "%s: whoever started it is free", name);
}

/* A directory that stays writable, below one that does not. */
static void test_writable(void)
{
	const char *const writable[] = { own, "/nowhere", NULL };
	struct confine_role role = { .writable = writable };
	char inside[80];
	int status;
	pid_t pid;

	snprintf(inside, sizeof(inside), "%s/file", own);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		unsigned int held = confine_enter(&role);

		_exit(held != CONFINE_ALL ? 77 : !can_write(inside) ||
		      !fails_with(open(file, O_WRONLY), EROFS));
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		ok(true, "a list of writable places # SKIP not to be had here");
	else
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		   "what is on the list can be written, and may be missing");
	unlink(inside);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(own, sizeof(own), "%s/own", dir);
	if (mkdir(own, 0700) || !can_write(file))
		return 1;
	in_child(&confine_watcher, "watcher");
	in_child(&confine_probe, "prober");
	test_writable();
	unlink(file);
	rmdir(own);
	rmdir(dir);
	return done_testing();
}
