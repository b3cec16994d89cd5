/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints the hypervisor's domain list, one line a domain:
 *   DOMID UUID FLAGS REASON CPU_NS MEMORY_KIB pv|hvm
 * REASON is - while the domain is not shut down. With an argument it prints the
 * lines of that domid or uuid only, and exits 1 when there is none.
 * It must not ask anybody but the hypervisor.
 */
#include "domains.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_domain(const xc_domaininfo_t *info, const char *uuid)
{
	char flags[DOMAINS_FLAGS_CHARS], reason[16] = "-";

	domains_format_flags(info, flags);
	if (domains_reason(info) >= 0)
		snprintf(reason, sizeof(reason), "%d", domains_reason(info));
	printf("%u %s %s %s %llu %llu %s\n", info->domain, uuid, flags, reason,
	       (unsigned long long)info->cpu_time,
	       (unsigned long long)info->tot_pages * (XC_PAGE_SIZE / 1024),
	       info->flags & XEN_DOMINF_hvm_guest ? "hvm" : "pv");
}

static size_t print_matching(const struct domain_list *list, const char *wanted)
{
	char uuid[DOMAINS_UUID_CHARS], domid[16];
	size_t i, printed = 0;

	for (i = 0; i < list->count; i++) {
		domains_format_uuid(&list->info[i], uuid);
		snprintf(domid, sizeof(domid), "%u", list->info[i].domain);
		if (wanted && strcmp(wanted, uuid) && strcmp(wanted, domid))
			continue;
		print_domain(&list->info[i], uuid);
		printed++;
	}
	return printed;
}

int main(int argc, char **argv)
{
	static struct domain_list list;
	xc_interface *xch;
	int r;

	xch = xc_interface_open(NULL, NULL, 0);
	if (!xch) {
		perror("domlist: xc_interface_open");
		return 111;
	}
	r = domains_read(xch, &list);
	xc_interface_close(xch);
	if (r < 0) {
		fprintf(stderr, "domlist: domain list: %s\n", strerror(-r));
		return 111;
	}
	return print_matching(&list, argc > 1 ? argv[1] : NULL) > 0 ? 0 : 1;
}
