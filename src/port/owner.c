/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the xl monitor of a domain among root's xl processes.  No xenstore, no
 * hypercall.  Opens no file that a command line names.  Signals only the given
 * process.
 */
#include "port/owner.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "port/owner_impl.h"
#include "port/procview.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define OWNER_TAIL_BYTES 4096
#define OWNER_STOP_TRIES 250	/* half a second */

/*
 * An xl makes its domain within this time from its begin.  One that is older
 * and no monitor does something else; with -F it stays for days.
 */
#define OWNER_BUILD_MAX_MS 600000

/* The time for a monitor with an empty log to become a daemon. */
#define OWNER_DAEMON_MS 10000

/* --- monitors --- */

/*
 * "xl-NAME.log", or with ".N" or "-DATE" after it: xl and logrotate move it.
 * A monitor that received a migration keeps the log it was started with, named
 * after NAME--incoming.
 */
bool owner_is_log_of(const char *file, const char *name)
{
	static const char incoming[] = "--incoming";
	size_t len = strlen(name);

	if (!len || strncmp(file, "xl-", 3) || strncmp(file + 3, name, len))
		return false;
	file += 3 + len;
	if (!strncmp(file, incoming, sizeof(incoming) - 1))
		file += sizeof(incoming) - 1;
	if (strncmp(file, ".log", 4))
		return false;
	file += 4;
	if (*file == '.' || *file == '-')
		file += 1 + strspn(file + 1, "0123456789");
	return *file == '\0';
}

static bool is_log(const char *file)
{
	return !strncmp(file, "xl-", 3) && strstr(file, ".log");
}

/*
 * "Waiting for domain NAME (domid N) to die [pid PID]", as xl writes it each
 * time that it has made its domain (tools/xl/xl_vmcontrol.c).  A name may
 * hold anything: it is read from the end.
 */
static bool read_waiting(const char *line, struct owner_monitor *monitor)
{
	static const char begin[] = "Waiting for domain ", mark[] = " (domid ";
	const char *at = NULL, *next = line;
	unsigned int domid;
	long pid;
	int end = 0;

	if (strncmp(line, begin, sizeof(begin) - 1))
		return false;
	while ((next = strstr(next, mark)))
		at = next++;
	if (!at || sscanf(at, " (domid %u) to die [pid %ld]%n", &domid, &pid,
			  &end) != 2 || !end || at[end] ||
	    pid != (long)monitor->pid)
		return false;
	monitor->domid = domid;
	return true;
}

