/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds xl's monitor of a domain among the processes.  Reads /proc and the
 * configuration files that xl's command lines name; no xenstore, no
 * hypercall; signals only whom it is told to.
 */
#include "port/owner.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "port/procview.h"

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define OWNER_FILE_BYTES (64 * 1024)
#define OWNER_ARGS_MAX 64
#define OWNER_STOP_TRIES 250	/* half a second */

/*
 * An xl whose guest cannot be told (restore, migration) counts against
 * every domain, but only while it is young: with -F it stays for days.
 */
#define OWNER_BUILD_MAX_S 600

/* One xl process, as far as its /proc directory tells. */
struct process {
	int dir;		/* PROC/PID */
	char args[OWNER_FILE_BYTES];
	char *arg[OWNER_ARGS_MAX + 1];
	int count;
	bool foreground;	/* -F: stays without a log file */
	const char *file;	/* create's configuration file */
	const char *extra_name;	/* name= given as an argument */
};

static int read_link(int dir, const char *name, char *buf, size_t size)
{
	static const char deleted[] = " (deleted)";
	ssize_t n = readlinkat(dir, name, buf, size - 1);
	size_t cut = sizeof(deleted) - 1;

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	if ((size_t)n > cut && !strcmp(buf + n - cut, deleted))
		buf[(size_t)n - cut] = '\0';
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The bytes of a file, at most SIZE - 1, and a NUL.  Returns its length. */
static ssize_t read_file(int dir, const char *name, char *buf, size_t size)
{
	AUTO_CLOSE int fd = openat(dir, name,
				   O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	return n < 0 ? -errno : (ssize_t)len;
}

/*
 * "xl-NAME.log" or "xl-NAME.log.N".  A monitor that received a migration
 * keeps the log it was started with, named after NAME--incoming.
 */
bool owner_is_log_of(const char *file, const char *name)
{
	static const char incoming[] = "--incoming";
	size_t len = strlen(name);

	if (strncmp(file, "xl-", 3) || strncmp(file + 3, name, len))
		return false;
	file += 3 + len;
	if (!strncmp(file, incoming, sizeof(incoming) - 1))
		file += sizeof(incoming) - 1;
	if (strncmp(file, ".log", 4))
		return false;
	file += 4;
	if (*file == '.')
		file += 1 + strspn(file + 1, "0123456789");
	return *file == '\0';
}

static bool is_log(const char *file)
{
	return !strncmp(file, "xl-", 3) && strstr(file, ".log");
}

/* NAME out of `name = "NAME"`; false: this line sets something else. */
static bool line_name(const char *line, char *buf, size_t size)
{
	const char *end;
	char quote;

	line += strspn(line, " \t");
	if (strncmp(line, "name", 4))
		return false;
	line += 4 + strspn(line + 4, " \t");
	if (*line++ != '=')
		return false;
	line += strspn(line, " \t");
	quote = *line;
	if (quote == '"' || quote == '\'')
		end = strchrnul(++line, quote);
	else
		end = line + strcspn(line, " \t;#\r\n");
	if (end == line || (size_t)(end - line) >= size)
		return false;
	memcpy(buf, line, (size_t)(end - line));
	buf[end - line] = '\0';
	return true;
}

/* The last assignment counts, as in xl. */
static bool config_name(char *config, char *buf, size_t size)
{
	char *save = NULL;
	bool found = false;

	for (char *line = strtok_r(config, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		found |= line_name(line, buf, size);
	return found;
}

/* The name of the guest that this `xl create` builds; false: unknown. */
static bool process_guest(struct process *xl, char *buf, size_t size)
{
	AUTO_FREE char *config = NULL;
	AUTO_CLOSE int cwd = -1;

	if (xl->extra_name && line_name(xl->extra_name, buf, size))
		return true;
	if (!xl->file)
		return false;
	/* In its own view of the files, which may not be ours. */
	cwd = openat(xl->dir, xl->file[0] == '/' ? "root" : "cwd",
		     O_PATH | O_DIRECTORY | O_CLOEXEC);
	config = malloc(OWNER_FILE_BYTES);
	if (!config ||
	    read_file(cwd, xl->file + strspn(xl->file, "/"), config, OWNER_FILE_BYTES) < 0)
		return false;
	return config_name(config, buf, size);
}

static void note_arg(struct process *xl, const char *arg)
{
	if (arg[0] == '-') {
		if (arg[1] != '-' && strchr(arg, 'F'))
			xl->foreground = true;
	} else if (strchr(arg, '=')) {
		if (!strncmp(arg, "name", 4))
			xl->extra_name = arg;
	} else if (!xl->file) {
		xl->file = arg;
	}
}

/* Splits the command line; the index of xl's subcommand, or -1. */
static int split_args(struct process *xl)
{
	ssize_t len = read_file(xl->dir, "cmdline", xl->args,
				sizeof(xl->args));
	char *at = xl->args;

	for (xl->count = 0; len > 0 && at < xl->args + len &&
	     xl->count < OWNER_ARGS_MAX; at += strlen(at) + 1)
		xl->arg[xl->count++] = at;
	for (int i = 1; i < xl->count; i++)
		if (xl->arg[i][0] != '-')
			return i;
	return -1;
}

/* Seconds since the process started; -1: not known. */
static long long process_age_s(int proc, int dir)
{
	char buf[1024];
	unsigned long long start;
	double up;
	const char *at;

	if (read_file(proc, "uptime", buf, sizeof(buf)) <= 0 ||
	    sscanf(buf, "%lf", &up) != 1 ||
	    read_file(dir, "stat", buf, sizeof(buf)) <= 0)
		return -1;
	/* The command's name may hold anything: count from its last ')'. */
	at = strrchr(buf, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, "%llu", &start) != 1)
		return -1;
	return (long long)up - (long long)(start /
			(unsigned long long)sysconf(_SC_CLK_TCK));
}

/* An xl without a monitor's log: is it at work on NAME? */
static enum owner classify_builder(int proc, struct process *xl,
				   const char *name)
{
	char guest[PATH_MAX];
	int verb = split_args(xl);
	bool create;

	if (verb < 0)
		return OWNER_NONE;
	create = !strcmp(xl->arg[verb], "create");
	if (!create && strcmp(xl->arg[verb], "restore") &&
	    strcmp(xl->arg[verb], "migrate-receive"))
		return OWNER_NONE;
	for (int i = verb + 1; i < xl->count; i++)
		note_arg(xl, xl->arg[i]);
	if (create && process_guest(xl, guest, sizeof(guest))) {
		if (strcmp(guest, name))
			return OWNER_NONE;
		return xl->foreground ? OWNER_XL : OWNER_UNSETTLED;
	}
	return process_age_s(proc, xl->dir) > OWNER_BUILD_MAX_S ?
	       OWNER_NONE : OWNER_UNSETTLED;
}

static enum owner classify(int proc, const char *pid, const char *name)
{
	struct process xl = { .dir = -1 };
	char link[PATH_MAX];
	enum owner owner = OWNER_NONE;

	xl.dir = openat(proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (xl.dir < 0)
		return OWNER_NONE; /* it has ended meanwhile */
	if (!read_link(xl.dir, "exe", link, sizeof(link)) &&
	    !strcmp(base_name(link), "xl")) {
		if (read_link(xl.dir, "fd/1", link, sizeof(link)))
			link[0] = '\0';
		if (owner_is_log_of(base_name(link), name))
			owner = OWNER_XL;
		else if (!is_log(base_name(link)))
			owner = classify_builder(proc, &xl, name);
	}
	close(xl.dir);
	return owner;
}

int owner_find(const char *proc, const char *domain_name,
	       enum owner *ret_owner, pid_t *ret_pid)
{
	enum owner found = OWNER_NONE;
	struct dirent *entry;
	pid_t found_pid = 0;
	DIR *dir = opendir(proc);

	if (!dir)
		return -errno;
	while (found != OWNER_XL && (entry = readdir(dir))) {
		enum owner owner;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		owner = classify(dirfd(dir), entry->d_name, domain_name);
		if (owner == OWNER_NONE)
			continue;
		found = owner;
		found_pid = (pid_t)atol(entry->d_name);
	}
	closedir(dir);
	*ret_owner = found;
	*ret_pid = found_pid;
	return 0;
}

/* A monitor's log, or an error: it is none, or has ended. */
static int read_monitor(int proc, const char *pid, char *log, size_t size)
{
	AUTO_CLOSE int dir = openat(proc, pid,
				    O_PATH | O_DIRECTORY | O_CLOEXEC);
	char link[PATH_MAX];
	int r = dir < 0 ? -errno : read_link(dir, "exe", link, sizeof(link));

	if (r)
		return r;
	if (strcmp(base_name(link), "xl"))
		return -ENOENT;
	r = read_link(dir, "fd/1", link, sizeof(link));
	if (r)
		return r;
	text_copy(log, size, base_name(link));
	return is_log(log) ? 0 : -ENOENT;
}

int owner_each_monitor(const char *proc,
		       void (*each)(void *ctx, pid_t pid, const char *log),
		       void *ctx)
{
	const struct dirent *entry;
	char log[PATH_MAX];
	DIR *dir = opendir(proc);

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    read_monitor(dirfd(dir), entry->d_name, log,
				 sizeof(log)) == 0)
			each(ctx, (pid_t)atol(entry->d_name), log);
	closedir(dir);
	return 0;
}

int owner_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0u) ?
		-errno : 0;
}

/* No event tells that another's child has stopped. */
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
