/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host as the hypervisor has it, by libxenctrl, with names from the files
 * that libxl keeps of its domains.  Must never touch xenstore.
 */
#include "port/hostview.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

#include "base/text.h"
#include "hostview_impl.h"
#include "port/logger.h"

#define HOSTVIEW_CHUNK 256
#define HOSTVIEW_NAMES "/var/lib/xen"

int hostview_open(struct hostview **ret_view)
{
	struct hostview *view = calloc(1, sizeof(*view));
	int r;

	if (!view)
		return -ENOMEM;
	view->logger = logger_new();
	if (view->logger)
		view->xch = xc_interface_open(view->logger, view->logger, 0);
	if (!view->xch) {
		r = view->logger && errno ? -errno : -ENOMEM;
		hostview_close(view);
		return r;
	}
	*ret_view = view;
	return 0;
}

void hostview_close(struct hostview *view)
{
	if (!view)
		return;
	if (view->xch)
		xc_interface_close(view->xch);
	logger_free(view->logger);
	free(view);
}

/* libxl's record of how the domain was made. */
static void find_name(struct hostview_domain *domain)
{
	char path[256], uuid[UUID_TEXT_BYTES];
	json_object *all, *info, *name;

	snprintf(path, sizeof(path),
		 HOSTVIEW_NAMES "/userdata-d.%u.%s.libxl-json", domain->domid,
		 uuid_format(domain->uuid, uuid));
	all = json_object_from_file(path);
	if (all && json_object_object_get_ex(all, "c_info", &info) &&
	    json_object_object_get_ex(info, "name", &name))
		text_copy(domain->name, sizeof(domain->name),
			  json_object_get_string(name));
	json_object_put(all);
}

static void fill_domain(struct hostview_domain *domain, const xc_domaininfo_t *from)
{
	uint32_t flags = from->flags;

	memset(domain, 0, sizeof(*domain));
	domain->domid = from->domain;
	memcpy(domain->uuid, from->handle, UUID_BYTES);
	domain->memory_mib = (from->tot_pages + from->outstanding_pages) /
			     ((1 << 20) / XC_PAGE_SIZE);
	domain->vcpus = from->nr_online_vcpus;
	domain->cpu_time_ns = from->cpu_time;
	domain->running = flags & XEN_DOMINF_running;
	domain->blocked = flags & XEN_DOMINF_blocked;
	domain->paused = flags & XEN_DOMINF_paused;
	domain->shutdown = flags & XEN_DOMINF_shutdown;
	domain->dying = flags & XEN_DOMINF_dying;
	domain->xenstore = flags & XEN_DOMINF_xs_domain;
	if (domain->shutdown)
		domain->reason_code = (flags >> XEN_DOMINF_shutdownshift) &
				      XEN_DOMINF_shutdownmask;
	if (domain->domid == 0)
		strcpy(domain->name, "Domain-0");
	else
		find_name(domain);
}

int hostview_list(struct hostview *view, struct hostview_domain **ret_list,
		  size_t *ret_count)
{
	static xc_domaininfo_t chunk[HOSTVIEW_CHUNK];
	struct hostview_domain *list = NULL, *more;
	uint32_t first = 0;
	size_t count = 0;
	int n;

	do {
		n = xc_domain_getinfolist(view->xch, first, HOSTVIEW_CHUNK,
					  chunk);
		more = n < 0 ? NULL :
			realloc(list, (count + (size_t)n + 1) * sizeof(*list));
		if (!more) {
			n = n < 0 ? -errno : -ENOMEM;
			free(list);
			return n;
		}
		list = more;
		for (int i = 0; i < n; i++)
			if (chunk[i].domain < DOMID_FIRST_RESERVED)
				fill_domain(&list[count++], &chunk[i]);
		if (n > 0)
			first = chunk[n - 1].domain + 1u;
	} while (n == HOSTVIEW_CHUNK);
	*ret_list = list;
	*ret_count = count;
	return 0;
}

bool hostview_has_store_domain(struct hostview *view)
{
	struct hostview_domain *list;
	bool found = false;
	size_t count;

	if (hostview_list(view, &list, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		found |= list[i].xenstore;
	free(list);
	return found;
}

int hostview_dmesg(struct hostview *view, bool clear, FILE *out)
{
	char buf[16384];
	uint32_t index = 0;
	unsigned int count;

	do {
		count = sizeof(buf);
		if (xc_readconsolering(view->xch, buf, &count, clear, 1,
				       &index))
			return -errno;
		fwrite(buf, 1, count, out);
	} while (count);
	return 0;
}
