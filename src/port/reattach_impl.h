/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What finding a lost device and moving it share.
 */
#ifndef PORT_REATTACH_IMPL_H
#define PORT_REATTACH_IMPL_H

#include <xenstore.h>

#include "port/reattach.h"
#include "port/toolstack_impl.h"

#define REATTACH_PATH_BYTES 256

struct reattach {
	struct toolstack *ts;
	struct hv *hv;
	const struct reattach_driver *driver;
	struct xs_handle *store;
	bool is_watching;
};

/* libxl's own record of GUEST with all devices that it ever had, for the caller
 * to dispose of. */
int reattach_read_config(struct reattach *reattach, uint32_t guest,
			 libxl_domain_config *ret_config);
/* The device that FOUND is, or NULL. */
libxl_device_nic *reattach_find_nic(const libxl_domain_config *config,
				    const struct reattach_found *found);
libxl_device_disk *reattach_find_disk(const libxl_domain_config *config,
				      const struct reattach_found *found);

/* The domain that serves it by its record.  -ENOENT: it has none. */
int reattach_read_backend(struct reattach *reattach, uint32_t guest,
			  const struct reattach_found *found,
			  uint32_t *ret_backend);

/* Notes that it is about to be taken away, or that it is there again.  The note
 * goes with libxl's record of the guest. */
int reattach_note(struct reattach *reattach, uint32_t guest,
		  const struct reattach_found *found);
void reattach_unnote(struct reattach *reattach, uint32_t guest,
		     const struct reattach_found *found);

#endif
