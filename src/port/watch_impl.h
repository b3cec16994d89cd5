/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the watch's files share: its state and the domains it knows.
 */
#ifndef PORT_WATCH_IMPL_H
#define PORT_WATCH_IMPL_H

#include "base/list.h"
#include "port/light.h"
#include "port/hv.h"
#include "port/watch.h"

#define WATCH_EJECTS_MAX 16
#define WATCH_NOT_SHUT_DOWN (-1)

#define WATCH_VDEV_BYTES 32

/* libxl 4.17's event has no vdev: it is kept here, the event brings [i]. */
struct watch_eject {
	libxl_evgen_disk_eject *event;
	char vdev[WATCH_VDEV_BYTES];
};

struct watch_domain {
	struct list node;
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	bool present;		/* in the list that is being read */
	bool dying;
	int reason_code;	/* last reported; or WATCH_NOT_SHUT_DOWN */
	bool has_config, has_update;
	uint64_t config_hash;	/* of the record and the name */
	libxl_evgen_domain_death *death;
	struct watch_eject eject[WATCH_EJECTS_MAX];
	unsigned int ejects;
	uint32_t model_pid;	/* of its device model, as last reported; or 0 */
	uint32_t model_stub;	/* its stub domain, as last reported; or 0 */
	uint32_t model_user;	/* whom that may run as beside root; or 0 */
};

struct watch {
	struct ev_loop *loop;
	struct watch_calls calls;
	void *ctx;
	struct xentoollog_logger *logger;
	libxl_ctx *light;
	struct hv *hv;
	struct xs_handle *store;
	ev_io store_io, lifeline_io, files_io;
	struct list domains;
	bool lost;		/* no call of any library from here on */
	char version[48];
};

/* Calls lost(), once. */
void watch_lose(struct watch *watch, const char *why);

/* Compares the hypervisor's list with what is known. */
void watch_look(struct watch *watch);

/* NULL: unknown. */
struct watch_domain *watch_find(struct watch *watch, uint32_t domid);

/* libxl's file descriptors and timeouts in our loop (watch_loop.c). */
void watch_loop_attach(struct watch *watch);

/*
 * Our connection to xenstore (watch_store.c), and its watch on the name of
 * one domain.
 */
int watch_store_open(struct watch *watch);
void watch_store_close(struct watch *watch);
void watch_store_name(struct watch *watch, const struct watch_domain *domain,
		      bool on);
/* What xenstore says of a domain that libxl has no record of. */
void watch_store_tell(struct watch *watch, const struct watch_domain *domain);

/* libxl's userdata files (watch_files.c): changes, and reading them. */
int watch_files_open(struct watch *watch);
void watch_files_close(struct watch *watch);
void watch_files_read(struct watch *watch, struct watch_domain *domain);
void watch_files_read_config(struct watch *watch, struct watch_domain *domain);

/* CD drives of one domain (watch_files.c arms them by its configuration). */
void watch_eject_disarm(struct watch *watch, struct watch_domain *domain);
void watch_eject_arm(struct watch *watch, struct watch_domain *domain,
		     const libxl_domain_config *config);

/* The process of one domain's device model (watch_model.c): its user by the
 * configuration, and the report of a new one. */
void watch_model_user(struct watch_domain *domain,
		      const libxl_domain_config *config);
void watch_model_read(struct watch *watch, struct watch_domain *domain);

#endif
