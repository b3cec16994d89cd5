/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's device taken away and given again by libxl, with the driver domain
 * as it is now for its backend.  Which one is not decided here.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "port/reattach_impl.h"

/* XenbusStateInitWait: the backend's driver has taken it up. */
#define STATE_TAKEN_UP 2

/* --- taking it away --- */

static int fail(struct reattach *reattach, int rc, const char *what,
		struct text *why)
{
	return rc ? toolstack_fail(reattach->ts, rc, what, why) : 0;
}

static int take_nic(struct reattach *reattach, uint32_t guest,
		    const struct reattach_found *found, struct text *why)
{
	libxl_ctx *ctx = reattach->ts->ctx;
	libxl_device_nic nic;
	int rc;

	libxl_device_nic_init(&nic);
	rc = libxl_devid_to_device_nic(ctx, guest, atoi(found->device), &nic);
	if (!rc)
		rc = libxl_device_nic_destroy(ctx, guest, &nic, NULL);
	libxl_device_nic_dispose(&nic);
	return fail(reattach, rc, "detaching", why);
}

static int take_disk(struct reattach *reattach, uint32_t guest,
		     const struct reattach_found *found, struct text *why)
{
	libxl_ctx *ctx = reattach->ts->ctx;
	libxl_device_disk disk;
	int rc;

	libxl_device_disk_init(&disk);
	rc = libxl_vdev_to_device_disk(ctx, guest, found->device, &disk);
	if (!rc)
		rc = libxl_device_disk_destroy(ctx, guest, &disk, NULL);
	libxl_device_disk_dispose(&disk);
	return fail(reattach, rc, "detaching", why);
}

/* A backend that still has its directory and no driver does not answer: libxl
 * says so, and has removed the device all the same. */
static int take(struct reattach *reattach, uint32_t guest,
		const struct reattach_found *found, bool is_nic,
		struct text *why)
{
	struct text said = { 0 };
	uint32_t backend;
	int r = is_nic ? take_nic(reattach, guest, found, &said) :
			 take_disk(reattach, guest, found, &said);

	if (r && reattach_read_backend(reattach, guest, found, &backend) ==
			 -ENOENT)
		r = 0;
	if (r)
		text_append_clause(why, "%s", text_get(&said));
	text_free(&said);
	return r;
}

/* --- giving it again --- */

/* By its name, when that is the domain's: so it is served after the next restart
 * of the driver domain too.  Else by the domid alone. */
static void aim(struct reattach *reattach, char **name, uint32_t *domid)
{
	const struct reattach_driver *driver = reattach->driver;
	uint32_t named;

	free(*name);
	*name = NULL;
	*domid = driver->now.domid;
	if (!libxl_domain_qualifier_to_domid(reattach->ts->ctx, driver->name,
					     &named) && named == *domid)
		*name = strdup(driver->name);
}

static int give_nic(struct reattach *reattach, uint32_t guest,
		    libxl_device_nic *nic)
{
	aim(reattach, &nic->backend_domname, &nic->backend_domid);
	return libxl_device_nic_add(reattach->ts->ctx, guest, nic, NULL);
}

static int give_disk(struct reattach *reattach, uint32_t guest,
		     libxl_device_disk *disk)
{
	aim(reattach, &disk->backend_domname, &disk->backend_domid);
	return libxl_device_disk_add(reattach->ts->ctx, guest, disk, NULL);
}

/* What libxl has entered is attached, whether or not the backend was up in
 * libxl's time.  A failure is reported, because nothing tries again. */
static int judge(struct reattach *reattach, uint32_t guest,
		 const struct reattach_found *found, int rc, struct text *why)
{
	struct text said = { 0 };
	uint32_t backend;
	int r = fail(reattach, rc, "attaching", &said);

	reattach_unnote(reattach, guest, found);
	if (!reattach_read_backend(reattach, guest, found, &backend) &&
	    backend == reattach->driver->now.domid) {
		r = r ? -ETIMEDOUT : 0;
	} else {
		text_append_clause(why, "%s", text_get(&said));
		r = r == 0 || r == -ETIMEDOUT ? -EIO : r;
	}
	text_free(&said);
	return r;
}

int reattach_move(struct reattach *reattach, uint32_t guest,
		  const struct reattach_found *found, struct text *why)
{
	bool is_nic = strcmp(found->kind, "vif") == 0;
	AUTO_CONFIG libxl_domain_config config;
	libxl_device_disk *disk;
	libxl_device_nic *nic;
	int rc, r;

	libxl_domain_config_init(&config);
	r = reattach_read_config(reattach, guest, &config);
	nic = reattach_find_nic(&config, found);
	disk = reattach_find_disk(&config, found);
	if (r || !(is_nic ? (void *)nic : (void *)disk)) {
		text_append_clause(why, "libxl has no configuration of it");
		return r ? r : -ENOENT;
	}
	r = reattach_note(reattach, guest, found);
	if (!r && !found->is_gone)
		r = take(reattach, guest, found, is_nic, why);
	if (r)
		return r;
	rc = is_nic ? give_nic(reattach, guest, nic) :
		      give_disk(reattach, guest, disk);
	return judge(reattach, guest, found, rc, why);
}

/* --- until it is taken up --- */

/* The driver domain's own word: all that hangs on it is how long we wait. */
static bool is_taken_up(struct reattach *reattach, const char *path)
{
	AUTO_FREE char *state = xs_read(reattach->store, XBT_NULL, path, NULL);

	return state && atoi(state) >= STATE_TAKEN_UP;
}

/* A xenstored that ended tells nothing more, and its descriptor is ready for
 * ever. */
static int drain(struct reattach *reattach)
{
	char **event;

	while ((event = xs_check_watch(reattach->store)))
		free(event);
	return errno == EAGAIN ? 0 : -errno;
}

/* Returns 0 when something may have changed. */
static int wait_change(struct reattach *reattach, int64_t end_ms)
{
	struct pollfd fd = { .fd = xs_fileno(reattach->store),
			     .events = POLLIN };
	int64_t left = end_ms - clock_ms();

	if (left <= 0)
		return -ETIMEDOUT;
	if (poll(&fd, 1, (int)left) < 0 && errno != EINTR)
		return -errno;
	return drain(reattach);
}

int reattach_await(struct reattach *reattach, uint32_t guest,
		   const struct reattach_found *found, int64_t end_ms)
{
	char path[REATTACH_PATH_BYTES];
	int r = 0;

	snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%u/%s/state",
		 reattach->driver->now.domid, found->kind, guest,
		 found->device);
	if (!reattach->is_watching)
		reattach->is_watching = xs_watch(reattach->store,
						 "@releaseDomain", "end");
	if (!reattach->is_watching || !xs_watch(reattach->store, path, "state"))
		return errno ? -errno : -EIO;
	while (!r && !is_taken_up(reattach, path))
		r = reattach_serves(reattach) ?
			wait_change(reattach, end_ms) : -ESRCH;
	xs_unwatch(reattach->store, path, "state");
	return r;
}
