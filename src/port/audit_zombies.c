/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zombie domains, and the processes that may hold their pages.  Hypercalls and
 * /proc only.  Never advises ending a process that the host needs, or one that
 * maps only another domain's memory.
 */
#include "port/audit.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "port/hostview.h"

#define NAMES_BYTES 400
#define ARGS_BYTES (64 * 1024)

/* --- one process --- */

/* What a process that maps memory of domains is to the zombie. */
enum holder {
	HOLDER_NONE,		/* maps none, or that of another domain */
	HOLDER_SURE,		/* its device model */
	HOLDER_MAY,		/* the kernel does not show the domain of the memory */
	HOLDER_HOST,		/* the host lives on it */
};

/* The path after the last field; a file of that name elsewhere is another. */
static bool is_domain_memory(const char *line)
{
	static const char *const files[] = {
		"/dev/xen/privcmd", "/proc/xen/privcmd", "/dev/xen/gntdev",
	};
	const char *path = strchr(line, '/');

	for (size_t i = 0; path && i < ARRAY_LEN(files); i++)
		if (!strncmp(path, files[i], strlen(files[i])) &&
		    strchr(" \n", path[strlen(files[i])]))
			return true;
	return false;
}

static FILE *open_file(int proc, const char *pid, const char *name)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", pid, name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? NULL : fdopen(fd, "r");
}

static bool maps_memory(int proc, const char *pid)
{
	AUTO_FILE FILE *in = open_file(proc, pid, "maps");
	char line[512];

	while (in && fgets(line, sizeof(line), in))
		if (is_domain_memory(line))
			return true;
	return false;
}

static void read_name(int proc, const char *pid, char *name, size_t size)
{
	AUTO_FILE FILE *in = open_file(proc, pid, "comm");

	if (!in || !fgets(name, (int)size, in))
		text_copy(name, size, "?");
	name[strcspn(name, "\n")] = '\0';
}

/* The daemon's own take cores, and end by their deadline. */
static bool is_hosts(const char *name)
{
	static const char *const names[] = {
		"xenstored", "oxenstored", "xenconsoled", "xenvigild",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* The domain of "-xen-domid N", or -1.  QEMU for dom0 serves disks of all. */
static long device_model_domid(int proc, const char *pid)
{
	AUTO_FILE FILE *in = open_file(proc, pid, "cmdline");
	AUTO_FREE char *args = malloc(ARGS_BYTES);
	size_t len = in && args ? fread(args, 1, ARGS_BYTES - 1, in) : 0;
	const char *before = "";

	if (args)
		args[len] = '\0';
	for (const char *at = args; at && at < args + len;
	     at += strlen(at) + 1) {
		if (!strcmp(before, "-xen-domid"))
			return atol(at);
		before = at;
	}
	return -1;
}

static enum holder judge_holder(int proc, const char *pid, uint32_t domid,
				const char *name)
{
	long serves;

	if (!maps_memory(proc, pid))
		return HOLDER_NONE;
	if (is_hosts(name))
		return HOLDER_HOST;
	serves = device_model_domid(proc, pid);
	if (serves == (long)domid)
		return HOLDER_SURE;
	return serves > 0 ? HOLDER_NONE : HOLDER_MAY;
}

/* --- all of them --- */

struct holders {
	struct text sure, may, host;
};

static void add_name(struct text *names, const char *name, const char *pid)
{
	if (names->len < NAMES_BYTES / 3)
		text_printf(names, "%s%s (%s)", names->len ? ", " : "", name,
			    pid);
}

static void find_holders(int proc, uint32_t domid, struct holders *holders)
{
	const struct dirent *entry;
	DIR *dir = fdopendir(proc);
	char name[64];

	while (dir && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    atol(entry->d_name) == getpid())
			continue;
		read_name(proc, entry->d_name, name, sizeof(name));
		switch (judge_holder(proc, entry->d_name, domid, name)) {
		case HOLDER_SURE:
			add_name(&holders->sure, name, entry->d_name);
			break;
		case HOLDER_MAY:
			add_name(&holders->may, name, entry->d_name);
			break;
		case HOLDER_HOST:
			add_name(&holders->host, name, entry->d_name);
			break;
		default:
			break;
		}
	}
	if (dir)
		closedir(dir);
	else
		close(proc);
}

/* What no process holds, dom0's drivers do. */
static void advise_waiting(uint32_t domid, struct text *advice)
{
	text_printf(advice, "end no process: a driver of dom0 holds the memory "
		    "until its last request is done. Look for an entry *-%u-* "
		    "in /sys/bus/xen-backend/devices, and for that disk or "
		    "network in dmesg; if the request never ends, only a "
		    "reboot of the host frees the memory",
		    domid);
}

static void advise(const struct holders *holders, uint32_t domid,
		   struct text *advice)
{
	if (holders->sure.len)
		text_printf(advice, "end its device model: %s",
			    text_get(&holders->sure));
	else if (holders->may.len)
		text_printf(advice, "end the process that holds its memory, "
			    "one of: %s (the kernel does not say which "
			    "domain's memory a process maps: first make sure "
			    "that it serves no other domain)",
			    text_get(&holders->may));
	else
		advise_waiting(domid, advice);
	if (holders->host.len)
		text_printf(advice, "; never end %s: the host needs it",
			    text_get(&holders->host));
}

int audit_advise_zombie(const char *proc, uint32_t domid,
			struct text *advice)
{
	struct holders holders = { 0 };
	int dir = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	find_holders(dir, domid, &holders);
	advise(&holders, domid, advice);
	text_free(&holders.sure);
	text_free(&holders.may);
	text_free(&holders.host);
	return advice->error;
}

/* --- the part --- */

static void report_zombie(const struct audit *audit,
			  const struct hostview_domain *domain)
{
	struct text advice = { 0 };

	(void)audit_advise_zombie("/proc", domain->domid, &advice);
	audit_report(audit, AUDIT_WARN, text_get(&advice),
		     "domain %u (%s) is a zombie: it is dead and holds %llu "
		     "MiB",
		     domain->domid, domain->name[0] ? domain->name : "no name",
		     (unsigned long long)domain->memory_mib);
	text_free(&advice);
}

void audit_zombies(const struct audit *audit)
{
	AUTO_FREE struct hostview_domain *list = NULL;
	unsigned int found = 0;
	struct hostview *view;
	size_t count = 0;
	int r = hostview_open(&view);

	if (r == 0) {
		r = hostview_list(view, &list, &count);
		hostview_close(view);
	}
	if (r < 0) {
		audit_report(audit, AUDIT_ERROR, "run this as root in dom0",
			     "the hypervisor cannot be asked: %s",
			     strerror(-r));
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (list[i].dying) {
			found++;
			report_zombie(audit, &list[i]);
		}
	if (!found)
		audit_report(audit, AUDIT_OK, "", "no domain is a zombie");
}
