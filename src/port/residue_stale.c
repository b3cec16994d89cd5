/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What domains that are gone have left in xenstore, where a domain to come
 * runs into it.  Only what no guest can write is read.  Reads only; may wait
 * for xenstored without bound.
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

/* Grows no faster than the kinds of devices and the domains that are gone:
 * what it costs is part of every crash. */
struct stale {
	struct xs_handle *store;
	struct hv *hv;
	const struct domain_info *domain;	/* all but dom0, by domid */
	size_t domains;
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

static int compare_domid(const void *key, const void *domain)
{
	uint32_t a = *(const uint32_t *)key;
	uint32_t b = ((const struct domain_info *)domain)->id.domid;

	return a < b ? -1 : a > b;
}

/* A domain that is not in the list may be new, or of a kind that the list never
 * has. */
static bool is_there(const struct stale *stale, uint32_t domid)
{
	return bsearch(&domid, stale->domain, stale->domains,
		       sizeof(*stale->domain), compare_domid) ||
	       hv_exists(stale->hv, domid);
}

/*
 * The domain is searched after its device was found, and then the device again:
 * so neither a start nor an end in between looks like a leftover.
 */
static bool has_lost(struct stale *stale, uint32_t domid, const char *path)
{
	unsigned int count;
	AUTO_FREE char **list = NULL;

	if (is_there(stale, domid))
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

/* A record that outlived its domain: the next one with its domid finds it. */
static void check_record(struct stale *stale, const char *path,
			 const char *entry)
{
	uint32_t domid = (uint32_t)atol(entry);

	if (has_lost(stale, domid, path))
		name(stale, "libxl's record of", domid, path);
}

int residue_find_stale(struct text *found)
{
	struct stale stale = { .found = found };
	int r = hv_open(&stale.hv);

	if (!r)
		r = hv_list(stale.hv, &stale.domain, &stale.domains);
	if (!r) {
		stale.store = xs_open(0);
		r = stale.store ? 0 : errno ? -errno : -EIO;
	}
	if (!r) {
		each(&stale, STALE_BACKENDS, check_kind);
		each(&stale, "/libxl", check_record);
		xs_close(stale.store);
	}
	hv_close(stale.hv);
	return r;
}
