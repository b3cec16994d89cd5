/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The output of xl list, info and dmesg, from hypercalls and files only: it
 * works while xenstored does not answer.
 */
#ifndef PORT_HOSTVIEW_H
#define PORT_HOSTVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/uuid.h"

struct hostview;

int hostview_open(struct hostview **ret_view);
void hostview_close(struct hostview *view);

struct hostview_domain {
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	char name[256];		/* from libxl's file of the domain; "": unknown */
	uint64_t memory_mib;
	unsigned int vcpus;
	uint64_t cpu_time_ns;
	bool running, blocked, paused, shutdown, dying, xenstore;
	uint8_t reason_code;
};

/* All domains and dom0.  Free *RET_LIST. */
int hostview_list(struct hostview *view, struct hostview_domain **ret_list,
		  size_t *ret_count);

/* Does xenstored run in a domain instead of a process? */
bool hostview_has_store_domain(struct hostview *view);

/* The lines of xl info; with ONLY the value of that line. */
int hostview_info(struct hostview *view, const char *only, FILE *out);

/* The hypervisor's messages; CLEAR empties its buffer. */
int hostview_dmesg(struct hostview *view, bool clear, FILE *out);

#endif
