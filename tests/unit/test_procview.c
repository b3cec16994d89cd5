/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * procview_read() of children of our own, and of a made-up /proc.  Touches no
 * other process.
 */
#include "port/procview.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static pid_t start_as(uid_t user, const char *name, int fd)
{
	pid_t pid = fork();
	char byte;

	if (!pid) {
		if (user && setuid(user))
			_exit(1);
		prctl(PR_SET_NAME, name);
		(void)!read(fd, &byte, 1);
		_exit(0);
	}
	return pid;
}

static pid_t start(const char *name, int fd)
{
	return start_as(0, name, fd);
}

/* Until STATE is seen, five seconds at most. */
static bool comes_to(pid_t pid, char state, struct procview *view)
{
	for (int i = 0; i < 500; i++) {
		if (procview_read("/proc", pid, view) == 0 &&
		    view->state == state)
			return true;
		usleep(10000);
	}
	return false;
}

static void tells(const struct procview *view, const char *words)
{
	struct text text = { 0 };

	procview_tell(view, &text);
	if (!ok(strstr(text_get(&text), words) != NULL, "told: %s", words))
		printf("# %s\n", text_get(&text));
	text_free(&text);
}

static void test_child(void)
{
	const char *const names[] = { "nobody", "odd) S (name", NULL };
	struct procview view;
	int fd[2];
	pid_t pid;

	if (pipe(fd))
		exit(1);
	pid = start("odd) S (name", fd[0]);
	ok(comes_to(pid, 'S', &view), "it sleeps");
	is_text(view.name, "odd) S (name", "whatever its name is");
	tells(&view, "is asleep");
	ok(procview_find_root("/proc", names, &view) == 0 && view.pid == pid,
	   "it is found by its name");
	kill(pid, SIGSTOP);
	ok(comes_to(pid, 'T', &view), "it is stopped");
	tells(&view, "is stopped by a signal");
	kill(pid, SIGKILL);
	ok(comes_to(pid, 'Z', &view), "it is dead, and not reaped");
	tells(&view, "is dead");
	waitpid(pid, NULL, 0);
	ok(procview_read("/proc", pid, &view) == -ESRCH, "it is gone");
	ok(procview_find_root("/proc", names, &view) == -ESRCH, "nor found");
}

/* It has the lower pid: whoever is found first would be taken. */
static void test_other_user(void)
{
	const char *const names[] = { "one of two", NULL };
	struct procview view;
	int fd[2];
	pid_t users, roots;

	if (geteuid()) {
		ok(true, "another user's process # SKIP not root");
		return;
	}
	if (pipe(fd))
		exit(1);
	users = start_as(65534, names[0], fd[0]);
	ok(comes_to(users, 'S', &view) && !strcmp(view.name, names[0]),
	   "another user's process has the name");
	ok(procview_find_root("/proc", names, &view) == -ESRCH,
	   "and is not taken");
	roots = start(names[0], fd[0]);
	ok(comes_to(roots, 'S', &view) &&
	   procview_find_root("/proc", names, &view) == 0 && view.pid == roots,
	   "root's is");
	kill(users, SIGKILL);
	kill(roots, SIGKILL);
	waitpid(users, NULL, 0);
	waitpid(roots, NULL, 0);
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		exit(1);
}

static void test_blocked(void)
{
	char dir[] = "/tmp/test-procview-XXXXXX", path[64];
	struct procview view;

	if (!mkdtemp(dir) || chdir(dir) || mkdir("7", 0700) ||
	    mkdir("7/fd", 0700))
		exit(1);
	put("7/stat", "7 (xenstored) D 1 1 1");
	put("7/wchan", "evtchn_ioctl");
	put("7/stack", "[<0>] __schedule+0x1/0x2\n"
		       "[<0>] evtchn_ioctl+0x9c/0xb0 [xen_evtchn]\n");
	snprintf(path, sizeof(path), "%ld 0xb 0x0 0x0", 16L);
	put("7/syscall", path);
	ok(symlink("/dev/xen/evtchn", "7/fd/11") == 0 &&
	   procview_read(dir, 7, &view) == 0, "one in the kernel");
	tells(&view, "blocked in the kernel in __schedule < evtchn_ioctl");
#ifdef __x86_64__
	tells(&view, "(ioctl of file 11, /dev/xen/evtchn)");
#endif
	put("7/stat", "nonsense");
	ok(procview_read(dir, 7, &view) < 0, "what cannot be read");
	if (system("rm -r 7") || chdir("/") || rmdir(dir))
		exit(1);
}

int main(void)
{
	test_child();
	test_other_user();
	test_blocked();
	return done_testing();
}
