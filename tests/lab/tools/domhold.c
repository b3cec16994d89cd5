/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns the harm that another program may do: it keeps event channels, or a
 * page of a domain, until it is killed.  It must not judge.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenevtchn.h>
#include <xenforeignmemory.h>

static int hold_ports(uint32_t domid, int count)
{
	xenevtchn_handle *handle = xenevtchn_open(NULL, 0);

	for (int i = 0; handle && i < count; i++)
		if (xenevtchn_bind_unbound_port(handle, domid) < 0) {
			perror("bind");
			return 1;
		}
	return handle ? 0 : 1;
}

/* The first of its first frames that can be mapped. */
static int hold_page(uint32_t domid)
{
	xenforeignmemory_handle *handle = xenforeignmemory_open(NULL, 0);

	for (xen_pfn_t frame = 0; handle && frame < 4096; frame++) {
		int error = 0;
		void *page = xenforeignmemory_map(handle, domid, PROT_READ, 1,
						  &frame, &error);

		if (page && !error)
			return 0;
	}
	fprintf(stderr, "no page of domain %u can be mapped\n", domid);
	return 1;
}

int main(int argc, char **argv)
{
	int r = 100;

	if (argc == 4 && !strcmp(argv[1], "ports"))
		r = hold_ports((uint32_t)atol(argv[2]), atoi(argv[3]));
	else if (argc == 3 && !strcmp(argv[1], "page"))
		r = hold_page((uint32_t)atol(argv[2]));
	else
		fprintf(stderr, "usage: domhold ports DOMID COUNT | page DOMID\n");
	if (r == 0) {
		puts("held");
		fflush(stdout);
		pause();
	}
	return r;
}
