/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor, by hypercalls only (libxenctrl): nothing here can block on
 * xenstored or on another process.
 */
#ifndef PORT_HV_H
#define PORT_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/domain.h"

struct hv;

/* Opens the hypercall device.  Returns 0, or -errno.  Free by hv_close(). */
int hv_open(struct hv **ret_hv);
void hv_close(struct hv *hv);

/*
 * The whole list of domains but dom0, sorted by domid.  *RET_LIST belongs
 * to HV and is valid until the next call of hv_list() or hv_close().
 * Returns 0, or -errno.
 */
int hv_list(struct hv *hv, const struct domain_info **ret_list,
	    size_t *ret_count);

/* One domain.  -ESRCH: there is none with this domid. */
int hv_find(struct hv *hv, uint32_t domid, struct domain_info *ret_info);

/* Does any domain have this domid: dom0, a zombie, xenstored's? True also if
 * the hypervisor does not answer. */
bool hv_exists(struct hv *hv, uint32_t domid);

/* Pause, unpause, and set another uuid (handle).  Return 0, or -errno. */
int hv_pause(struct hv *hv, uint32_t domid);
int hv_unpause(struct hv *hv, uint32_t domid);
/* Makes it shut down as crashed: it stops and can be examined.  0, or -errno. */
int hv_crash(struct hv *hv, uint32_t domid);
/* Presses the power button; without one it does nothing.  0, or -errno. */
int hv_press_power(struct hv *hv, uint32_t domid);
/* Is a part of its memory still populated on demand? */
int hv_populates(struct hv *hv, uint32_t domid, bool *ret_on_demand);
int hv_set_uuid(struct hv *hv, uint32_t domid, const uint8_t uuid[UUID_BYTES]);

/*
 * The next bytes of the hypervisor's log, which is not changed.  *AT, first 0,
 * is the position; *RET_LOST: some bytes before them were overwritten.  Returns
 * the number of bytes, 0 at the end, or -errno.
 */
int hv_read_log(struct hv *hv, uint32_t *at, char *ret_bytes, size_t size,
		bool *ret_lost);

#define HV_TEXT_BYTES 1024

struct hv_host {
	unsigned int major, minor;
	char extra[32];			/* ".5" */
	char capabilities[HV_TEXT_BYTES]; /* "xen-3.0-x86_64 hvm-3.0-..." */
	char command_line[HV_TEXT_BYTES];
	unsigned int cpus;
};

int hv_host(struct hv *hv, struct hv_host *ret_host);

#endif
