/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waits until a domain has left no traces in xenstore and in the hypervisor.
 * Reads and watches only.  The caller must be a process that can be killed,
 * because libxenstore waits without a limit.
 */
#include "port/residue.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/hv.h"

#define RESIDUE_BACKENDS_MAX 16
#define RESIDUE_PATH_BYTES 256

/*
 * xenstored reports a domain's end when it starts to die, not when its last
 * page is freed, and only xenstored gets the hypervisor's event.  So the list
 * is polled, but only while nothing except the entry in the list is left.
 */
#define RESIDUE_ZOMBIE_MS 200
/* A driver releases a device after its directory is gone, without an event in
 * xenstore. */
#define RESIDUE_DRIVER_MS 20
#define RESIDUE_DRIVERS "/sys/bus/xen-backend/devices"

struct residue {
	struct xs_handle *store;
	struct hv *hv;
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	uint32_t backend[RESIDUE_BACKENDS_MAX]; /* [0] is dom0 */
	unsigned int backends;
	bool watching;
	bool devices;		/* only these are checked */
};

static char **list_dir(struct residue *residue, unsigned int *ret_count,
		       const char *path)
{
	*ret_count = 0;
	return xs_directory(residue->store, XBT_NULL, path, ret_count);
}

static void note_backend(struct residue *residue, const char *path)
{
	AUTO_FREE char *value = xs_read(residue->store, XBT_NULL, path, NULL);
	unsigned int domid;

	if (!value || sscanf(value, "/local/domain/%u/", &domid) != 1)
		return;
	for (unsigned int i = 0; i < residue->backends; i++)
		if (residue->backend[i] == domid)
			return;
	if (residue->backends < RESIDUE_BACKENDS_MAX)
		residue->backend[residue->backends++] = domid;
}

/* /libxl/DOMID/device/KIND/DEVID/backend, which no guest can write. */
static void note_record(struct residue *residue)
{
	char path[RESIDUE_PATH_BYTES];
	unsigned int kinds, devices;
	AUTO_FREE char **kind = NULL;

	snprintf(path, sizeof(path), "/libxl/%u/device", residue->domid);
	kind = list_dir(residue, &kinds, path);
	for (unsigned int k = 0; k < kinds; k++) {
		AUTO_FREE char **device = NULL;

		snprintf(path, sizeof(path), "/libxl/%u/device/%s",
			 residue->domid, kind[k]);
		device = list_dir(residue, &devices, path);
		for (unsigned int d = 0; d < devices; d++) {
			snprintf(path, sizeof(path),
				 "/libxl/%u/device/%s/%s/backend",
				 residue->domid, kind[k], device[d]);
			note_backend(residue, path);
		}
	}
}

int residue_open(uint32_t domid, const uint8_t uuid[UUID_BYTES],
		 struct residue **ret_residue)
{
	struct residue *residue = calloc(1, sizeof(*residue));
	int r;

	if (!residue)
		return -ENOMEM;
	residue->domid = domid;
	memcpy(residue->uuid, uuid, UUID_BYTES);
	residue->backends = 1;
	r = hv_open(&residue->hv);
	if (!r) {
		residue->store = xs_open(0);
		r = residue->store ? 0 : errno ? -errno : -EIO;
	}
	if (r) {
		residue_close(residue);
		return r;
	}
	note_record(residue);
	*ret_residue = residue;
	return 0;
}

void residue_name_lost(struct residue *residue, struct text *found)
{
	for (unsigned int b = 1; b < residue->backends; b++)
		if (!hv_exists(residue->hv, residue->backend[b]))
			text_append_clause(found, "it has devices of domain "
					   "%u, which is gone",
					   residue->backend[b]);
}

void residue_close(struct residue *residue)
{
	if (!residue)
		return;
	if (residue->store)
		xs_close(residue->store);
	hv_close(residue->hv);
	free(residue);
}

