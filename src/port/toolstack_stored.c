/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stored configuration, put right by what xenstore says of the domain now.
 * libxl's record gains a device that is attached and never loses one that is
 * detached: xenstore alone knows of that.  Asks no device model.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "port/toolstack_impl.h"

static bool has_disk(const libxl_device_disk *list, int count,
		     const libxl_device_disk *disk)
{
	for (int i = 0; i < count; i++)
		if (list[i].vdev && disk->vdev &&
		    strcmp(list[i].vdev, disk->vdev) == 0)
			return true;
	return false;
}

static void keep_disks(struct toolstack *ts, uint32_t domid,
		       libxl_domain_config *config, struct text *why)
{
	int count = 0, kept = 0;
	libxl_device_disk *there = libxl_device_disk_list(ts->ctx, domid,
							  &count);

	for (int i = 0; i < config->num_disks; i++) {
		libxl_device_disk *disk = &config->disks[i];

		if (has_disk(there, count, disk)) {
			config->disks[kept++] = *disk;
			continue;
		}
		text_append_clause(why, "disk %s is detached, and left out",
				   disk->vdev ?: "?");
		libxl_device_disk_dispose(disk);
	}
	config->num_disks = kept;
	libxl_device_disk_list_free(there, count);
}

/* A device without a recorded number cannot be found. */
static bool has_nic(const libxl_device_nic *list, int count,
		    const libxl_device_nic *nic)
{
	for (int i = 0; i < count; i++)
		if (list[i].devid == nic->devid)
			return true;
	return nic->devid < 0;
}

static void keep_nics(struct toolstack *ts, uint32_t domid,
		      libxl_domain_config *config, struct text *why)
{
	int count = 0, kept = 0;
	libxl_device_nic *there = libxl_device_nic_list(ts->ctx, domid, &count);

	for (int i = 0; i < config->num_nics; i++) {
		libxl_device_nic *nic = &config->nics[i];

		if (has_nic(there, count, nic)) {
			config->nics[kept++] = *nic;
			continue;
		}
		text_append_clause(why, "network %d is detached, and left out",
				   nic->devid);
		libxl_device_nic_dispose(nic);
	}
	config->num_nics = kept;
	libxl_device_nic_list_free(there, count);
}

static bool has_pci(const libxl_device_pci *list, int count,
		    const libxl_device_pci *pci)
{
	for (int i = 0; i < count; i++)
		if (list[i].domain == pci->domain && list[i].bus == pci->bus &&
		    list[i].dev == pci->dev && list[i].func == pci->func)
			return true;
	return false;
}

static void keep_pci(struct toolstack *ts, uint32_t domid,
		     libxl_domain_config *config, struct text *why)
{
	int count = 0, kept = 0;
	libxl_device_pci *there = libxl_device_pci_list(ts->ctx, domid, &count);

	for (int i = 0; i < config->num_pcidevs; i++) {
		libxl_device_pci *pci = &config->pcidevs[i];

		if (has_pci(there, count, pci)) {
			config->pcidevs[kept++] = *pci;
			continue;
		}
		text_append_clause(why, "PCI device %04x:%02x:%02x.%u is "
				   "detached, and left out", pci->domain,
				   pci->bus, pci->dev, pci->func);
		libxl_device_pci_dispose(pci);
	}
	config->num_pcidevs = kept;
	libxl_device_pci_list_free(there, count);
}

/* The name is among the first of its entries to go; no answer is none. */
static bool is_listed(struct toolstack *ts, uint32_t domid)
{
	AUTO_FREE char *name = libxl_domid_to_name(ts->ctx, domid);

	return name != NULL;
}

bool toolstack_drop_detached(struct toolstack *ts, uint32_t domid,
			     libxl_domain_config *config, struct text *why)
{
	struct text found = { 0 };
	bool sure = is_listed(ts, domid);

	if (sure) {
		keep_disks(ts, domid, config, &found);
		keep_nics(ts, domid, config, &found);
		keep_pci(ts, domid, config, &found);
		sure = is_listed(ts, domid);
	}
	if (sure && found.len)
		text_append_clause(why, "%s", text_get(&found));
	if (!sure)
		text_append_clause(why, "devices detached since are unknown, "
				   "and are attached again");
	text_free(&found);
	return sure;
}
