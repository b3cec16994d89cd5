/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which domains there are and what happens to them, out of libxl's events
 * and xenstore's two special watches.  Everything found is a hint; nothing
 * here changes a domain.
 */
#include "port/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "port/logger.h"
#include "port/watch_impl.h"

/* No event here starts a child; libxl must not reap somebody else's. */
static const libxl_childproc_hooks childproc_hooks = {
	.chldowner = libxl_sigchld_owner_libxl_always_selective_reap,
};

void watch_lose(struct watch *watch, const char *why)
{
	if (watch->lost)
		return;
	watch->lost = true;
	watch->calls.lost(watch->ctx, why);
}

struct watch_domain *watch_find(struct watch *watch, uint32_t domid)
{
	struct watch_domain *domain;

	LIST_EACH(domain, &watch->domains, struct watch_domain, node)
		if (domain->domid == domid)
			return domain;
	return NULL;
}

void watch_eject_disarm(struct watch *watch, struct watch_domain *domain)
{
	while (domain->ejects)
		libxl_evdisable_disk_eject(watch->light,
			domain->eject[--domain->ejects].event);
}

static void arm_one_eject(struct watch *watch, struct watch_domain *domain,
			  const char *vdev)
{
	unsigned int i = domain->ejects;

	if (i == WATCH_EJECTS_MAX || strlen(vdev) >= WATCH_VDEV_BYTES ||
	    libxl_evenable_disk_eject(watch->light, domain->domid, vdev, i,
				      &domain->eject[i].event)) {
		log_event(LOG_LEVEL_WARN, "eject-event-unavailable",
			  LOG_INT("domid", domain->domid),
			  LOG_TEXT("vdev", vdev));
		return;
	}
	text_copy(domain->eject[i].vdev, WATCH_VDEV_BYTES, vdev);
	domain->ejects++;
	watch->calls.progress(watch->ctx);
}

void watch_eject_arm(struct watch *watch, struct watch_domain *domain,
		     const libxl_domain_config *config)
{
	for (int i = 0; i < config->num_disks; i++)
		if (config->disks[i].removable && config->disks[i].vdev)
			arm_one_eject(watch, domain, config->disks[i].vdev);
}

static void tell_ejected(struct watch *watch, struct watch_domain *domain,
			 uint64_t i)
{
	/* It may be from before the drives were armed again. */
	if (i < domain->ejects)
		watch->calls.ejected(watch->ctx, domain->domid, domain->uuid,
				     domain->eject[i].vdev);
}

/*
 * A generator reports one shutdown.  Enabling the new one first leaves no
 * moment without (libxl would drop its watch with the last one).
 */
static void arm_death(struct watch *watch, struct watch_domain *domain)
{
	libxl_evgen_domain_death *fresh;

	if (libxl_evenable_domain_death(watch->light, domain->domid,
					domain->domid, &fresh)) {
		log_event(LOG_LEVEL_WARN, "death-event-unavailable",
			  LOG_INT("domid", domain->domid));
		return;
	}
	if (domain->death)
		libxl_evdisable_domain_death(watch->light, domain->death);
	domain->death = fresh;
}

static void domain_drop(struct watch *watch, struct watch_domain *domain)
{
	watch_store_name(watch, domain, false);
	watch_eject_disarm(watch, domain);
	if (domain->death)
		libxl_evdisable_domain_death(watch->light, domain->death);
	list_remove(&domain->node);
	free(domain);
}

static void domain_add(struct watch *watch, const struct domain_info *info)
{
	struct watch_domain *domain = calloc(1, sizeof(*domain));

	if (!domain) {
		watch_lose(watch, "out of memory");
		return;
	}
	domain->domid = info->id.domid;
	memcpy(domain->uuid, info->id.uuid, UUID_BYTES);
	domain->present = true;
	domain->dying = info->dying;
	domain->reason_code = info->shutdown ? info->reason_code
					     : WATCH_NOT_SHUT_DOWN;
	list_append(&watch->domains, &domain->node);
	arm_death(watch, domain);
	watch->calls.progress(watch->ctx);
	watch_store_name(watch, domain, true);
	watch->calls.progress(watch->ctx);
	watch_files_read(watch, domain);
	if (!watch->lost)
		watch->calls.hint(watch->ctx, domain->domid,
				  domain->reason_code);
}

static void domain_compare(struct watch *watch, struct watch_domain *domain,
			   const struct domain_info *info)
{
	int code = info->shutdown ? info->reason_code : WATCH_NOT_SHUT_DOWN;

	domain->present = true;
	if (code == domain->reason_code && info->dying == domain->dying)
		return;
	if (code == WATCH_NOT_SHUT_DOWN && domain->reason_code != code)
		arm_death(watch, domain); /* resumed, or soft reset */
	domain->reason_code = code;
	domain->dying = info->dying;
	watch->calls.hint(watch->ctx, domain->domid, code);
}

