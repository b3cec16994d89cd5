/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keeper's records: opened, written, restored from, and kept writable
 * on a full disk.  Says how they stand; decides nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "keeper.h"

#define MS_PER_DAY 86400000ll
#define PRUNE_EVERY 64 /* records; fewer than one pass removes */
#define RESERVE_BYTES (8u << 20) /* of the journal: some 400 records */
#define LOW_BYTES (1u << 20) /* what other files have to leave free */

void keeper_records_reserve(struct keeper *keeper)
{
	int r = store_reserve(keeper->store, RESERVE_BYTES);

	if (r < 0)
		log_event(LOG_LEVEL_WARN, "records-not-reserved",
			  LOG_INT("bytes", RESERVE_BYTES),
			  LOG_TEXT("error", strerror(-r)));
}

/* Because of the reserve, writes still work on a full disk: so a full disk is
 * reported here. */
static void look_at_disk(struct keeper *keeper)
{
	const char *dir = keeper->settings->state_dir;
	struct statvfs disk;
	uint64_t free_bytes;

	if (statvfs(dir, &disk) < 0)
		return;
	free_bytes = (uint64_t)disk.f_bfree * disk.f_frsize;
	if (keeper->disk_full == (free_bytes < LOW_BYTES))
		return;
	keeper->disk_full = !keeper->disk_full;
	log_event(keeper->disk_full ? LOG_LEVEL_ERROR : LOG_LEVEL_NOTICE,
		  keeper->disk_full ? "disk-full" : "disk-has-room",
		  LOG_TEXT("dir", dir), LOG_INT("free", (int64_t)free_bytes));
	if (!keeper->disk_full)
		keeper_records_reserve(keeper);
}

static int read_boot_id(char *ret, size_t size)
{
	AUTO_FILE FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file || !fgets(ret, (int)size, file))
		return -EIO;
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

/* The temporary records of the last daemon: it is unknown whether that daemon
 * had read the database. */
static int take_left(struct keeper *keeper, struct store *store,
		     struct text *why)
{
	struct store *left;
	int r = store_open_temporary(keeper->settings->run_dir, keeper->boot,
				     &left, why);

	if (r < 0)
		return r;
	r = store_take_over(store, left, false);
	if (r < 0) {
		store_close(left);
		return r;
	}
	log_event(LOG_LEVEL_NOTICE, "records-back",
		  LOG_TEXT("path", store_path(store)));
	store_discard(left);
	return 0;
}

int keeper_records_open_store(struct keeper *keeper, bool suspect,
			      struct store **ret_store, struct text *why)
{
	const char *dir = keeper->settings->state_dir;
	int r = suspect ?
		store_open_suspect(dir, keeper->boot, ret_store, why) :
		store_open(dir, keeper->boot, ret_store, why);

	if (r == 0 && text_get(why)[0])
		log_event(LOG_LEVEL_ERROR, "store-replaced",
			  LOG_TEXT("text", text_get(why)));
	return r;
}

static int open_whole(struct keeper *keeper, struct text *why)
{
	struct store *store;
	int r = keeper_records_open_store(keeper, false, &store, why);

	if (r < 0)
		return r;
	if (store_has_temporary(keeper->settings->run_dir))
		r = take_left(keeper, store, why);
	if (r < 0)
		store_close(store);
	else
		keeper->store = store;
	return r;
}

int keeper_records_open(struct keeper *keeper)
{
	struct text why = { 0 };
	int r = read_boot_id(keeper->boot, sizeof(keeper->boot));

	if (r == 0)
		r = keeper_fallback_open(keeper);
	if (r < 0)
		return r;
	r = open_whole(keeper, &why);
	if (r == 0)
		keeper_records_reserve(keeper);
	else if (r != -ENOMEM)
		r = keeper_fallback_start(keeper, r, text_get(&why)[0] ?
					  text_get(&why) : strerror(-r));
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "store-failed",
			  LOG_TEXT("text", text_get(&why)));
	text_free(&why);
	return r;
}

void keeper_records_check(struct keeper *keeper)
{
	keeper_fallback_on(keeper, store_check(keeper->store));
}

static bool has_domain(void *ctx, uint32_t domid, uint64_t epoch)
{
	const struct keeper *keeper = ctx;
	const struct domain *domain = engine_domain(keeper->engine, domid);

	return domain && domain->info.id.epoch == epoch;
}

static bool has_guest(void *ctx, const uint8_t *uuid)
{
	const struct keeper *keeper = ctx;

	return engine_guest(keeper->engine, uuid) != NULL;
}

/* Not by a timer: old records may stay where no new ones come. */
static void prune(struct keeper *keeper)
{
	const struct settings *set = keeper->settings;
	struct engine_time now = keeper_now(keeper);
	struct store_keep keep = {
		.incidents = set->keep_incidents,
		.before_ms = now.wall_ms - set->keep_days * MS_PER_DAY,
		.guests = set->keep_guests,
		.total_mib = set->records_total_mib,
		.has_domain = has_domain, .has_guest = has_guest,
		.ctx = keeper,
	};
	struct store_pruned pruned = { 0 };
	int r;

	engine_forget(keeper->engine, now);
	r = store_prune(keeper->store, &keep, &pruned);
	if (!store_pruned_more(&pruned))
		keeper->written = 0;
	if (r < 0)
		log_event(LOG_LEVEL_WARN, "old-records-stay",
			  LOG_TEXT("error", strerror(-r)));
	else if (pruned.incidents || pruned.guests || pruned.evidence)
		log_event(LOG_LEVEL_INFO, "old-records-removed",
			  LOG_INT("count", pruned.incidents),
			  LOG_INT("guests", pruned.guests),
			  LOG_INT("evidence", pruned.evidence));
}