static void read_lines(char *tail, struct owner_monitor *monitor)
{
	char *save = NULL;

	for (char *line = strtok_r(tail, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		monitor->waits = read_waiting(line, monitor);
		monitor->has_domid |= monitor->waits;
	}
}

/* -ENOENT: this xl is no monitor. */
static int read_monitor(int dir, pid_t pid, struct owner_monitor *ret_monitor)
{
	char tail[OWNER_TAIL_BYTES];
	ssize_t n;

	*ret_monitor = (struct owner_monitor){ .pid = pid };
	n = owner_process_read_log(dir, ret_monitor->log,
				   sizeof(ret_monitor->log), tail,
				   sizeof(tail));
	if (n < 0)
		return (int)n;
	read_lines(tail, ret_monitor);
	return ret_monitor->has_domid || is_log(ret_monitor->log) ? 0 :
								  -ENOENT;
}

/*
 * While it waits, its log's last line says for which domain, whatever became
 * of the names.  Else it may be making the next domain of its guest, or the
 * log was cut: then the log's name counts, which is that of the creation.
 */
bool owner_is_monitor_of(const struct owner_monitor *monitor,
			 const struct owner_query *query)
{
	if (monitor->has_domid && monitor->domid == query->domid)
		return true;
	if (monitor->waits)
		return false;
	return owner_is_log_of(monitor->log, query->name) ||
	       (query->made_as &&
		owner_is_log_of(monitor->log, query->made_as));
}

/* --- an xl that is no monitor (yet) --- */

/* What the command line says of its guest. */
enum hint { HINT_NONE, HINT_ANOTHER, HINT_SAME };

/* By name="NAME"; HINT_NONE: ARG sets another key. */
static enum hint judge_name(const char *arg, const char *name)
{
	size_t len = strlen(name);

	arg += strlen("name");
	arg += strspn(arg, " \t");
	if (*arg++ != '=')
		return HINT_NONE;
	arg += strspn(arg, " \t\"'");
	if (!len || strncmp(arg, name, len) ||
	    arg[len + strspn(arg + len, " \t\"';")])
		return HINT_ANOTHER;
	return HINT_SAME;
}

/* By the file's own name, NAME or NAME.cfg: what is in it is not read. */
static bool is_file_of(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	size_t len = strlen(name);

	path = slash ? slash + 1 : path;
	return len && !strncmp(path, name, len) &&
	       (!path[len] || (path[len] == '.' && !strchr(path + len, '/')));
}

static int find_verb(const struct owner_args *args)
{
	for (int i = 1; i < args->count; i++)
		if (args->arg[i][0] != '-')
			return i;
	return 0;
}

static bool makes_domain(const char *verb)
{
	return !strcmp(verb, "create") || !strcmp(verb, "restore") ||
	       !strcmp(verb, "migrate-receive");
}

/* "-F" among the letters of one word; those after an "f" are a file's name. */
static bool has_foreground(const char *arg)
{
	const char *at;

	if (arg[0] != '-' || arg[1] == '-')
		return false;
	at = strpbrk(arg, "Ff");
	return at && *at == 'F';
}

/* SOON: the domain was first seen soon after this xl began. */
static enum owner judge_args(const struct owner_args *args, const char *name,
			     bool soon, bool old)
{
	int verb = find_verb(args);
	bool foreground = false, file = false;
	enum hint hint = HINT_NONE;

	if (!verb || !makes_domain(args->arg[verb]))
		return OWNER_NONE;
	for (int i = verb + 1; i < args->count; i++) {
		const char *arg = args->arg[i];

		if (arg[0] == '-')
			foreground |= has_foreground(arg);
		else if (!strncmp(arg, "name", 4) && strchr(arg, '='))
			hint = judge_name(arg, name);
		else
			file |= is_file_of(arg, name);
	}
	if (hint == HINT_ANOTHER || (hint != HINT_SAME && !file && !soon))
		return OWNER_NONE;
	if (foreground)
		return OWNER_XL;
	return old ? OWNER_NONE : OWNER_UNSETTLED;
}

/* Can this xl have made the domain?  One that was there before it began is
 * another's. */
static int judge_builder(int dir, const struct owner_query *query,
			 enum owner *ret_owner)
{
	AUTO_FREE struct owner_args *args = NULL;
	int64_t start_ms = owner_process_start_ms(dir);
	int r;

	if (start_ms < 0)
		return (int)start_ms;
	if (query->seen_ms < start_ms)
		return 0;
	args = malloc(sizeof(*args));
	if (!args)
		return -ENOMEM;
	r = owner_process_read_args(dir, args);
	if (r)
		return r;
	*ret_owner = judge_args(args, query->name,
				query->seen_ms - start_ms < OWNER_BUILD_MAX_MS,
				query->now_ms - start_ms > OWNER_BUILD_MAX_MS);
	return 0;
}

/* --- all of them --- */

/* *RET_OWNER stays as it is unless this process is one. */
static int classify(int proc, const char *pid,
		    const struct owner_query *query, enum owner *ret_owner)
{
	AUTO_CLOSE int dir = owner_process_open(proc, pid);
	struct owner_monitor monitor;
	int r;

	if (dir < 0)
		return dir;
	r = read_monitor(dir, (pid_t)atol(pid), &monitor);
	if (r == -ENOENT)
		return judge_builder(dir, query, ret_owner);
	if (r == 0 && owner_is_monitor_of(&monitor, query))
		*ret_owner = OWNER_XL;
	return r;
}

int owner_find(const char *proc, const struct owner_query *query,
	       enum owner *ret_owner, pid_t *ret_pid)
{
	enum owner found = OWNER_NONE;
	struct dirent *entry;
	pid_t found_pid = 0;
	DIR *dir = opendir(proc);
	int r = 0;

	if (!dir)
		return -errno;
	while (found != OWNER_XL && (errno = 0, entry = readdir(dir))) {
		enum owner owner = OWNER_NONE;
		int one;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		one = classify(dirfd(dir), entry->d_name, query, &owner);
		if (one && one != -ENOENT)
			r = one;
		if (owner == OWNER_NONE)
			continue;
		found = owner;
		found_pid = (pid_t)atol(entry->d_name);
	}
	if (!entry && errno)
		r = -errno;
	closedir(dir);
	if (r && found != OWNER_XL)
		return r;
	*ret_owner = found;
	*ret_pid = found_pid;
	return 0;
}

int owner_each_monitor(const char *proc,
		       void (*each)(void *ctx,
				    const struct owner_monitor *monitor),
		       void *ctx)
{
	struct owner_monitor monitor;
	const struct dirent *entry;
	DIR *dir = opendir(proc);
	int r = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		AUTO_CLOSE int one = -1;
		int rc;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		one = owner_process_open(dirfd(dir), entry->d_name);
		rc = one < 0 ? one :
		     read_monitor(one, (pid_t)atol(entry->d_name), &monitor);
		if (rc == 0)
			each(ctx, &monitor);
		else if (rc != -ENOENT)
			r = rc;
	}
	closedir(dir);
	return r;
}