static void drop_absent(struct watch *watch)
{
	struct watch_domain *domain;

	LIST_EACH(domain, &watch->domains, struct watch_domain, node) {
		uint32_t domid = domain->domid;

		if (domain->present)
			continue;
		domain_drop(watch, domain);
		watch->calls.hint(watch->ctx, domid, WATCH_NOT_SHUT_DOWN);
	}
}

void watch_look(struct watch *watch)
{
	const struct domain_info *list;
	struct watch_domain *domain;
	size_t count;

	if (hv_list(watch->hv, &list, &count)) {
		watch_lose(watch, "the hypervisor's list cannot be read");
		return;
	}
	LIST_EACH(domain, &watch->domains, struct watch_domain, node)
		domain->present = false;
	for (size_t i = 0; i < count && !watch->lost; i++) {
		domain = watch_find(watch, list[i].id.domid);
		if (domain && !uuid_equal(domain->uuid, list[i].id.uuid)) {
			/* renamed, or another domain under its domid */
			domain_drop(watch, domain);
			domain = NULL;
		}
		if (domain)
			domain_compare(watch, domain, &list[i]);
		else
			domain_add(watch, &list[i]);
	}
	if (!watch->lost)
		drop_absent(watch);
}

static void event_occurs(void *user, libxl_event *event)
{
	struct watch *watch = user;
	struct watch_domain *domain = watch_find(watch, event->domid);
	int code;

	if (domain && event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN) {
		code = (int)event->u.domain_shutdown.shutdown_reason & 0xff;
		if (domain->reason_code != code) {
			domain->reason_code = code;
			watch->calls.hint(watch->ctx, event->domid, code);
		}
	} else if (domain && event->type == LIBXL_EVENT_TYPE_DOMAIN_DEATH) {
		watch->calls.hint(watch->ctx, event->domid,
				  WATCH_NOT_SHUT_DOWN);
	} else if (domain && event->type == LIBXL_EVENT_TYPE_DISK_EJECT) {
		tell_ejected(watch, domain, event->for_user);
	}
	libxl_event_free(watch->light, event);
}

/* libxl may not be called from in here, nor ever again. */
static void disaster(void *user, libxl_event_type type, const char *msg,
		     int errnoval)
{
	char why[256];

	(void)type;
	snprintf(why, sizeof(why), "libxl: %s: %s", msg, strerror(errnoval));
	watch_lose(user, why);
}

static int light_open(struct watch *watch)
{
	static const libxl_event_hooks hooks = {
		.event_occurs_mask = LIBXL_EVENTMASK_ALL,
		.event_occurs = event_occurs,
		.disaster = disaster,
	};
	const libxl_version_info *info;

	watch->logger = logger_new();
	if (!watch->logger)
		return -ENOMEM;
	if (libxl_ctx_alloc(&watch->light, LIBXL_VERSION, 0, watch->logger))
		return -EIO;
	watch_loop_attach(watch); /* first: libxl has no descriptors yet */
	libxl_childproc_setmode(watch->light, &childproc_hooks, NULL);
	libxl_event_register_callbacks(watch->light, &hooks, watch);
	info = libxl_get_version_info(watch->light);
	if (!info)
		return -EIO;
	snprintf(watch->version, sizeof(watch->version), "%d.%d%s",
		 info->xen_version_major, info->xen_version_minor,
		 info->xen_version_extra ?: "");
	return 0;
}

int watch_open(struct ev_loop *loop, const struct watch_calls *calls,
	       void *ctx, struct watch **ret_watch)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->loop = loop;
	watch->calls = *calls;
	watch->ctx = ctx;
	list_init(&watch->domains);
	r = hv_open(&watch->hv);
	if (!r)
		r = light_open(watch);
	if (!r)
		r = watch_files_open(watch);
	if (!r)
		r = watch_store_open(watch);
	if (r) {
		watch_close(watch);
		return r;
	}
	*ret_watch = watch;
	return 0;
}

void watch_close(struct watch *watch)
{
	struct watch_domain *domain;

	if (!watch || watch->lost)
		return; /* the process ends: its libraries cannot be trusted */
	watch_files_close(watch);
	LIST_EACH(domain, &watch->domains, struct watch_domain, node)
		domain_drop(watch, domain);
	watch_store_close(watch);
	if (watch->light)
		libxl_ctx_free(watch->light);
	hv_close(watch->hv);
	logger_free(watch->logger);
	free(watch);
}

void watch_start(struct watch *watch)
{
	watch_look(watch);
}

const char *watch_toolstack_version(struct watch *watch)
{
	return watch->version;
}
