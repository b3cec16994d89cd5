/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A xenstore and libxl's devices for one that moves devices, put before
 * fake_xen by LD_PRELOAD.  A node is a directory below $FAKE_XEN/store, its value
 * the file "=" in it.  A byte in the fifo $FAKE_XEN/changed is a watch that fired.
 * Files steer it: "die" (killed when a device has been taken), "slow" (no backend
 * answers in libxl's time), "refuse" (nothing is attached).  Judges nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libxl.h>
#include <libxl_utils.h>
#include <xenstore.h>

#define PATH_BYTES 512

static int changed = -1;

static void join(char path[PATH_BYTES], const char *below, const char *node)
{
	snprintf(path, PATH_BYTES, "%s/%s%s", getenv("FAKE_XEN"), below, node);
}

static bool has_file(const char *name)
{
	char path[PATH_BYTES];

	join(path, "", name);
	return access(path, F_OK) == 0;
}

static char *read_all(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *file = fopen(path, "re");

	if (!file || !text) {
		free(text);
		errno = ENOENT;
		return NULL;
	}
	if (!fread(text, 1, 65535, file))
		text[0] = '\0';
	fclose(file);
	return text;
}

static void append(const char *name, const char *text)
{
	char path[PATH_BYTES];
	FILE *file;

	join(path, "", name);
	file = fopen(path, "ae");
	if (!file || fprintf(file, "%s\n", text) < 0 || fclose(file))
		abort();
}

/* --- libxenstore --- */

void *xs_read(struct xs_handle *store, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	char whole[PATH_BYTES];

	(void)store;
	(void)t;
	(void)len;
	join(whole, "store", path);
	strncat(whole, "/=", sizeof(whole) - strlen(whole) - 1);
	return read_all(whole);
}

bool xs_write(struct xs_handle *store, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	char whole[PATH_BYTES];
	FILE *file;

	(void)store;
	(void)t;
	join(whole, "store", path);
	for (char *at = whole + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		mkdir(whole, 0700);
	}
	mkdir(whole, 0700);
	strncat(whole, "/=", sizeof(whole) - strlen(whole) - 1);
	file = fopen(whole, "we");
	if (!file || fwrite(data, 1, len, file) != len || fclose(file))
		abort();
	return true;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

bool xs_rm(struct xs_handle *store, xs_transaction_t t, const char *path)
{
	char whole[PATH_BYTES];

	(void)store;
	(void)t;
	join(whole, "store", path);
	return nftw(whole, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0;
}

char **xs_directory(struct xs_handle *store, xs_transaction_t t,
		    const char *path, unsigned int *count)
{
	char **list = calloc(1, 65536), whole[PATH_BYTES];
	char *at = (char *)(list + 64);
	struct dirent *entry;
	DIR *dir;

	(void)store;
	(void)t;
	join(whole, "store", path);
	dir = opendir(whole);
	*count = 0;
	if (!dir) {
		int e = errno; /* ENOTDIR: the test makes it fail */

		free(list);
		errno = e;
		return NULL;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && entry->d_name[0] != '=') {
			list[(*count)++] = at;
			at = stpcpy(at, entry->d_name) + 1;
		}
	closedir(dir);
	return list;
}

bool xs_unwatch(struct xs_handle *store, const char *path, const char *token)
{
	(void)store;
	(void)path;
	(void)token;
	return true;
}

int xs_fileno(struct xs_handle *store)
{
	char path[PATH_BYTES];

	(void)store;
	join(path, "", "changed");
	if (changed < 0)
		changed = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return changed;
}

char **xs_check_watch(struct xs_handle *store)
{
	char byte;

	if (read(xs_fileno(store), &byte, 1) == 1)
		return calloc(2, sizeof(char *));
	errno = EAGAIN;
	return NULL;
}

/* --- libxl's devices --- */

static void record_path(char path[PATH_BYTES], uint32_t domid,
			const char *kind, int devid, const char *node)
{
	snprintf(path, PATH_BYTES, "/libxl/%u/device/%s/%d%s", domid, kind,
		 devid, node);
}

static int read_backend(uint32_t domid, const char *kind, int devid,
			uint32_t *ret_backend)
{
	char path[PATH_BYTES], *value;
	int rc;

	record_path(path, domid, kind, devid, "/backend");
	value = xs_read(NULL, 0, path, NULL);
	rc = value && sscanf(value, "/local/domain/%u/", ret_backend) == 1 ?
		0 : ERROR_INVAL;
	free(value);
	return rc;
}

static int take(uint32_t domid, const char *kind, int devid)
{
	char path[PATH_BYTES], line[64];

	snprintf(line, sizeof(line), "detach %s %u %d", kind, domid, devid);
	append("acts", line);
	record_path(path, domid, kind, devid, "");
	xs_rm(NULL, 0, path);
	if (has_file("die"))
		raise(SIGKILL);
	return 0;
}

static int give(uint32_t domid, const char *kind, int devid, uint32_t backend,
		const char *json)
{
	char path[PATH_BYTES], value[PATH_BYTES], state[PATH_BYTES + 8];

	append("attached", json);
	if (has_file("refuse"))
		return ERROR_FAIL;
	if (!read_backend(domid, kind, devid, &(uint32_t){ 0 }))
		return ERROR_DEVICE_EXISTS;
	snprintf(value, sizeof(value), "/local/domain/%u/backend/%s/%u/%d",
		 backend, kind, domid, devid);
	record_path(path, domid, kind, devid, "/backend");
	xs_write(NULL, 0, path, value, (unsigned int)strlen(value));
	snprintf(state, sizeof(state), "%s/state", value);
	xs_write(NULL, 0, state, has_file("slow") ? "1" : "2", 1);
	return has_file("slow") ? ERROR_TIMEDOUT : 0;
}

int libxl_devid_to_device_nic(libxl_ctx *ctx, uint32_t domid, int devid,
			      libxl_device_nic *nic)
{
	(void)ctx;
	nic->devid = devid;
	return read_backend(domid, "vif", devid, &nic->backend_domid);
}

int libxl_device_nic_destroy(libxl_ctx *ctx, uint32_t domid,
			     libxl_device_nic *nic,
			     const libxl_asyncop_how *how)
{
	(void)ctx;
	(void)how;
	return take(domid, "vif", nic->devid);
}

int libxl_device_nic_add(libxl_ctx *ctx, uint32_t domid, libxl_device_nic *nic,
			 const libxl_asyncop_how *how)
{
	char *json = libxl_device_nic_to_json(ctx, nic);
	int rc = give(domid, "vif", nic->devid, nic->backend_domid, json);

	(void)how;
	free(json);
	return rc;
}

/* xvda is 51712, and xvdb the next but fifteen. */
static int number_of(const char *vdev)
{
	return 51712 + 16 * (vdev[3] - 'a');
}

int libxl_vdev_to_device_disk(libxl_ctx *ctx, uint32_t domid, const char *vdev,
			      libxl_device_disk *disk)
{
	char name[] = "xvda";

	(void)ctx;
	name[3] = (char)('a' + (atoi(vdev) - 51712) / 16);
	disk->vdev = strdup(name);
	return read_backend(domid, "vbd", atoi(vdev), &disk->backend_domid);
}

int libxl_device_disk_destroy(libxl_ctx *ctx, uint32_t domid,
			      libxl_device_disk *disk,
			      const libxl_asyncop_how *how)
{
	(void)ctx;
	(void)how;
	return take(domid, "vbd", number_of(disk->vdev));
}

int libxl_device_disk_add(libxl_ctx *ctx, uint32_t domid,
			  libxl_device_disk *disk, const libxl_asyncop_how *how)
{
	char *json = libxl_device_disk_to_json(ctx, disk);
	int rc = give(domid, "vbd", number_of(disk->vdev), disk->backend_domid,
		      json);

	(void)how;
	free(json);
	return rc;
}

int libxl_domain_qualifier_to_domid(libxl_ctx *ctx, const char *name,
				    uint32_t *domid)
{
	return libxl_name_to_domid(ctx, name, domid);
}

int libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *userid,
			    uint8_t **data, int *len)
{
	char path[PATH_BYTES], name[64], *text;

	(void)ctx;
	(void)userid;
	snprintf(name, sizeof(name), "record-%u", domid);
	join(path, "", name);
	text = read_all(path);
	*data = (uint8_t *)text;
	*len = text ? (int)strlen(text) : 0;
	return 0;
}