static bool is_in_foreground(int dir)
{
	AUTO_FREE struct owner_args *args = malloc(sizeof(*args));
	int verb;

	if (!args || owner_process_read_args(dir, args))
		return true; /* for all that is known */
	verb = find_verb(args);
	for (int i = verb + 1; verb && i < args->count; i++)
		if (has_foreground(args->arg[i]))
			return true;
	return false;
}

/* It writes its own pid once it is a daemon; a log may have been cut. */
static bool is_daemon(int dir, const struct owner_monitor *monitor,
		      int64_t now_ms)
{
	int64_t start_ms = owner_process_start_ms(dir);

	return monitor->has_domid ||
	       (start_ms >= 0 && now_ms - start_ms > OWNER_DAEMON_MS);
}

bool owner_may_end(const char *proc, pid_t pid,
		   const struct owner_query *query)
{
	AUTO_CLOSE int root = open(proc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int dir = -1;
	struct owner_monitor monitor;
	char name[16];

	snprintf(name, sizeof(name), "%d", (int)pid);
	if (root >= 0)
		dir = owner_process_open(root, name);
	return dir >= 0 && read_monitor(dir, pid, &monitor) == 0 &&
	       owner_is_monitor_of(&monitor, query) &&
	       is_daemon(dir, &monitor, query->now_ms) &&
	       !is_in_foreground(dir);
}

int owner_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0u) ?
		-errno : 0;
}

/* No event reports that another process's child has stopped. */
int owner_stop(int pidfd, pid_t pid)
{
	struct timespec moment = { .tv_nsec = 2000000 };
	struct procview view;
	int r = owner_signal(pidfd, SIGSTOP);

	for (int i = 0; r == 0 && i < OWNER_STOP_TRIES; i++) {
		r = procview_read("/proc", pid, &view);
		if (r == 0 && view.state == 'T')
			return 0;
		nanosleep(&moment, NULL);
	}
	owner_signal(pidfd, SIGCONT);
	return r ? r : -ETIMEDOUT;
}

int owner_open_pidfd(pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0u);

	return fd < 0 ? -errno : (int)fd;
}
