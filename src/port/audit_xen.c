/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts that ask the hypervisor: dom0's event channels, and domains that
 * are dead but not gone.  Hypercalls and /proc only.
 */
#include "port/audit.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenctrl.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "port/hostview.h"
#include "port/logger.h"

#define REMOTES 32768	/* domids */
#define LEAK 256	/* ports to one domain: no driver has as many */
/* The fewer of the two kinds of tables has 4096 ports on 64 bits. */
#define MOST 4096
#define NAMES_BYTES 400

struct ports {
	unsigned int used, interdomain, unbound, virq, pirq, ipi;
	uint16_t to[REMOTES];	/* interdomain or unbound, by remote */
};

/* --- processes --- */

/* Those that have FILE open, or mapped: "xenconsoled (81), ..." */
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

static bool maps(const char *pid, const char *file)
{
	char path[512], line[512];
	AUTO_FILE FILE *in = NULL;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in))
		if (strstr(line, file))
			return true;
	return false;
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

static void find_processes(bool (*test)(const char *pid, const char *file),
			   const char *file, struct text *names)
{
	const struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir)) && names->len < NAMES_BYTES)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    atol(entry->d_name) != getpid() &&
		    test(entry->d_name, file))
			add_name(entry->d_name, names);
	if (dir)
		closedir(dir);
	if (!names->len)
		text_append(names, "no process");
}

/* --- event channels --- */

static void count_port(struct ports *ports, const xc_evtchn_status_t *status)
{
	uint32_t remote = REMOTES;

	ports->used += status->status != EVTCHNSTAT_closed;
	switch (status->status) {
	case EVTCHNSTAT_unbound:
		ports->unbound++;
		remote = status->u.unbound.dom;
		break;
	case EVTCHNSTAT_interdomain:
		ports->interdomain++;
		remote = status->u.interdomain.dom;
		break;
	case EVTCHNSTAT_virq:
		ports->virq++;
		break;
	case EVTCHNSTAT_pirq:
		ports->pirq++;
		break;
	case EVTCHNSTAT_ipi:
		ports->ipi++;
		break;
	}
	if (remote < REMOTES)
		ports->to[remote]++;
}

/* The first port that Xen does not know is the end of dom0's table. */
static void count_ports(xc_interface *xch, struct ports *ports)
{
	for (evtchn_port_t port = 1;; port++) {
		xc_evtchn_status_t status = { .dom = DOMID_SELF,
					      .port = port };

		if (xc_evtchn_status(xch, &status))
			return;
		count_port(ports, &status);
	}
}

static bool is_there(const struct hostview_domain *list, size_t count,
		     uint32_t domid)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].domid == domid)
			return true;
	return false;
}

static unsigned int report_remotes(const struct audit *audit,
				   const struct ports *ports,
				   const struct hostview_domain *list,
				   size_t count)
{
	struct text names = { 0 };
	unsigned int found = 0;
	char mend[NAMES_BYTES + 128];

	find_processes(opens, "/dev/xen/evtchn", &names);
	snprintf(mend, sizeof(mend), "end the process that leaks them; "
		 "/dev/xen/evtchn is open in: %s", text_get(&names));
	text_free(&names);
	for (uint32_t domid = 0; domid < REMOTES; domid++) {
		bool gone = !is_there(list, count, domid);

		if (!ports->to[domid] || (!gone && ports->to[domid] < LEAK))
			continue;
		found++;
		audit_report(audit, AUDIT_WARN, mend, "%u event channels of "
			     "dom0 are for domain %u%s", ports->to[domid],
			     domid, gone ? ", which is gone" :
			     ": more than any driver needs");
	}
	return found;
}

static void report_ports(const struct audit *audit,
			 const struct ports *ports)
{
	enum audit_level level = ports->used > MOST * 9 / 10 ? AUDIT_ERROR :
				 ports->used > MOST / 2 ? AUDIT_WARN :
							  AUDIT_OK;

	audit_report(audit, level, level == AUDIT_OK ? "" :
		     "find who leaks them, or spread the guests over hosts",
		     "%u event channels of dom0 are in use: %u to domains, %u "
		     "offered, %u virtual interrupts, %u physical, %u between "
		     "processors", ports->used, ports->interdomain,
		     ports->unbound, ports->virq, ports->pirq, ports->ipi);
}

static int list_domains(struct hostview_domain **ret_list, size_t *ret_count)
{
	struct hostview *view;
	int r = hostview_open(&view);

	if (r == 0) {
		r = hostview_list(view, ret_list, ret_count);
		hostview_close(view);
	}
	return r;
}

static void report_no_xen(const struct audit *audit, int r)
{
	audit_report(audit, AUDIT_ERROR, "run this as root in dom0",
		     "the hypervisor cannot be asked: %s", strerror(-r));
}

void audit_events(const struct audit *audit)
{
	AUTO_FREE struct ports *ports = calloc(1, sizeof(*ports));
	AUTO_FREE struct hostview_domain *list = NULL;
	struct xentoollog_logger *logger = logger_new();
	xc_interface *xch = logger ? xc_interface_open(logger, logger, 0) :
				     NULL;
	size_t count = 0;
	int r = ports && xch ? list_domains(&list, &count) : -errno;

	if (r == 0) {
		count_ports(xch, ports);
		report_ports(audit, ports);
		report_remotes(audit, ports, list, count);
	} else {
		report_no_xen(audit, r);
	}
	if (xch)
		xc_interface_close(xch);
	logger_free(logger);
}

/* --- zombies --- */

static void report_zombie(const struct audit *audit,
			  const struct hostview_domain *domain)
{
	struct text names = { 0 };
	char mend[NAMES_BYTES + 128];

	find_processes(maps, "/xen/privcmd", &names);
	text_append(&names, "; grants: ");
	find_processes(maps, "/xen/gntdev", &names);
	snprintf(mend, sizeof(mend), "end the process that holds its memory; "
		 "memory of domains is mapped by: %s", text_get(&names));
	text_free(&names);
	audit_report(audit, AUDIT_WARN, mend, "domain %u (%s) is dead and not "
		     "gone: %llu MiB are held", domain->domid,
		     domain->name[0] ? domain->name : "no name",
		     (unsigned long long)domain->memory_mib);
}

void audit_zombies(const struct audit *audit)
{
	AUTO_FREE struct hostview_domain *list = NULL;
	unsigned int found = 0;
	size_t count = 0;
	int r = list_domains(&list, &count);

	if (r < 0) {
		report_no_xen(audit, r);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (list[i].dying) {
			found++;
			report_zombie(audit, &list[i]);
		}
	if (!found)
		audit_report(audit, AUDIT_OK, "", "no domain is dead and not "
			     "gone");
}