static bool watch(struct residue *residue, const char *path)
{
	return xs_watch(residue->store, path, "residue");
}

/* One watch for each place where something may be left. */
static int watch_all(struct residue *residue)
{
	char path[RESIDUE_PATH_BYTES];
	unsigned int kinds;
	bool ok = watch(residue, "@releaseDomain");

	snprintf(path, sizeof(path), "/libxl/%u", residue->domid);
	ok = ok && watch(residue, path);
	snprintf(path, sizeof(path), "/local/domain/%u", residue->domid);
	ok = ok && watch(residue, path);
	for (unsigned int b = 0; ok && b < residue->backends; b++) {
		AUTO_FREE char **kind = NULL;

		snprintf(path, sizeof(path), "/local/domain/%u/backend",
			 residue->backend[b]);
		kind = list_dir(residue, &kinds, path);
		for (unsigned int k = 0; ok && k < kinds; k++) {
			snprintf(path, sizeof(path),
				 "/local/domain/%u/backend/%s/%u",
				 residue->backend[b], kind[k], residue->domid);
			ok = watch(residue, path);
		}
	}
	return ok ? 0 : errno ? -errno : -EIO;
}

/* Everything below backend/KIND/DOMID of one backend domain. */
static void find_devices(struct residue *residue, uint32_t backend,
			 const char *kind, struct text *left)
{
	char path[RESIDUE_PATH_BYTES], owner[32] = "";
	AUTO_FREE char **device = NULL;
	unsigned int devices;

	if (backend)
		snprintf(owner, sizeof(owner), " of domain %u", backend);
	snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%u",
		 backend, kind, residue->domid);
	device = list_dir(residue, &devices, path);
	if (device && !devices)
		text_append_clause(left, "backend %s/%u%s, empty", kind,
				   residue->domid, owner);
	for (unsigned int d = 0; d < devices; d++) {
		AUTO_FREE char *state = NULL;

		snprintf(path, sizeof(path),
			 "/local/domain/%u/backend/%s/%u/%s/state", backend,
			 kind, residue->domid, device[d]);
		state = xs_read(residue->store, XBT_NULL, path, NULL);
		text_append_clause(left, "backend %s/%u/%s%s state %.8s", kind,
				   residue->domid, device[d], owner,
				   state ?: "none");
	}
}

/* A domain that stays keeps its console. */
static bool may_stay(const struct residue *residue, const char *name)
{
	return residue->devices && strncmp(name, "console", 7) == 0;
}

static void find_backends(struct residue *residue, uint32_t backend,
			  struct text *left)
{
	char path[RESIDUE_PATH_BYTES];
	AUTO_FREE char **kind = NULL;
	unsigned int kinds;

	snprintf(path, sizeof(path), "/local/domain/%u/backend", backend);
	kind = list_dir(residue, &kinds, path);
	for (unsigned int k = 0; k < kinds; k++)
		if (!may_stay(residue, kind[k]))
			find_devices(residue, backend, kind[k], left);
}

/* dom0's own drivers: vbd-DOMID-DEVICE, vif-DOMID-DEVICE, and whatever else
 * has a backend node, driver or not. */
static void find_drivers(struct residue *residue, struct text *left)
{
	char pattern[RESIDUE_PATH_BYTES];
	glob_t found = {0};

	snprintf(pattern, sizeof(pattern), RESIDUE_DRIVERS "/*-%u-*",
		 residue->domid);
	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		if (!may_stay(residue, name))
			text_append_clause(left, "dom0's driver has %s", name);
	}
	globfree(&found);
}

static void find_directory(struct residue *residue, const char *parent,
			   struct text *left)
{
	char path[RESIDUE_PATH_BYTES];
	AUTO_FREE char **entry = NULL;
	unsigned int entries;

