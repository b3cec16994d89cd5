/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks the domain that xl has just made. xl does not name it: it is a new
 * domain without an xl monitor.  The mark is only for display, so nothing fails
 * without it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "port/hostview.h"
#include "port/origin.h"
#include "port/owner.h"
#include "xlv_cmd.h"

struct xlv_made {
	struct hostview_domain *list;
	size_t count;
};

static int list_domains(struct xlv_made *made)
{
	struct hostview *view;
	int r = hostview_open(&view);

	if (r == 0) {
		r = hostview_list(view, &made->list, &made->count);
		hostview_close(view);
	}
	return r;
}

struct xlv_made *xlv_made_begin(void)
{
	struct xlv_made *made = calloc(1, sizeof(*made));

	if (!made || list_domains(made) == 0)
		return made;
	free(made);
	return NULL;
}

/* A restarted guest keeps its uuid, and domids are reused: compares both. */
static bool was_there(const struct xlv_made *before,
		      const struct hostview_domain *domain)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->list[i].domid == domain->domid &&
		    uuid_equal(before->list[i].uuid, domain->uuid))
			return true;
	return false;
}

/* Other programs make domains, too, and the daemon marks its own. */
static bool is_anothers(const struct hostview_domain *domain)
{
	struct owner_query query = {
		.name = domain->name,
		.domid = domain->domid,
		.seen_ms = INT64_MAX,
		.now_ms = INT64_MAX,
	};
	char origin[ORIGIN_BYTES];
	enum owner owner;
	pid_t pid;

	origin_get(ORIGIN_DIR, domain->domid, domain->uuid, origin);
	return origin[0] || owner_find("/proc", &query, &owner, &pid) ||
	       owner == OWNER_XL;
}

void xlv_made_end(struct xlv_made *made)
{
	struct xlv_made now = { 0 };

	if (list_domains(&now))
		return;
	for (size_t i = 0; i < now.count; i++) {
		const struct hostview_domain *domain = &now.list[i];

		if (domain->domid && !was_there(made, domain) &&
		    !is_anothers(domain))
			(void)origin_set(ORIGIN_DIR, domain->domid,
					 domain->uuid, "xlv");
	}
	free(now.list);
}

/* Another process may build a domain at the same time: the operator decides. */
void xlv_made_tell_left(struct xlv_made *made)
{
	struct xlv_made now = { 0 };

	if (list_domains(&now))
		return;
	for (size_t i = 0; i < now.count; i++) {
		const struct hostview_domain *domain = &now.list[i];

		if (domain->domid && domain->paused && !domain->dying &&
		    !domain->cpu_time_ns && !was_there(made, domain))
			fprintf(stderr, "xlv: domain %u is new and has not "
				"run: if xl left it half built, \"xl "
				"destroy %u\" removes it\n",
				domain->domid,
				domain->domid);
	}
	free(now.list);
}
