/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part that asks the hypervisor for dom0's event channels.  Hypercalls
 * and /proc only.
 */
#include "port/audit.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "port/portcount.h"

#define WARN_PERCENT 50
#define NAMES_BYTES 400

/* --- processes --- */

/* Those that have FILE open: "xenconsoled (81), ..." */
static bool opens(const char *pid, const char *file)
{
	char path[512], link[256];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link,
				       sizeof(link) - 1);

		link[n > 0 ? n : 0] = '\0';
		found = !strcmp(link, file);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void add_name(const char *pid, struct text *names)
{
	char path[512], name[64] = "?";
	AUTO_FILE FILE *in = NULL;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	in = fopen(path, "re");
	if (in && fgets(name, sizeof(name), in))
		name[strcspn(name, "\n")] = '\0';
	text_printf(names, "%s%s (%s)", names->len ? ", " : "", name, pid);
}

static void find_processes(const char *file, struct text *names)
{
	const struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir)) && names->len < NAMES_BYTES)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    atol(entry->d_name) != getpid() &&
		    opens(entry->d_name, file))
			add_name(entry->d_name, names);
	if (dir)
		closedir(dir);
	if (!names->len)
		text_append(names, "no process");
}

/* --- event channels --- */

static void report_remotes(const struct audit *audit,
			   const struct ports *ports)
{
	struct text names = { 0 };
	char fix[NAMES_BYTES + 128];

	find_processes("/dev/xen/evtchn", &names);
	snprintf(fix, sizeof(fix), "end the process that leaks them; "
		 "/dev/xen/evtchn is open in: %s", text_get(&names));
	text_free(&names);
	for (uint32_t i = 0; i < ports->remotes; i++) {
		const struct ports_remote *remote = &ports->remote[i];

		if (!remote->gone && remote->count < PORTS_LEAK)
			continue;
		audit_report(audit, AUDIT_WARN, fix, "%u event channels of "
			     "dom0 are for domain %u%s", remote->count,
			     remote->domid, remote->gone ? ", which is gone" :
			     ": more than any driver needs");
	}
}

static void report_ports(const struct audit *audit, const struct ports *ports)
{
	enum ports_level found = ports_judge(ports, WARN_PERCENT);
	enum audit_level level = found == PORTS_SCARCE ? AUDIT_ERROR :
				 found == PORTS_MANY ? AUDIT_WARN : AUDIT_OK;
	struct text text = { 0 };

	ports_explain(ports, &text);
	audit_report(audit, level, level == AUDIT_OK ? "" :
		     "find the process that leaks them, or spread the guests "
		     "over hosts",
		     "%s", text_get(&text));
	text_free(&text);
}

static void report_no_xen(const struct audit *audit, int r)
{
	audit_report(audit, AUDIT_ERROR, "run this as root in dom0",
		     "the hypervisor cannot be asked: %s", strerror(-r));
}

void audit_events(const struct audit *audit)
{
	struct ports ports;
	int r = portcount_take(&ports);

	if (r < 0) {
		report_no_xen(audit, r);
		return;
	}
	report_ports(audit, &ports);
	report_remotes(audit, &ports);
}
