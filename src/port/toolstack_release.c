/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Removes the devices of a crashed domain for its successor while its memory
 * stays, and checks before whether that is possible.  Does not change names and
 * uuids.
 */
#include <errno.h>
#include <string.h>

#include "port/guest.h"
#include "port/toolstack_impl.h"

/* --- can it? --- */

static int refuse(enum domain_tie tie, const char *device, struct text *why)
{
	if (tie)
		text_append_clause(why, "%s%s%s", domain_tie_text(tie),
				   device ? ": " : "", device ? device : "");
	return tie ? -EOPNOTSUPP : 0;
}

/* What is plugged in now may be more than the configuration says. */
static int check_disks(struct toolstack *ts, uint32_t domid, struct text *why)
{
	int count = 0, r = 0;
	libxl_device_disk *disks = libxl_device_disk_list(ts->ctx, domid,
							  &count);

	for (int i = 0; !r && i < count; i++)
		r = refuse(guest_tie_of_disk(&disks[i]), disks[i].vdev, why);
	libxl_device_disk_list_free(disks, count);
	return r;
}

static int check_nics(struct toolstack *ts, uint32_t domid, struct text *why)
{
	int count = 0, r = 0;
	libxl_device_nic *nics = libxl_device_nic_list(ts->ctx, domid,
						       &count);

	for (int i = 0; !r && i < count; i++)
		r = refuse(guest_tie_of_nic(&nics[i]), NULL, why);
	libxl_device_nic_list_free(nics, count);
	return r;
}

static int check_pci(struct toolstack *ts, uint32_t domid, struct text *why)
{
	int count = 0;
	libxl_device_pci *list = libxl_device_pci_list(ts->ctx, domid,
						       &count);

	libxl_device_pci_list_free(list, count);
	return refuse(count > 0 ? DOMAIN_TIE_PCI : DOMAIN_TIE_NONE, NULL, why);
}

/* To read such memory is to populate it. */
static int check_populated(struct toolstack *ts, uint32_t domid,
			   struct text *why)
{
	bool on_demand;
	int r = hv_populates(ts->hv, domid, &on_demand);

	if (r || !on_demand)
		return r;
	text_append_clause(why, "its memory is still populated on demand");
	return -EOPNOTSUPP;
}

/* Only what is free now: dom0 is not made smaller for a core. */
static int check_memory(struct toolstack *ts, uint32_t domid,
			libxl_domain_config *config, struct text *why)
{
	uint64_t need_kib, free_kib;
	int rc = libxl_domain_need_memory(ts->ctx, config, domid, &need_kib);

	if (!rc)
		rc = libxl_get_free_memory(ts->ctx, &free_kib);
	if (rc)
		return toolstack_fail(ts, rc, "asking for free memory", why);
	text_append_clause(why, "a successor needs %llu KiB, %llu KiB are free",
			   (unsigned long long)need_kib,
			   (unsigned long long)free_kib);
	return free_kib < need_kib ? -ENOMEM : 0;
}

int toolstack_room(struct toolstack *ts, uint32_t domid, const char *json,
		   struct text *why)
{
	AUTO_CONFIG libxl_domain_config config;
	int r;

	libxl_domain_config_init(&config);
	r = toolstack_parse(ts, json, &config, why);
	if (!r)
		r = refuse(guest_tie(&config), NULL, why);
	if (!r)
		r = check_pci(ts, domid, why);
	if (!r)
		r = check_disks(ts, domid, why);
	if (!r)
		r = check_nics(ts, domid, why);
	if (!r)
		r = check_populated(ts, domid, why);
	return r ? r : check_memory(ts, domid, &config, why);
}

/* --- doing it --- */

int toolstack_take_disks(struct toolstack *ts, uint32_t domid,
			 struct text *why)
{
	int count = 0, r = 0;
	libxl_device_disk *disks = libxl_device_disk_list(ts->ctx, domid,
							  &count);

	for (int i = 0; i < count; i++) {
		int rc = libxl_device_disk_destroy(ts->ctx, domid, &disks[i],
						   NULL);

		if (rc) {
			r = toolstack_fail(ts, rc, "removing a disk", why);
			text_append_clause(why, "disk %s stays with the copy",
					   disks[i].vdev);
		} else {
			text_append_clause(why, "disk %s (%s) removed",
					   disks[i].vdev,
					   disks[i].pdev_path ?: "no medium");
		}
	}
	libxl_device_disk_list_free(disks, count);
	return r;
}

static int take_nics(struct toolstack *ts, uint32_t domid, struct text *why)
{
	int count = 0, r = 0;
	libxl_device_nic *nics = libxl_device_nic_list(ts->ctx, domid,
						       &count);

	for (int i = 0; i < count; i++) {
		int rc = libxl_device_nic_destroy(ts->ctx, domid, &nics[i],
						  NULL);

		if (rc)
			r = toolstack_fail(ts, rc, "removing a network", why);
		else
			text_append_clause(why, "network %d removed",
					   nics[i].devid);
	}
	libxl_device_nic_list_free(nics, count);
	return r;
}

int toolstack_release(struct toolstack *ts, uint32_t domid, struct text *why)
{
	int disks = toolstack_take_disks(ts, domid, why);
	int nics = take_nics(ts, domid, why);

	return disks ? disks : nics;
}
