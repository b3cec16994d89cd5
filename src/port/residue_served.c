/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which guests lose a device with a driver domain.  The driver domain may
 * write what is looked at first: only what libxl's records of the guests,
 * which dom0 alone writes, say as well is believed.  Reads only.
 */
#include "port/residue.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "base/cleanup.h"

#define PATH_BYTES 256
/* Looked at, of each kind and of each guest; and named. */
#define ENTRIES_MOST 256u
#define NAMED_MOST 8u
#define KIND_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

struct served {
	struct xs_handle *store;
	uint32_t domid;
	bool reattaches;
	unsigned int count;
	struct text *found;
};

static bool is_number(const char *entry)
{
	return *entry && !entry[strspn(entry, "0123456789")] &&
	       strlen(entry) < 10;
}

/* Does the guest's record name that backend? */
static bool is_recorded(const struct served *served, const char *kind,
			const char *guest, const char *device)
{
	AUTO_FREE char *backend = NULL;
	char path[PATH_BYTES], expected[PATH_BYTES];

	snprintf(path, sizeof(path), "/libxl/%s/device/%.32s/%s/backend",
		 guest, kind, device);
	snprintf(expected, sizeof(expected),
		 "/local/domain/%u/backend/%.32s/%s/%s", served->domid, kind,
		 guest, device);
	backend = xs_read(served->store, XBT_NULL, path, NULL);
	return backend && !strcmp(backend, expected);
}

static void name(struct served *served, const char *kind, const char *guest,
		 const char *device)
{
	AUTO_FREE char *name = NULL;
	char path[PATH_BYTES];

	if (++served->count > NAMED_MOST)
		return;
	snprintf(path, sizeof(path), "/local/domain/%s/name", guest);
	name = xs_read(served->store, XBT_NULL, path, NULL);
	text_append_clause(served->found, "domain %s (%.64s) loses its %.32s "
			   "%s", guest, name ?: "", kind, device);
}

static char **list(const struct served *served, const char *path,
		   unsigned int *ret_count)
{
	char **entries;

	*ret_count = 0;
	entries = xs_directory(served->store, XBT_NULL, path, ret_count);
	if (*ret_count > ENTRIES_MOST)
		*ret_count = ENTRIES_MOST;
	return entries;
}

static void look_guest(struct served *served, const char *parent,
		       const char *kind, const char *guest)
{
	AUTO_FREE char **device = NULL;
	char path[PATH_BYTES];
	unsigned int count;

	snprintf(path, sizeof(path), "%s/%s", parent, guest);
	device = list(served, path, &count);
	for (unsigned int i = 0; i < count; i++)
		if (is_number(device[i]) &&
		    is_recorded(served, kind, guest, device[i]))
			name(served, kind, guest, device[i]);
}

static void look_kind(struct served *served, const char *kind)
{
	AUTO_FREE char **guest = NULL;
	char path[PATH_BYTES - 16];
	unsigned int count;

	snprintf(path, sizeof(path), "/local/domain/%u/backend/%.32s",
		 served->domid, kind);
	guest = list(served, path, &count);
	for (unsigned int i = 0; i < count; i++)
		if (is_number(guest[i]))
			look_guest(served, path, kind, guest[i]);
}

static void conclude(const struct served *served)
{
	if (served->count > NAMED_MOST)
		text_append_clause(served->found, "and %u more devices",
				   served->count - NAMED_MOST);
	if (served->count && served->reattaches)
		text_append_clause(served->found, "when it runs again, the "
				   "networks and disks are re-attached");
	else if (served->count)
		text_append_clause(served->found, "when it runs again, detach "
				   "and attach each (xl network-detach, "
				   "network-attach, block-detach, "
				   "block-attach)");
}

int residue_name_served(uint32_t domid, bool reattaches, struct text *found)
{
	struct served served = { .domid = domid, .reattaches = reattaches,
				 .found = found };
	AUTO_FREE char **kind = NULL;
	char path[PATH_BYTES];
	unsigned int count;

	served.store = xs_open(0);
	if (!served.store)
		return errno ? -errno : -EIO;
	snprintf(path, sizeof(path), "/local/domain/%u/backend", domid);
	kind = list(&served, path, &count);
	for (unsigned int i = 0; i < count; i++)
		if (!kind[i][strspn(kind[i], KIND_LETTERS)])
			look_kind(&served, kind[i]);
	conclude(&served);
	xs_close(served.store);
	return 0;
}