	snprintf(path, sizeof(path), "%s/%u", parent, residue->domid);
	entry = list_dir(residue, &entries, path);
	if (!entry)
		return;
	text_append_clause(left, "%s with", path);
	for (unsigned int i = 0; i < entries && i < 8; i++)
		text_printf(left, " %.32s", entry[i]);
	if (!entries)
		text_append(left, " nothing in it");
}

/* How a look at the hypervisor's list ended. */
enum present { PRESENT_NO, PRESENT_YES, PRESENT_ANOTHER };

static enum present find_domain(struct residue *residue, struct text *left)
{
	struct domain_info info;

	if (hv_find(residue->hv, residue->domid, &info))
		return PRESENT_NO;
	if (!uuid_equal(info.id.uuid, residue->uuid))
		return PRESENT_ANOTHER;
	text_append_clause(left, "domain %u %s in the hypervisor, %llu KiB held",
			   residue->domid,
			   info.dying ? "is a zombie" : "is still",
			   (unsigned long long)info.memory_kib);
	return PRESENT_YES;
}

static int look_devices(struct residue *residue, struct text *left,
			int *ret_wait_ms)
{
	for (unsigned int b = 0; b < residue->backends; b++)
		find_backends(residue, residue->backend[b], left);
	*ret_wait_ms = left->len ? -1 : RESIDUE_DRIVER_MS;
	find_drivers(residue, left);
	return left->error;
}

/*
 * Looks once.  LEFT stays empty when nothing is left; *RET_WAIT_MS is how
 * long the watches may be trusted.
 */
static int look_for_leftovers(struct residue *residue, struct text *left, int *ret_wait_ms)
{
	enum present present;

	if (residue->devices)
		return look_devices(residue, left, ret_wait_ms);
	for (unsigned int b = 0; b < residue->backends; b++)
		find_backends(residue, residue->backend[b], left);
	find_directory(residue, "/libxl", left);
	find_directory(residue, "/local/domain", left);
	*ret_wait_ms = left->len ? -1 : RESIDUE_ZOMBIE_MS;
	/* Last: only what was read before counts as the old domain's. */
	present = find_domain(residue, left);
	if (present == PRESENT_ANOTHER)
		text_free(left);
	return left->error;
}

static int drain(struct residue *residue)
{
	char **event;

	while ((event = xs_check_watch(residue->store)))
		free(event);
	return errno == EAGAIN ? 0 : -errno;
}

/* Returns 1 when something may have changed, 0 at the deadline, -errno. */
static int wait_change(struct residue *residue, int64_t end, int wait_ms)
{
	struct pollfd fd = { .fd = xs_fileno(residue->store),
			     .events = POLLIN };
	int64_t left = end - clock_ms();
	int n;

	if (left <= 0)
		return 0;
	if (wait_ms >= 0 && wait_ms < left)
		left = wait_ms;
	if (left > INT_MAX)
		left = INT_MAX;
	n = poll(&fd, 1, (int)left);
	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	if (n > 0) {
		n = drain(residue);
		return n ? n : 1;
	}
	return 1; /* look a last time, or again for the zombie */
}

int residue_await(struct residue *residue, uint32_t deadline_ms,
		  struct text *why)
{
	int64_t end = clock_ms() + deadline_ms;
	int r = residue->watching ? 0 : watch_all(residue);

	residue->watching = !r;
	while (!r) {
		struct text left = {0};
		int wait_ms, n;

		r = look_for_leftovers(residue, &left, &wait_ms);
		if (r || !left.len) {
			text_free(&left);
			return r;
		}
		n = wait_change(residue, end, wait_ms);
		if (n <= 0) {
			r = n ? n : -ETIMEDOUT;
			text_append_clause(why, "left over: %.500s",
					   text_get(&left));
		}
		text_free(&left);
	}
	return r;
}

int residue_await_devices(struct residue *residue, uint32_t deadline_ms,
			  struct text *why)
{
	int r;

	residue->devices = true;
	r = residue_await(residue, deadline_ms, why);
	residue->devices = false;
	return r;
}
