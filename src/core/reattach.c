/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads texts only: who asks has read them where no guest can write.
 */
#include "core/reattach.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 128

int reattach_parse_backend(const char *path, uint32_t guest,
			   const char *device, uint32_t *ret_backend)
{
	char kind[32], rest[32], expected[32];

	snprintf(expected, sizeof(expected), "%u/%s", guest, device);
	if (sscanf(path, "/local/domain/%" SCNu32 "/backend/%31[a-z0-9_]/%31s",
		   ret_backend, kind, rest) != 3 ||
	    strcmp(rest, expected) != 0)
		return -EINVAL;
	return 0;
}

/* Domids rise, and a name given as a number is a domid. */
static bool is_name(const char *name)
{
	return name && name[strspn(name, "0123456789")];
}

bool reattach_is_lost(const struct reattach_driver *driver,
		      const struct reattach_device *device)
{
	if (!device->backend || device->backend == driver->now.domid ||
	    device->is_served)
		return false;
	return device->backend == driver->old.domid ||
	       (is_name(device->name) &&
		strcmp(device->name, driver->name) == 0);
}

static void format(const struct domain_id *id, char ret_line[LINE_BYTES])
{
	char uuid[UUID_TEXT_BYTES];

	snprintf(ret_line, LINE_BYTES, "\n%u %s %" PRIx64 "\n", id->domid,
		 uuid_format(id->uuid, uuid), id->epoch);
}

/* Each line has a newline before it as well. */
void reattach_permit(struct text *list, const struct domain_id *id)
{
	char line[LINE_BYTES];

	format(id, line);
	text_append(list, line);
}

bool reattach_is_permitted(const char *list, const struct domain_id *id)
{
	char line[LINE_BYTES];

	format(id, line);
	return list && strstr(list, line);
}
