/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices on this host that have lost the domain at one end.  Only what no
 * guest can write is read.  Reads only; may wait for xenstored without bound.
 */
#include "port/residue.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <xenstore.h>

#include "base/cleanup.h"
#include "port/hv.h"

#define STALE_PATH_BYTES 256
#define STALE_BACKENDS "/local/domain/0/backend"

struct stale {
	struct xs_handle *store;
	struct hv *hv;
	struct text *found;
};

/* CALL for each entry of PARENT, with the entry's own path. */
static void each(struct stale *stale, const char *parent,
		 void (*call)(struct stale *stale, const char *path,
			      const char *entry))
{
	char path[STALE_PATH_BYTES];
	unsigned int count = 0;
	AUTO_FREE char **list = xs_directory(stale->store, XBT_NULL, parent,
					     &count);

	for (unsigned int i = 0; list && i < count; i++)
		if (snprintf(path, sizeof(path), "%s/%s", parent, list[i]) <
		    (int)sizeof(path))
			call(stale, path, list[i]);
}

/*
 * The domain is looked for after its device was found and the device once
 * more after that: neither a start nor an end meanwhile looks like a loss.
 */
static bool has_lost(struct stale *stale, uint32_t domid, const char *path)
{
	unsigned int count;
	AUTO_FREE char **list = NULL;

	if (hv_exists(stale->hv, domid))
		return false;
	list = xs_directory(stale->store, XBT_NULL, path, &count);
	return list != NULL;
}

static void name(struct stale *stale, const char *what, uint32_t domid,
		 const char *path)
{
	text_append_clause(stale->found, "%s domain %u, which is gone "
			   "(xenstore-rm %s)", what, domid, path);
}

static void check_backends(struct stale *stale, const char *path,
			   const char *entry)
{
	uint32_t domid = (uint32_t)atol(entry);

	if (has_lost(stale, domid, path))
		name(stale, "backends of", domid, path);
}

static void check_kind(struct stale *stale, const char *path,
		       const char *entry)
{
	(void)entry;
	each(stale, path, check_backends);
}

/* PATH is /libxl/DOMID/device/KIND/DEVID. */
static void check_device(struct stale *stale, const char *path,
			 const char *entry)
{
	char whole[STALE_PATH_BYTES + 16];
	AUTO_FREE char *backend = NULL;
	unsigned int domid;

	(void)entry;
	snprintf(whole, sizeof(whole), "%s/backend", path);
	backend = xs_read(stale->store, XBT_NULL, whole, NULL);
	if (backend && sscanf(backend, "/local/domain/%u/", &domid) == 1 &&
	    has_lost(stale, domid, path))
		name(stale, "a device with its backend in", domid, path);
}

static void check_devices(struct stale *stale, const char *path,
			  const char *entry)
{
	(void)entry;
	each(stale, path, check_device);
}

static void check_record(struct stale *stale, const char *path,
			 const char *entry)
{
	char whole[STALE_PATH_BYTES + 16];

	(void)entry;
	snprintf(whole, sizeof(whole), "%s/device", path);
	each(stale, whole, check_devices);
}

int residue_find_stale(struct text *found)
{
	struct stale stale = { .found = found };
	int r = hv_open(&stale.hv);

	if (r)
		return r;
	stale.store = xs_open(0);
	if (stale.store) {
		each(&stale, STALE_BACKENDS, check_kind);
		each(&stale, "/libxl", check_record);
		xs_close(stale.store);
	} else {
		r = errno ? -errno : -EIO;
	}
	hv_close(stale.hv);
	return r;
}
