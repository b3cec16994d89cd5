/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the toolstack's files share: the context, and how failures become
 * words.
 */
#ifndef PORT_TOOLSTACK_IMPL_H
#define PORT_TOOLSTACK_IMPL_H

#include "port/light.h"
#include "port/hv.h"
#include "port/toolstack.h"

struct toolstack {
	libxl_ctx *ctx;
	struct xentoollog_logger *logger;
	struct hv *hv;
	int64_t end_ms;		/* CLOCK_MONOTONIC: the step's deadline */
};

/* libxl's codes (ERROR_*) as -errno; 0 stays 0. */
int toolstack_errno(int rc);

/*
 * Appends "WHAT failed: libxl's message".  Returns the errno for RC, libxl's
 * code.
 */
int toolstack_fail(struct toolstack *ts, int rc, const char *what,
		   struct text *why);

/* Appends the state of DOMID, from the hypervisor. */
void toolstack_note_state(struct toolstack *ts, uint32_t domid,
			  struct text *why);

/* *RET_CONFIG must be initialised, and is disposed of by the caller.  Returns
 * libxl's code. */
int toolstack_read_json(struct toolstack *ts, const char *json,
			libxl_domain_config *ret_config);
/* The same, with the fault in WHY; -errno. */
int toolstack_parse(struct toolstack *ts, const char *json,
		    libxl_domain_config *ret_config, struct text *why);

/*
 * Takes out of CONFIG the disks, networks and PCI devices that DOMID does not
 * have by xenstore.  False: xenstore does not say, and CONFIG is no use.
 */
bool toolstack_drop_detached(struct toolstack *ts, uint32_t domid,
			     libxl_domain_config *config, struct text *why);

/* Adds the placement of DOMID to CONFIG, as far as it is known. */
void toolstack_note_place(struct toolstack *ts, uint32_t domid,
			  libxl_domain_config *config);
/* Removes from CONFIG what the host does not have any more, or would refuse. */
void toolstack_check_place(struct toolstack *ts, libxl_domain_config *config,
			   struct text *why);

/* CONFIG's domain bears MARK in place of the one that it had before. */
int toolstack_put_mark(libxl_domain_config *config, const char *mark);

/*
 * A second writer of a physical disk is refused by the block script while
 * the first has it, dead as it is: takes the disks of DOMID away.
 */
int toolstack_take_disks(struct toolstack *ts, uint32_t domid,
			 struct text *why);

/*
 * A pending `xl config-update` of DOMID as libxl's JSON, malloc()ed.
 * Returns 0, -ENOENT when there is none, or -errno with the fault in WHY.
 */
int toolstack_read_update(struct toolstack *ts, uint32_t domid,
			  char **ret_json, struct text *why);

#endif
