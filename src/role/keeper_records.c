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
#define PRUNE_EVERY 64 /* incidents; fewer than one pass removes */
#define RESERVE_BYTES (8u << 20) /* of the journal: some 400 records */
#define LOW_BYTES (1u << 20) /* what other files have to leave free */

/* Without it a full disk means records in memory only. */
static void reserve(struct keeper *keeper)
{
	int r = store_reserve(keeper->store, RESERVE_BYTES);

	if (r < 0)
		log_event(LOG_LEVEL_WARN, "records-not-reserved",
			  LOG_INT("bytes", RESERVE_BYTES),
			  LOG_TEXT("error", strerror(-r)));
}

/* The reserve makes a full disk invisible in the records: so it is told. */
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
}

static int read_boot_id(char *ret, size_t size)
{
	AUTO_FILE FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file || !fgets(ret, (int)size, file))
		return -EIO;
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

int keeper_records_open(struct keeper *keeper)
{
	struct text why = { 0 };
	char boot[64] = "";
	int r = read_boot_id(boot, sizeof(boot));

	if (r == 0)
		r = store_open(keeper->settings->state_dir, boot,
			       &keeper->store, &why);
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "store-failed",
			  LOG_TEXT("text", text_get(&why)));
	else if (text_get(&why)[0])
		log_event(LOG_LEVEL_ERROR, "store-replaced",
			  LOG_TEXT("text", text_get(&why)));
	text_free(&why);
	if (r == 0)
		reserve(keeper);
	return r;
}

/* Not by a timer: old records may stay where no new ones come. */
static void prune(struct keeper *keeper)
{
	const struct settings *set = keeper->settings;
	int64_t now_ms = keeper_now(keeper).wall_ms;
	uint32_t count = 0;
	int r = store_prune(keeper->store, set->keep_incidents,
			    now_ms - set->keep_days * MS_PER_DAY, &count);

	if (r < 0)
		log_event(LOG_LEVEL_WARN, "old-records-stay",
			  LOG_TEXT("error", strerror(-r)));
	else if (count)
		log_event(LOG_LEVEL_INFO, "old-records-removed",
			  LOG_INT("count", count));
}

int keeper_records_incident(void *ctx, struct incident *incident,
			    struct guest *payer)
{
	struct keeper *keeper = ctx;
	int r = store_record_paid(keeper->store, incident, payer);

	look_at_disk(keeper);
	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "record-not-written",
			  LOG_INT("incident", (int64_t)incident->number),
			  LOG_TEXT("domain", incident->name),
			  LOG_TEXT("error", strerror(-r)));
	else if (incident->state == CASE_STATE_CLOSED &&
		 incident->number % PRUNE_EVERY == 0)
		prune(keeper);
	return r;
}

int keeper_records_guest(void *ctx, struct guest *guest)
{
	struct keeper *keeper = ctx;
	int r = store_record_guest(keeper->store, guest);

	if (r < 0)
		log_event(LOG_LEVEL_ERROR, "record-not-written",
			  LOG_TEXT("domain", guest->name),
			  LOG_TEXT("error", strerror(-r)));
	return r;
}

/* Each failure is logged where it happens; this says how far behind it left
 * us, and that all is well again. */
void keeper_records_tell(struct keeper *keeper)
{
	uint32_t count = engine_unrecorded(keeper->engine);

	if (count == keeper->unrecorded)
		return;
	keeper->unrecorded = count;
	if (!count)
		reserve(keeper);
	log_event(count ? LOG_LEVEL_WARN : LOG_LEVEL_NOTICE,
		  count ? "records-behind" : "records-complete",
		  LOG_INT("incidents", count));
}

/* --- what was before --- */

static int restore_guest(void *ctx, const struct guest *guest)
{
	struct keeper *keeper = ctx;

	return engine_restore_guest(keeper->engine, guest);
}

static int restore_incident(void *ctx, struct incident *incident)
{
	struct keeper *keeper = ctx;

	if (incident->state != CASE_STATE_CLOSED)
		log_event(LOG_LEVEL_NOTICE, "incident-resumed",
			  LOG_INT("incident", (int64_t)incident->number),
			  LOG_TEXT("domain", incident->name),
			  LOG_INT("domid", incident->id.domid),
			  LOG_TEXT("step", step_name(incident_step(incident))),
			  LOG_TEXT("state", machine_case_name(incident->state)));
	return engine_restore(keeper->engine, incident, keeper_now(keeper));
}

int keeper_records_restore(struct keeper *keeper)
{
	uint64_t number = 1;
	int r = store_next_number(keeper->store, &number);

	if (r == 0)
		r = store_each_guest(keeper->store, restore_guest, keeper);
	if (r == 0)
		r = store_each_pending(keeper->store, restore_incident,
				       keeper);
	if (r == 0)
		engine_set_next_number(keeper->engine, number);
	return r;
}
