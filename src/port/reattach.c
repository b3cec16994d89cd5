/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which devices of a guest name a driver domain that is no more.  Looks in
 * /libxl only: neither the guest nor its driver domain can write there.
 * Changes nothing but its own notes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "port/reattach_impl.h"

/* A device that was taken away and is not given again yet: KIND-DEVICE, with the
 * driver domain's uuid and the disk's name. */
#define NOTES "/libxl/%u/xenvigil-reattach"

static const char *const kinds[] = { "vif", "vbd" };

int reattach_open(struct toolstack *ts, struct hv *hv,
		  const struct reattach_driver *driver,
		  struct reattach **ret_reattach)
{
	struct reattach *reattach = calloc(1, sizeof(*reattach));

	if (!reattach)
		return -ENOMEM;
	*reattach = (struct reattach){ .ts = ts, .hv = hv, .driver = driver };
	reattach->store = xs_open(0);
	if (!reattach->store) {
		free(reattach);
		return errno ? -errno : -EIO;
	}
	*ret_reattach = reattach;
	return 0;
}

void reattach_close(struct reattach *reattach)
{
	if (!reattach)
		return;
	xs_close(reattach->store);
	free(reattach);
}

bool reattach_serves(struct reattach *reattach)
{
	const struct domain_id *now = &reattach->driver->now;
	struct domain_info info;

	return !hv_find(reattach->hv, now->domid, &info) &&
	       domain_id_equal(&info.id, now) && !info.shutdown && !info.dying;
}

char *reattach_name(struct reattach *reattach, uint32_t guest)
{
	return libxl_domid_to_name(reattach->ts->ctx, guest);
}

/* --- the records --- */

int reattach_read_backend(struct reattach *reattach, uint32_t guest,
			  const struct reattach_found *found,
			  uint32_t *ret_backend)
{
	char path[REATTACH_PATH_BYTES];
	AUTO_FREE char *backend = NULL;

	snprintf(path, sizeof(path), "/libxl/%u/device/%s/%s/backend", guest,
		 found->kind, found->device);
	backend = xs_read(reattach->store, XBT_NULL, path, NULL);
	if (!backend)
		return errno ? -errno : -EIO;
	return reattach_parse_backend(backend, guest, found->device,
				      ret_backend);
}

static void note_path(uint32_t guest, const struct reattach_found *found,
		      char ret_path[REATTACH_PATH_BYTES])
{
	snprintf(ret_path, REATTACH_PATH_BYTES, NOTES "/%s-%s", guest,
		 found->kind, found->device);
}

int reattach_note(struct reattach *reattach, uint32_t guest,
		  const struct reattach_found *found)
{
	char path[REATTACH_PATH_BYTES], text[128], uuid[UUID_TEXT_BYTES];

	note_path(guest, found, path);
	snprintf(text, sizeof(text), "%s %s",
		 uuid_format(reattach->driver->now.uuid, uuid), found->vdev);
	if (xs_write(reattach->store, XBT_NULL, path, text,
		     (unsigned int)strlen(text)))
		return 0;
	return errno ? -errno : -EIO;
}

void reattach_unnote(struct reattach *reattach, uint32_t guest,
		     const struct reattach_found *found)
{
	char path[REATTACH_PATH_BYTES];
	AUTO_FREE char **left = NULL;
	unsigned int count = 0;

	note_path(guest, found, path);
	xs_rm(reattach->store, XBT_NULL, path);
	snprintf(path, sizeof(path), NOTES, guest);
	left = xs_directory(reattach->store, XBT_NULL, path, &count);
	if (left && !count)
		xs_rm(reattach->store, XBT_NULL, path);
}

/* Is there a note of it, by the same driver domain? */
static bool read_note(struct reattach *reattach, uint32_t guest,
		      struct reattach_found *found)
{
	char path[REATTACH_PATH_BYTES], uuid[UUID_TEXT_BYTES];
	AUTO_FREE char *text = NULL;
	const char *rest;

	note_path(guest, found, path);
	text = xs_read(reattach->store, XBT_NULL, path, NULL);
	uuid_format(reattach->driver->now.uuid, uuid);
	if (!text || strncmp(text, uuid, strlen(uuid)) != 0)
		return false;
	rest = text + strlen(uuid);
	text_copy(found->vdev, sizeof(found->vdev), rest + strspn(rest, " "));
	return true;
}

int reattach_read_config(struct reattach *reattach, uint32_t guest,
			 libxl_domain_config *ret_config)
{
	AUTO_FREE uint8_t *data = NULL;
	AUTO_FREE char *json = NULL;
	int len = 0;

	if (libxl_userdata_retrieve(reattach->ts->ctx, guest,
				    LIGHT_KIND_CONFIG, &data, &len) || len <= 0)
		return -ENOENT;
	json = strndup((const char *)data, (size_t)len);
	if (!json)
		return -ENOMEM;
	return toolstack_read_json(reattach->ts, json, ret_config) ? -EINVAL : 0;
}

/* --- which --- */

libxl_device_nic *reattach_find_nic(const libxl_domain_config *config,
				    const struct reattach_found *found)
{
	for (int i = 0; i < config->num_nics; i++)
		if (config->nics[i].devid == atoi(found->device))
			return &config->nics[i];
	return NULL;
}

libxl_device_disk *reattach_find_disk(const libxl_domain_config *config,
				      const struct reattach_found *found)
{
	for (int i = 0; i < config->num_disks; i++)
		if (config->disks[i].vdev &&
		    strcmp(config->disks[i].vdev, found->vdev) == 0)
			return &config->disks[i];
	return NULL;
}

