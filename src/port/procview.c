/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads /proc/PID.  Stops, traces and signals no process; data that the kernel
 * hides stay empty.
 */
#include "port/procview.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

#define PROCVIEW_FUNCTIONS 4

const char *const procview_store_names[] = { "xenstored", "oxenstored", NULL };

static ssize_t read_file(int dir, const char *name, char *buf, size_t size)
{
	AUTO_CLOSE int fd = openat(dir, name,
				   O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n;
}

/* "PID (NAME) STATE ..."; the name may hold anything but a NUL. */
static int read_stat(int dir, struct procview *view)
{
	char buf[512], *name, *end;

	if (read_file(dir, "stat", buf, sizeof(buf)) <= 0)
		return -ESRCH;
	name = strchr(buf, '(');
	end = strrchr(buf, ')');
	if (!name || !end || end < name || end[1] != ' ')
		return -EBADMSG;
	*end = '\0';
	text_copy(view->name, sizeof(view->name), name + 1);
	view->state = end[2];
	return 0;
}

static void read_wchan(int dir, struct procview *view)
{
	if (read_file(dir, "wchan", view->wchan, sizeof(view->wchan)) <= 0 ||
	    !strcmp(view->wchan, "0"))
		view->wchan[0] = '\0';
}

/* "[<0>] function+0x12/0x34 [module]" a line, the innermost first. */
static void read_stack(int dir, struct procview *view)
{
	char buf[4096], *save = NULL;
	size_t len = 0;
	int count = 0;

	view->stack[0] = '\0';
	read_file(dir, "stack", buf, sizeof(buf));
	for (char *line = strtok_r(buf, "\n", &save);
	     line && count < PROCVIEW_FUNCTIONS;
	     line = strtok_r(NULL, "\n", &save)) {
		char *at = strchr(line, ' ');
		int n;

		if (!at)
			continue;
		at[1 + strcspn(at + 1, "+")] = '\0';
		n = snprintf(view->stack + len, sizeof(view->stack) - len,
			     "%s%s", count++ ? " < " : "", at + 1);
		len += (size_t)n;
		if (len >= sizeof(view->stack))
			break;
	}
}

/* Those that processes of the toolstack wait in. */
static const struct call {
	long number;
	const char *name;
	bool has_file;		/* its first argument */
} calls[] = {
	{ SYS_read, "read", true },
	{ SYS_write, "write", true },
	{ SYS_ioctl, "ioctl", true },
	{ SYS_recvfrom, "recvfrom", true },
	{ SYS_recvmsg, "recvmsg", true },
	{ SYS_sendto, "sendto", true },
	{ SYS_sendmsg, "sendmsg", true },
	{ SYS_connect, "connect", true },
	{ SYS_fcntl, "fcntl", true },
#ifdef SYS_flock
	{ SYS_flock, "flock", true },
#endif
#ifdef SYS_poll
	{ SYS_poll, "poll", false },
#endif
	{ SYS_ppoll, "ppoll", false },
	{ SYS_futex, "futex", false },
	{ SYS_wait4, "wait4", false },
};

static const struct call *find_call(long number)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

/* "NUMBER ARG0 ..." while it is in a system call. */
static void read_call(int dir, struct procview *view)
{
	char buf[256], path[32], file[96] = "?";
	const struct call *call;
	long number, fd;
	ssize_t n;

	view->waits[0] = '\0';
	if (read_file(dir, "syscall", buf, sizeof(buf)) <= 0 ||
	    sscanf(buf, "%ld %lx", &number, (unsigned long *)&fd) != 2)
		return;
	call = find_call(number);
	if (!call || !call->has_file) {
		if (call)
			text_copy(view->waits, sizeof(view->waits),
				  call->name);
		return;
	}
	snprintf(path, sizeof(path), "fd/%ld", fd);
	n = readlinkat(dir, path, file, sizeof(file) - 1);
	if (n > 0)
		file[n] = '\0';
	snprintf(view->waits, sizeof(view->waits), "%s of file %ld, %s",
		 call->name, fd, file);
}

int procview_read(const char *proc, pid_t pid, struct procview *ret_view)
{
	struct procview view = { .pid = pid };
	char path[256];
	AUTO_CLOSE int dir = -1;
	int r;

	snprintf(path, sizeof(path), "%s/%d", proc, (int)pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -ESRCH;
	r = read_stat(dir, &view);
	if (r)
		return r;
	read_wchan(dir, &view);
	read_stack(dir, &view);
	read_call(dir, &view);
	*ret_view = view;
	return 0;
}

static bool has_name(const char *proc, const char *pid,
		     const char *const names[])
{
	char path[512], name[32];

	snprintf(path, sizeof(path), "%s/%s/comm", proc, pid);
	if (read_file(AT_FDCWD, path, name, sizeof(name)) <= 0)
		return false;
	name[strcspn(name, "\n")] = '\0';
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* By its ids: who owns its directory says nothing of one without dumps. */
static bool is_roots(const char *proc, const char *pid)
{
	char path[512], status[4096];
	unsigned int uid[4];
	const char *line;

	snprintf(path, sizeof(path), "%s/%s/status", proc, pid);
	if (read_file(AT_FDCWD, path, status, sizeof(status)) <= 0)
		return false;
	line = strstr(status, "\nUid:");
	return line && sscanf(line + 5, "%u %u %u %u", &uid[0], &uid[1],
			      &uid[2], &uid[3]) == 4 &&
	       !uid[0] && !uid[1] && !uid[2] && !uid[3];
}

int procview_find_root(const char *proc, const char *const names[],
		       struct procview *ret_view)
{
	const struct dirent *entry;
	DIR *dir = opendir(proc);
	int r = -ESRCH;

	if (!dir)
		return -errno;
	while (r == -ESRCH && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    has_name(proc, entry->d_name, names) &&
		    is_roots(proc, entry->d_name))
			r = procview_read(proc, (pid_t)atol(entry->d_name),
					  ret_view);
	closedir(dir);
	return r;
}

static const char *state_text(char state)
{
	switch (state) {
	case 'T':
		return "stopped by a signal";
	case 't':
		return "stopped by a tracer";
	case 'D':
		return "blocked in the kernel";
	case 'Z':
	case 'X':
		return "dead";
	case 'R':
		return "running";
	default:
		return "asleep";
	}
}

void procview_tell(const struct procview *view, struct text *text)
{
	text_printf(text, "%s (process %d) is %s", view->name, (int)view->pid,
		    state_text(view->state));
	if (view->state == 'T' || view->state == 't' || view->state == 'Z')
		return;
	if (view->stack[0])
		text_printf(text, " in %s", view->stack);
	else if (view->wchan[0])
		text_printf(text, " in %s", view->wchan);
	if (view->waits[0])
		text_printf(text, " (%s)", view->waits);
}
