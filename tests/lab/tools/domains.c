/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns the reading of the hypervisor's domain list for the judges.
 * It must not interpret: what a state means is the scenario's business.
 */
#include "domains.h"

#include <errno.h>
#include <stdio.h>

/*
 * As many as fit in one page: libxencall keeps single pages for the next call,
 * larger buffers it maps, locks and unmaps each time.
 */
#define CHUNK ((unsigned int)(XC_PAGE_SIZE / sizeof(xc_domaininfo_t)))

int domains_read(xc_interface *xch, struct domain_list *list)
{
	uint32_t first = 0;
	size_t count = 0;
	int r;

	do {
		r = xc_domain_getinfolist(xch, first, CHUNK, list->info + count);
		if (r < 0)
			return errno ? -errno : -EIO;
		count += (size_t)r;
		if (r > 0)
			first = list->info[count - 1].domain + 1u;
	} while (r == (int)CHUNK && count + CHUNK <= DOMAINS_MAX);
	list->count = count;
	return 0;
}

void domains_format_uuid(const xc_domaininfo_t *info, char text[DOMAINS_UUID_CHARS])
{
	size_t i, used = 0;

	for (i = 0; i < sizeof(info->handle); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[used++] = '-';
		used += (size_t)snprintf(text + used, DOMAINS_UUID_CHARS - used, "%02x",
					 info->handle[i]);
	}
}

int domains_reason(const xc_domaininfo_t *info)
{
	if (!(info->flags & XEN_DOMINF_shutdown))
		return -1;
	return (info->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
}

void domains_format_flags(const xc_domaininfo_t *info, char text[DOMAINS_FLAGS_CHARS])
{
	text[0] = info->flags & XEN_DOMINF_running ? 'r' : '-';
	text[1] = info->flags & XEN_DOMINF_blocked ? 'b' : '-';
	text[2] = info->flags & XEN_DOMINF_paused ? 'p' : '-';
	text[3] = info->flags & XEN_DOMINF_shutdown ? 's' : '-';
	text[4] = domains_reason(info) == SHUTDOWN_crash ? 'c' : '-';
	text[5] = info->flags & XEN_DOMINF_dying ? 'd' : '-';
	text[6] = '\0';
}