static const char *backend_name(const libxl_domain_config *config,
				const struct reattach_found *found)
{
	libxl_device_disk *disk = reattach_find_disk(config, found);
	libxl_device_nic *nic = reattach_find_nic(config, found);

	if (strcmp(found->kind, "vif") == 0)
		return nic ? nic->backend_domname : NULL;
	return disk ? disk->backend_domname : NULL;
}

/* Its copy that stays, set aside, serves nobody. */
static bool is_served(struct reattach *reattach, uint32_t backend)
{
	const struct domain_id *old = &reattach->driver->old;
	struct domain_info info;

	if (backend == old->domid && !hv_find(reattach->hv, backend, &info) &&
	    info.id.epoch == old->epoch && (info.shutdown || info.dying))
		return false;
	return hv_exists(reattach->hv, backend);
}

/* A disk's record is by its number, its configuration by its name. */
static void name_disk(struct reattach *reattach, uint32_t guest,
		      struct reattach_found *found)
{
	libxl_device_disk disk;

	libxl_device_disk_init(&disk);
	if (strcmp(found->kind, "vbd") == 0 &&
	    !libxl_vdev_to_device_disk(reattach->ts->ctx, guest, found->device,
				       &disk))
		text_copy(found->vdev, sizeof(found->vdev), disk.vdev ?: "");
	libxl_device_disk_dispose(&disk);
}

static bool is_lost(struct reattach *reattach, uint32_t guest,
		    struct reattach_found *found, uint32_t backend)
{
	AUTO_CONFIG libxl_domain_config config;
	struct reattach_device device = { .backend = backend };

	libxl_domain_config_init(&config);
	device.is_served = is_served(reattach, backend);
	if (!backend || device.is_served)
		return false;
	name_disk(reattach, guest, found);
	if (!reattach_read_config(reattach, guest, &config))
		device.name = backend_name(&config, found);
	return reattach_is_lost(reattach->driver, &device);
}

bool reattach_is_lost_now(struct reattach *reattach, uint32_t guest,
			  struct reattach_found *found)
{
	uint32_t backend;
	int r = reattach_read_backend(reattach, guest, found, &backend);

	found->is_gone = r == -ENOENT && read_note(reattach, guest, found);
	return found->is_gone ||
	       (!r && is_lost(reattach, guest, found, backend));
}

static bool is_number(const char *entry)
{
	return *entry && !entry[strspn(entry, "0123456789")] &&
	       strlen(entry) < REATTACH_DEVICE_BYTES;
}

static bool look(struct reattach *reattach, uint32_t guest, const char *kind,
		const char *device, struct reattach_found *at)
{
	*at = (struct reattach_found){ 0 };
	text_copy(at->kind, sizeof(at->kind), kind);
	text_copy(at->device, sizeof(at->device), device);
	return is_number(device) && reattach_is_lost_now(reattach, guest, at);
}

static bool is_in(const struct reattach_found *list, int count,
		  const char *kind, const char *device)
{
	for (int i = 0; i < count; i++)
		if (strcmp(list[i].kind, kind) == 0 &&
		    strcmp(list[i].device, device) == 0)
			return true;
	return false;
}

/* One whose record is there was given again: only its note is left. */
static void drop_note(struct reattach *reattach, uint32_t guest,
		      const struct reattach_found *found)
{
	uint32_t backend;

	if (!reattach_read_backend(reattach, guest, found, &backend) &&
	    backend == reattach->driver->now.domid)
		reattach_unnote(reattach, guest, found);
}

static int add_noted(struct reattach *reattach, uint32_t guest,
		     const char *entry, struct reattach_found *list, int count)
{
	char kind[REATTACH_KIND_BYTES], device[REATTACH_DEVICE_BYTES];

	if (sscanf(entry, "%7[a-z]-%11[0-9]", kind, device) != 2 ||
	    is_in(list, count, kind, device))
		return count;
	if (look(reattach, guest, kind, device, &list[count]))
		return count + 1;
	drop_note(reattach, guest, &list[count]);
	return count;
}

static int find_noted(struct reattach *reattach, uint32_t guest,
		      struct reattach_found *list, int count)
{
	char path[REATTACH_PATH_BYTES];
	AUTO_FREE char **entry = NULL;
	unsigned int entries = 0;

	snprintf(path, sizeof(path), NOTES, guest);
	entry = xs_directory(reattach->store, XBT_NULL, path, &entries);
	for (unsigned int i = 0;
	     entry && i < entries && count < REATTACH_DEVICES_MAX; i++)
		count = add_noted(reattach, guest, entry[i], list, count);
	return count;
}

int reattach_find(struct reattach *reattach, uint32_t guest,
		  struct reattach_found ret_found[REATTACH_DEVICES_MAX])
{
	char path[REATTACH_PATH_BYTES];
	int count = 0;

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		AUTO_FREE char **device = NULL;
		unsigned int devices = 0;

		snprintf(path, sizeof(path), "/libxl/%u/device/%s", guest,
			 kinds[k]);
		device = xs_directory(reattach->store, XBT_NULL, path,
				      &devices);
		if (!device && errno != ENOENT)
			return errno ? -errno : -EIO;
		for (unsigned int i = 0;
		     i < devices && count < REATTACH_DEVICES_MAX; i++)
			count += look(reattach, guest, kinds[k], device[i],
				      &ret_found[count]);
	}
	return find_noted(reattach, guest, ret_found, count);
}
