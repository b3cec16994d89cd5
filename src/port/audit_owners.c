/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which domains nobody would restart: no monitor of xl's that lives, and no
 * daemon.  Hypercalls and /proc only.
 */
#include "port/audit.h"

#include <stdlib.h>
#include <string.h>

#include "port/hostview.h"
#include "port/owner.h"
#include "port/procview.h"

struct owners {
	struct hostview_domain *list;
	size_t count;
	bool *has;		/* a monitor, by place in the list */
};

static void note_monitor(void *ctx, pid_t pid, const char *log)
{
	struct owners *owners = ctx;

	(void)pid;
	for (size_t i = 0; i < owners->count; i++)
		owners->has[i] |= owners->list[i].name[0] &&
				  owner_is_log_of(log, owners->list[i].name);
}

static bool daemon_runs(void)
{
	static const char *const names[] = { "xenvigild", NULL };
	struct procview view;

	return procview_find("/proc", names, &view) == 0;
}

static unsigned int report_orphans(const struct audit *audit,
				   const struct owners *owners)
{
	unsigned int count = 0;

	for (size_t i = 0; i < owners->count; i++) {
		const struct hostview_domain *domain = &owners->list[i];

		if (owners->has[i] || domain->domid == 0 || domain->xenstore)
			continue;
		count++;
		audit_report(audit, AUDIT_ERROR, "start xenvigild",
			     "nobody supervises domain %u (%s): its monitor "
			     "of xl's is gone, or it never had one",
			     domain->domid,
			     domain->name[0] ? domain->name : "no name");
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