void keeper_records_written(struct keeper *keeper)
{
	keeper->written++;
}

/* From when it opens, the guest can be started again whatever the disk does. */
static void keep_config(struct keeper *keeper, const struct incident *incident)
{
	if (incident->state == CASE_STATE_CLOSED)
		keeper_config_drop(keeper, incident->id.uuid);
	else
		keeper_config_keep(keeper, incident->id.uuid);
}

int keeper_records_incident(void *ctx, struct incident *incident,
			    struct guest *payer)
{
	struct keeper *keeper = ctx;
	int r;

	keeper_records_check(keeper);
	keep_config(keeper, incident);
	r = store_record_paid(keeper->store, incident, payer);
	if (keeper_fallback_on(keeper, r))
		r = store_record_paid(keeper->store, incident, payer);
	look_at_disk(keeper);
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "record-not-written",
			  LOG_INT("incident", (int64_t)incident->number),
			  LOG_TEXT("domain", incident->name),
			  LOG_TEXT("error", strerror(-r)));
	else if (incident->state == CASE_STATE_CLOSED)
		keeper_records_written(keeper);
	return r;
}

int keeper_records_guest(void *ctx, struct guest *guest)
{
	struct keeper *keeper = ctx;
	int r = store_record_guest(keeper->store, guest);

	if (keeper_fallback_on(keeper, r))
		r = store_record_guest(keeper->store, guest);
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "record-not-written",
			  LOG_TEXT("domain", guest->name),
			  LOG_TEXT("error", strerror(-r)));
	return r;
}

int keeper_records_host(struct keeper *keeper, struct host_trouble *trouble)
{
	int r = store_record_host(keeper->store, trouble);

	if (keeper_fallback_on(keeper, r))
		r = store_record_host(keeper->store, trouble);
	return r;
}

int keeper_records_evidence(struct keeper *keeper, uint64_t incident,
			    const struct evidence *evidence)
{
	int r = store_add_evidence(keeper->store, incident, evidence);

	if (keeper_fallback_on(keeper, r))
		r = store_add_evidence(keeper->store, incident, evidence);
	return r;
}

/* Each failure is logged where it happens; this says how far behind it left
 * us, and that all is well again. */
void keeper_records_tell(struct keeper *keeper)
{
	uint32_t count = engine_unrecorded(keeper->engine);

	if (keeper->written >= PRUNE_EVERY)
		prune(keeper);
	if (count == keeper->unrecorded)
		return;
	keeper->unrecorded = count;
	if (!count)
		keeper_records_reserve(keeper);
	log_event(count ? LOG_LEVEL_WARN : LOG_LEVEL_NOTICE,
		  count ? "records-behind" : "records-complete",
		  LOG_INT("incidents", count));
}

/* --- what was before --- */

struct restoring {
	struct keeper *keeper;
	const struct domain_info *list;
	size_t count;
};

static bool is_listed(void *ctx, uint32_t domid, uint64_t epoch)
{
	const struct restoring *to = ctx;

	for (size_t i = 0; i < to->count; i++)
		if (to->list[i].id.domid == domid)
			return to->list[i].id.epoch == epoch;
	return false;
}

static int restore_guest(void *ctx, const struct guest *guest)
{
	struct keeper *keeper = ctx;

	return engine_restore_guest(keeper->engine, guest);
}

static int restore_incident(void *ctx, struct incident *incident)
{
	struct keeper *keeper = ((struct restoring *)ctx)->keeper;

	if (incident->state != CASE_STATE_CLOSED) {
		keeper_config_keep(keeper, incident->id.uuid);
		log_event(LOG_LEVEL_NOTICE, "incident-resumed",
			  LOG_INT("incident", (int64_t)incident->number),
			  LOG_TEXT("domain", incident->name),
			  LOG_INT("domid", incident->id.domid),
			  LOG_TEXT("step", step_name(incident_step(incident))),
			  LOG_TEXT("state", machine_case_name(incident->state)));
	}
	return engine_restore(keeper->engine, incident, keeper_now(keeper));
}

int keeper_records_restore(struct keeper *keeper)
{
	uint64_t first = keeper_fallback_first_number(keeper), number = 1;
	struct restoring to = { .keeper = keeper };
	int r = store_next_number(keeper->store, &number);

	if (r == 0)
		r = hv_list(keeper->hv, &to.list, &to.count);
	if (r == 0)
		r = store_each_guest(keeper->store, restore_guest, keeper);
	if (r == 0)
		r = store_each_needed(keeper->store, is_listed,
				      restore_incident, &to);
	if (r == 0)
		engine_set_next_number(keeper->engine,
				       number > first ? number : first);
	return r;
}
