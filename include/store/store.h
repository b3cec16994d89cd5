/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The durable records: guests, incidents and their steps, in one SQLite
 * database.  Knows nothing of Xen, processes or policy.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "core/engine.h"
#include "core/evidence.h"
#include "core/host.h"
#include "core/incident.h"

struct store;

/*
 * BOOT names the host's present boot (its boot id): a domain of another boot
 * is gone for certain.
 *
 * Opens DIR/xenvigil.db, making the directory (0700) and the file when they
 * are missing.  A damaged file is set aside under a name that WHY then
 * holds, and a new one is made.  Returns 0 (WHY empty or a warning), or
 * -errno with the reason in WHY.
 */
int store_open(const char *dir, const char *boot, struct store **ret_store,
	       struct text *why);
void store_close(struct store *store);

/*
 * Keeps BYTES of room in the journal, so that records go on being written
 * when the disk has run full; what one open reserved outlives a kill, not
 * store_close().  -ENOSPC: there is no such room now; nothing is lost by it.
 */
int store_reserve(struct store *store, uint32_t bytes);

/* Frees copies of what is in the file: read again when they are needed. */
void store_rest(struct store *store);

/*
 * Write down one incident with its steps, or one guest.  Durable when 0 is
 * returned; -ENOSPC for a full disk, -EIO and others else, with nothing of
 * the call written.
 */
int store_record(struct store *store, const struct incident *incident);
int store_record_guest(struct store *store, const struct guest *guest);

/* Both or neither: INCIDENT begins a start that PAYER's budget has paid for.
 * NULL: none has. */
int store_record_paid(struct store *store, const struct incident *incident,
		      const struct guest *payer);

/*
 * The configuration to re-create a guest from, libxl's JSON.  One that
 * cannot be written is kept in memory and written when there is room:
 * without it a guest that was destroyed could not be started again.
 */
int store_set_config(struct store *store, const uint8_t uuid[UUID_BYTES],
		     const struct domain_config *config, const char *json);

/* *RET_JSON is malloc()ed.  -ENOENT: none is known. */
int store_get_config(struct store *store, const uint8_t uuid[UUID_BYTES],
		     char **ret_json);

/*
 * Call EACH for every guest; for every incident that is open, or that was
 * closed in this boot with its domain left behind (pending); for the
 * incidents seen at or after SINCE_MS, newest first, at most LIMIT (since).
 * An incident belongs to EACH (incident_free()).  They stop at the first
 * non-zero value of EACH and return it; -errno for trouble of their own.
 */
int store_each_guest(struct store *store,
		     int (*each)(void *ctx, const struct guest *guest),
		     void *ctx);
int store_each_pending(struct store *store,
		       int (*each)(void *ctx, struct incident *incident),
		       void *ctx);
int store_each_since(struct store *store, int64_t since_ms, uint32_t limit,
		     int (*each)(void *ctx, struct incident *incident),
		     void *ctx);

/*
 * What a person calls an incident: its number, or its guest's name or the
 * begin of its uuid (then the newest of that guest); "": the newest of all.
 * -ENOENT; -ENOTUNIQ: several guests' uuids begin so.
 */
int store_find_incident(struct store *store, const char *id,
			uint64_t *ret_number);

/* Calls EACH, as store_each_pending() does, for the one NUMBER.  -ENOENT. */
int store_get_incident(struct store *store, uint64_t number,
		       int (*each)(void *ctx, struct incident *incident),
		       void *ctx);

/*
 * Writes down one piece of evidence of incident NUMBER, its text cut to
 * EVIDENCE_TEXT_BYTES from its end.  What is there of its kind is replaced,
 * but never by the word that there is none: a step that is done once more
 * may find less.  Durable when 0 is returned.
 */
int store_add_evidence(struct store *store, uint64_t number,
		       const struct evidence *evidence);

/* Calls EACH for all there is of NUMBER, by kind; as store_each_pending(). */
int store_each_evidence(struct store *store, uint64_t number,
			int (*each)(void *ctx, const struct evidence *evidence),
			void *ctx);

/* What incidents have by which they can be told to be alike. */
struct store_panic {
	uint8_t uuid[UUID_BYTES];
	int64_t seen_ms;
	enum reason reason;
	const char *panic;	/* escaped, not "" */
};

/* Calls EACH for every incident with a line that says why; as above. */
int store_each_panic(struct store *store,
		     int (*each)(void *ctx, const struct store_panic *panic),
		     void *ctx);

/*
 * Removes a batch of closed incidents: those beyond the newest KEEP, and
 * those seen before BEFORE_MS.  The newest STORE_KEEP_NEWEST stay whatever
 * a clock says, and so do those that store_each_pending() gives.
 */
#define STORE_KEEP_NEWEST 1000
int store_prune(struct store *store, uint32_t keep, int64_t before_ms,
		uint32_t *ret_count);

/*
 * Write down one trouble of the host; a new one (number 0) gets its number.
 * Call EACH for those that lasted at or after SINCE_MS, newest first.
 */
int store_record_host(struct store *store, struct host_trouble *trouble);
int store_each_host(struct store *store, int64_t since_ms, uint32_t limit,
		    int (*each)(void *ctx, const struct host_trouble *trouble),
		    void *ctx);

/* The first number never used. */
int store_next_number(struct store *store, uint64_t *ret_number);

#endif
