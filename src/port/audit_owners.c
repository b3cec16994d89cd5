/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which domains nobody would restart: no monitor of xl's that lives, no
 * toolstack that made them, and no daemon.  Hypercalls and files only.
 */
#include "port/audit.h"

#include <stdlib.h>
#include <string.h>

#include "port/hostview.h"
#include "port/owner.h"
#include "port/peermark.h"
#include "port/procview.h"

struct owners {
	struct hostview_domain *list;
	size_t count;
	bool *has;		/* a monitor, by place in the list */
};

static void note_monitor(void *ctx, const struct owner_monitor *monitor)
{
	struct owners *owners = ctx;

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
 * one is a stub domain's, or of a toolstack that does not use libxl.  Where it
 * cannot be told who made it, nobody is accused. */
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
			     "nobody supervises domain %u (%s): its monitor "
			     "of xl's is gone, or it never had one",
			     domain->domid, domain->name);
	}
	return count;
}

void audit_owners(const struct audit *audit)
{
	struct owners owners = { 0 };
	struct hostview *view;
	int r = hostview_open(&view);

	if (r == 0) {
		r = hostview_list(view, &owners.list, &owners.count);
		hostview_close(view);
	}
	if (r == 0)
		owners.has = calloc(owners.count + 1, sizeof(*owners.has));
	if (r < 0 || !owners.has) {
		audit_report(audit, AUDIT_ERROR, "run this as root in dom0",
			     "the domains cannot be listed");
	} else if (owner_each_monitor("/proc", note_monitor, &owners) < 0) {
		audit_report(audit, AUDIT_ERROR, "", "/proc cannot be read");
	} else if (daemon_runs() || !report_orphans(audit, &owners)) {
		audit_report(audit, AUDIT_OK, "", "every domain has a "
			     "supervisor");
	}
	free(owners.has);
	free(owners.list);
}
