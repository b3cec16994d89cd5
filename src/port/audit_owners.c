/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds domains without a supervisor: no live xl monitor, no toolstack that
 * made them, and no daemon.  Hypercalls and files only.
 */
#include "port/audit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/hostview.h"
#include "port/owner.h"
#include "port/peermark.h"
#include "port/procview.h"

#define ALONE_MAX 64		/* maximum of reported monitors without a guest */
#define ALONE_MS 1000		/* a monitor ends that long after its domain */

/* A monitor that waits for a domain that is not in the list. */
struct alone {
	pid_t pid;
	uint32_t domid;
};

struct owners {
	struct hostview_domain *list;
	size_t count;
	bool *has;		/* a monitor, by place in the list */
	struct alone alone[ALONE_MAX];
	size_t alone_count;
};

static bool is_listed(const struct owners *owners, uint32_t domid)
{
	for (size_t i = 0; i < owners->count; i++)
		if (owners->list[i].domid == domid)
			return true;
	return false;
}

static void note_alone(struct owners *owners,
		       const struct owner_monitor *monitor)
{
	if (monitor->waits && !is_listed(owners, monitor->domid) &&
	    owners->alone_count < ALONE_MAX)
		owners->alone[owners->alone_count++] = (struct alone){
			monitor->pid, monitor->domid };
}

static void note_monitor(void *ctx, const struct owner_monitor *monitor)
{
	struct owners *owners = ctx;

	note_alone(owners, monitor);
	for (size_t i = 0; i < owners->count; i++) {
		struct owner_query query = { .name = owners->list[i].name,
					     .domid = owners->list[i].domid };

		owners->has[i] |= owner_is_monitor_of(monitor, &query);
	}
}

static bool daemon_runs(void)
{
	static const char *const names[] = { "xenvigild", NULL };
	struct procview view;

	return procview_find_root("/proc", names, &view) == 0;
}

/* libxl keeps a record of each domain that xl or libvirt made; a domain without
 * one is a stub domain, or its toolstack does not use libxl.  If its toolstack
 * is unknown, there is no finding. */
static bool is_another_toolstacks(const struct hostview_domain *domain)
{
	struct domain_id id = { .domid = domain->domid };
	enum peer peer = PEER_NONE;

	memcpy(id.uuid, domain->uuid, UUID_BYTES);
	return !domain->name[0] ||
	       peermark_find(&peermark_places, &id, domain->name, &peer) ||
	       peer;
}

static unsigned int report_orphans(const struct audit *audit,
				   const struct owners *owners)
{
	unsigned int count = 0;

	for (size_t i = 0; i < owners->count; i++) {
		const struct hostview_domain *domain = &owners->list[i];

		if (owners->has[i] || domain->domid == 0 || domain->xenstore ||
		    is_another_toolstacks(domain))
			continue;
		count++;
		audit_report(audit, AUDIT_ERROR, "start xenvigild",
			     "domain %u (%s) has no supervisor: its xl monitor "
			     "has ended, or it never had one",
			     domain->domid, domain->name);
	}
	return count;
}

static int list_domains(struct owners *owners)
{
	struct hostview *view;
	int r = hostview_open(&view);

	if (r == 0) {
		free(owners->list);
		owners->list = NULL;
		r = hostview_list(view, &owners->list, &owners->count);
		hostview_close(view);
	}
	return r;
}

/* One that knows of the end is about to end, or makes the next domain. */
static bool ends_by_itself(pid_t pid, int64_t end_ms)
{
	AUTO_CLOSE int fd = owner_open_pidfd(pid);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int64_t left = end_ms - clock_ms();

	return fd < 0 || poll(&wait, 1, left > 0 ? (int)left : 0) != 0;
}

static void note_still_alone(void *ctx, const struct owner_monitor *monitor)
{
	const struct owners *before = ((struct owners **)ctx)[0];
	struct owners *now = ((struct owners **)ctx)[1];

	for (size_t i = 0; i < before->alone_count; i++)
		if (before->alone[i].pid == monitor->pid &&
		    before->alone[i].domid == monitor->domid)
			note_alone(now, monitor);
}

/* The list was read before the monitors: checks both again. */
static unsigned int report_alone(const struct audit *audit,
				 struct owners *owners)
{
	int64_t end_ms = clock_ms() + ALONE_MS;
	struct owners now = { 0 };
	struct owners *both[] = { owners, &now };

	for (size_t i = 0; i < owners->alone_count; i++)
		(void)ends_by_itself(owners->alone[i].pid, end_ms);
	if (owners->alone_count && list_domains(&now) == 0)
		owner_each_monitor("/proc", note_still_alone, both);
	for (size_t i = 0; i < now.alone_count; i++) {
		char fix[32];

		snprintf(fix, sizeof(fix), "kill %d",
			 (int)now.alone[i].pid);
		audit_report(audit, AUDIT_WARN, fix, "the xl monitor %d waits "
			     "for domain %u, which is gone",
			     (int)now.alone[i].pid, now.alone[i].domid);
	}
	free(now.list);
	return (unsigned int)now.alone_count;
}

void audit_owners(const struct audit *audit)
{
	struct owners owners = { 0 };
	unsigned int found = 0;
	int r = list_domains(&owners);

	if (r == 0)
		owners.has = calloc(owners.count + 1, sizeof(*owners.has));
	if (r < 0 || !owners.has) {
		audit_report(audit, AUDIT_ERROR, "run this as root in dom0",
			     "the domains cannot be listed");
	} else if (owner_each_monitor("/proc", note_monitor, &owners) < 0) {
		audit_report(audit, AUDIT_ERROR, "", "/proc cannot be read");
	} else {
		found = report_alone(audit, &owners);
		if (!daemon_runs())
			found += report_orphans(audit, &owners);
		if (!found)
			audit_report(audit, AUDIT_OK, "", "every xl monitor "
				     "has its domain, and every domain has a "
				     "supervisor");
	}
	free(owners.has);
	free(owners.list);
}
