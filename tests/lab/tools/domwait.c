/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sleeps until the hypervisor's domain list changes in anything but the domains'
 * use of processors, or MS have passed. A scenario that waits for a condition
 * looks again then: on an emulated machine a shell that polls starves the guests.
 * It must not say what changed: the condition finds out.
 * usage: domwait MS
 */
#include "domains.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PERIOD_MS	10
#define NS_PER_MS	1000000L
#define FLAGS_THAT_COUNT (~(uint32_t)(XEN_DOMINF_running | XEN_DOMINF_blocked))

static bool is_same(const struct domain_list *a, const struct domain_list *b)
{
	size_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (a->info[i].domain != b->info[i].domain ||
		    (a->info[i].flags ^ b->info[i].flags) & FLAGS_THAT_COUNT ||
		    !a->info[i].cpu_time != !b->info[i].cpu_time ||
		    memcmp(a->info[i].handle, b->info[i].handle, sizeof(a->info[i].handle)))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	static struct domain_list first, now;
	struct timespec period = { .tv_nsec = PERIOD_MS * NS_PER_MS };
	long left_ms = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	xc_interface *xch;
	int r;

	xch = xc_interface_open(NULL, NULL, 0);
	if (!xch) {
		perror("domwait: xc_interface_open");
		return 111;
	}
	r = domains_read(xch, &first);
	for (; r == 0 && left_ms > 0; left_ms -= PERIOD_MS) {
		nanosleep(&period, NULL);
		r = domains_read(xch, &now);
		if (r == 0 && !is_same(&first, &now))
			break;
	}
	if (r < 0)
		fprintf(stderr, "domwait: domain list: %s\n", strerror(-r));
	xc_interface_close(xch);
	return r < 0 ? 111 : 0;
}
