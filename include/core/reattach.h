/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices that guests lost with their driver domain: which they are, by what
 * dom0 alone writes, and whose devices may be touched.  Pure.
 */
#ifndef CORE_REATTACH_H
#define CORE_REATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "core/domain.h"

/*
 * The domain that PATH, libxl's record of the backend of DEVICE of the domain
 * GUEST, names.  -EINVAL: it is no such path.
 */
int reattach_parse_backend(const char *path, uint32_t guest,
			   const char *device, uint32_t *ret_backend);

struct reattach_driver {
	struct domain_id old, now;	/* before its restart, and after */
	const char *name;
};

/* What is on record of one device. */
struct reattach_device {
	uint32_t backend;	/* the domain that serves it */
	bool is_served;		/* and that domain exists */
	const char *name;	/* that one's by the configuration; NULL: none */
};

/* Was it lost with DRIVER, or with that one's domain of an earlier restart? */
bool reattach_is_lost(const struct reattach_driver *driver,
		      const struct reattach_device *device);

/* LIST names the domains whose devices may be touched. */
void reattach_permit(struct text *list, const struct domain_id *id);
bool reattach_is_permitted(const char *list, const struct domain_id *id);

#endif
