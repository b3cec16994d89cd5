/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process or stub domain that is the device model of a domain, from libxl's
 * entries below the domain's "image", which the guest cannot write.  Reads no
 * process.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "base/cleanup.h"
#include "port/watch_impl.h"

/* The one that libxl takes for all that have none of their own. */
#define SHARED_USER "xen-qemuuser-shared"

static bool read_number(struct watch *watch, uint32_t domid, const char *node,
			uint32_t *ret_number)
{
	AUTO_FREE char *value = NULL;
	char path[96], *end;
	unsigned long number;

	snprintf(path, sizeof(path), "/local/domain/%u/image/%s", domid, node);
	value = xs_read(watch->store, XBT_NULL, path, NULL);
	if (!value)
		return false;
	number = strtoul(value, &end, 10);
	if (end == value || *end || !number || number > INT32_MAX)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* By the file alone: other sources of users may be away for long. */
static uint32_t user_of(const char *name)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;
	uint32_t user = 0;

	if (!file)
		return 0;
	while (!user && (entry = fgetpwent(file)))
		if (!strcmp(entry->pw_name, name))
			user = entry->pw_uid;
	fclose(file);
	return user;
}

void watch_model_user(struct watch_domain *domain,
		      const libxl_domain_config *config)
{
	const libxl_domain_build_info *info = &config->b_info;
	const char *name = info->device_model_user;

	/* libxl ends the process that asks for the value of a default. */
	if (!name && !libxl_defbool_is_default(info->dm_restrict) &&
	    libxl_defbool_val(info->dm_restrict))
		name = SHARED_USER;
	domain->model_user = name && *name ? user_of(name) : 0;
}

void watch_model_read(struct watch *watch, struct watch_domain *domain)
{
	uint32_t pid = 0, stub = 0, user = domain->model_user;

	if (watch->lost)
		return;
	(void)read_number(watch, domain->domid, "device-model-domid", &stub);
	if (!stub)
		(void)read_number(watch, domain->domid, "device-model-pid",
				  &pid);
	if ((!pid && !stub) ||
	    (pid == domain->model_pid && stub == domain->model_stub))
		return;
	(void)read_number(watch, domain->domid, "device-model-kill-uid",
			  &user);
	domain->model_pid = pid;
	domain->model_stub = stub;
	watch->calls.model(watch->ctx, domain->domid, domain->uuid, pid, user,
			   stub);
}
