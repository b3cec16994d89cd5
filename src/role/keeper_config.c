/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configurations for the restart of guests.  They are in the records.  In
 * memory are those that must outlive the record (while an incident of the guest
 * is open), and those of a domain whose uuid another running domain has, until
 * the record belongs to it.  Does not interpret them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "keeper.h"

/* In place of a domid: it is the guest's, whichever domain that has. */
#define OF_GUEST 0

struct kept_config {
	struct list node;
	uint32_t domid;		/* of a domain alone; or OF_GUEST */
	uint8_t uuid[UUID_BYTES];
	struct domain_config config; /* of a domain alone */
	char *json;
};

static struct kept_config *find_config(const struct keeper *keeper, uint32_t domid,
				       const uint8_t *uuid)
{
	struct kept_config *kept;

	LIST_EACH(kept, (struct list *)&keeper->configs, struct kept_config,
		  node)
		if (kept->domid == domid && uuid_equal(kept->uuid, uuid))
			return kept;
	return NULL;
}

static void drop_config(struct kept_config *kept)
{
	list_remove(&kept->node);
	free(kept->json);
	free(kept);
}

/* Takes JSON over.  Without memory only the record is used. */
static struct kept_config *keep(struct keeper *keeper, uint32_t domid,
				const uint8_t *uuid, char *json)
{
	struct kept_config *kept = json ? calloc(1, sizeof(*kept)) : NULL;

	if (!kept) {
		free(json);
		return NULL;
	}
	kept->domid = domid;
	memcpy(kept->uuid, uuid, UUID_BYTES);
	kept->json = json;
	list_append(&keeper->configs, &kept->node);
	return kept;
}

void keeper_config_close(struct keeper *keeper)
{
	struct kept_config *kept;

	LIST_EACH(kept, &keeper->configs, struct kept_config, node)
		drop_config(kept);
}

/* --- of a guest, while it has an incident --- */

void keeper_config_keep(struct keeper *keeper, const uint8_t *uuid)
{
	char *json = NULL;

	if (!find_config(keeper, OF_GUEST, uuid) &&
	    store_get_config(keeper->store, uuid, &json) == 0)
		(void)keep(keeper, OF_GUEST, uuid, json);
}

void keeper_config_drop(struct keeper *keeper, const uint8_t *uuid)
{
	struct kept_config *kept = find_config(keeper, OF_GUEST, uuid);

	if (kept)
		drop_config(kept);
}

const char *keeper_config_kept(const struct keeper *keeper,
			       const uint8_t *uuid)
{
	const struct kept_config *kept = find_config(keeper, OF_GUEST, uuid);

	return kept ? kept->json : NULL;
}

void keeper_config_set(struct keeper *keeper, const uint8_t *uuid,
		       const struct domain_config *config, const char *json)
{
	struct kept_config *kept = find_config(keeper, OF_GUEST, uuid);
	int r = store_set_config(keeper->store, uuid, config, json);

	if (keeper_fallback_on(keeper, r))
		r = store_set_config(keeper->store, uuid, config, json);
	keeper_records_written(keeper);
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "config-not-stored",
			  LOG_TEXT("domain", config->name),
			  LOG_UUID("uuid", uuid),
			  LOG_TEXT("error", strerror(-r)));
	if (!kept)
		return;
	drop_config(kept);
	(void)keep(keeper, OF_GUEST, uuid, strdup(json));
}

int keeper_config_get(struct keeper *keeper, const uint8_t *uuid,
		      char **ret_json)
{
	const char *kept;
	int r = store_get_config(keeper->store, uuid, ret_json);

	if (r != -ENOENT && keeper_fallback_on(keeper, r))
		r = store_get_config(keeper->store, uuid, ret_json);
	if (r == 0)
		return 0;
	kept = keeper_config_kept(keeper, uuid);
	if (!kept)
		return r == -ENOENT ? r : -EAGAIN; /* the disk may come back */
	*ret_json = strdup(kept);
	return *ret_json ? 0 : -ENOMEM;
}

/* --- of a domain alone, while another has its uuid --- */

static bool is_there(const struct keeper *keeper,
		     const struct kept_config *kept)
{
	const struct domain *domain = engine_domain(keeper->engine,
						    kept->domid);

	return domain && uuid_equal(domain->info.id.uuid, kept->uuid);
}

/* A new configuration of DOMID replaces the old one; those of gone domains are
 * dropped. */
static void forget(struct keeper *keeper, uint32_t domid)
{
	struct kept_config *kept;

	LIST_EACH(kept, &keeper->configs, struct kept_config, node)
		if (kept->domid != OF_GUEST &&
		    (kept->domid == domid || !is_there(keeper, kept)))
			drop_config(kept);
}

static void set_aside(struct keeper *keeper, const struct wire_msg *msg,
		      const struct domain_config *config)
{
	struct kept_config *kept = keep(keeper, msg->id.domid, msg->id.uuid,
					strdup(msg->blob));

	log_event(LOG_LEVEL_WARN, "config-kept-aside",
		  LOG_TEXT("domain", msg->config.name),
		  LOG_INT("domid", msg->id.domid),
		  LOG_UUID("uuid", msg->id.uuid),
		  LOG_TEXT("text", "another domain with its uuid runs"));
	if (kept)
		kept->config = *config;
}

void keeper_config_told(struct keeper *keeper, const struct wire_msg *msg)
{
	struct domain_config config = msg->config;

	if (!msg->blob)
		return;
	text_copy(config.made_as, sizeof(config.made_as), msg->text);
	keeper_scan(keeper); /* the present domain with the uuid counts */
	forget(keeper, msg->id.domid);
	if (engine_config_waits(keeper->engine, msg->id.domid, msg->id.uuid))
		set_aside(keeper, msg, &config);
	else
		keeper_config_set(keeper, msg->id.uuid, &config, msg->blob);
	engine_config(keeper->engine, msg->id.domid, msg->id.uuid,
		      &config, keeper_now(keeper));
	keeper_takeover_look(keeper);
}

int keeper_config_take(void *ctx, const struct domain *domain,
		       struct domain_config *ret_config)
{
	const struct domain_id *id = &domain->info.id;
	struct keeper *keeper = ctx;
	struct kept_config *kept = find_config(keeper, id->domid, id->uuid);

	if (!kept)
		return -ENOENT;
	keeper_config_set(keeper, id->uuid, &kept->config, kept->json);
	*ret_config = kept->config;
	drop_config(kept);
	return 0;
}
