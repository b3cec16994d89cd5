/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns how the lab's judges see domains: the hypervisor's own list, nothing
 * else. It must not use xenstore, libxl or a word of the daemon under test.
 */
#ifndef LAB_DOMAINS_H
#define LAB_DOMAINS_H

#include <stddef.h>
#include <stdint.h>
#include <xenctrl.h>

#define DOMAINS_MAX		1024
#define DOMAINS_UUID_CHARS	37
#define DOMAINS_FLAGS_CHARS	7

struct domain_list {
	size_t count;
	xc_domaininfo_t info[DOMAINS_MAX];
};

/* Reads the whole list; 0 or -errno. */
int domains_read(xc_interface *xch, struct domain_list *list);

/* Writes the handle in the usual notation with dashes. */
void domains_format_uuid(const xc_domaininfo_t *info, char text[DOMAINS_UUID_CHARS]);

/* Writes r b p s c d, each or a dash, as xl list does. */
void domains_format_flags(const xc_domaininfo_t *info, char text[DOMAINS_FLAGS_CHARS]);

/* The shutdown code, or -1 while the domain is not shut down. */
int domains_reason(const xc_domaininfo_t *info);

#endif
