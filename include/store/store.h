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
 * BOOT is the host's boot id: a domain of another boot is certainly gone.
 *
 * Opens DIR/xenvigil.db, making the directory (0700) and the file when they
 * are missing.  A damaged file is renamed to a name that WHY then has,
 * and a new one is created.  Returns 0 (WHY empty or a warning), or
 * -errno with the reason in WHY.
 */
int store_open(const char *dir, const char *boot, struct store **ret_store,
	       struct text *why);
/* A larger file is checked completely only by open_suspect(), for a file that
 * was found damaged. */
#define STORE_CHECK_MOST (64ll << 20)
int store_open_suspect(const char *dir, const char *boot,
		       struct store **ret_store, struct text *why);
void store_close(struct store *store);

/* Is the file still the one that was opened? 0, or -errno: SQLite silently
 * continues with a removed file. */
int store_check(const struct store *store);

/*
 * Temporary records while store_open() does not work: in DIR, which is empty
 * after a boot of the host, or in memory.
 *
 * take_over() copies FROM into STORE, completely or not at all; KNEW: FROM
 * started with the content of STORE.  discard() closes and removes it.
 *
 * salvage() reads the guests, the unfinished incidents and the first unused
 * number from the database in FROM_DIR, which may be read-only or newer; DIR is
 * for a copy of it. Entries that STORE already has are not changed.
 */
bool store_has_temporary(const char *dir);
int store_open_temporary(const char *dir, const char *boot,
			 struct store **ret_store, struct text *why);
int store_take_over(struct store *store, struct store *from, bool knew);
int store_salvage(struct store *store, const char *from_dir, const char *dir,
		  uint64_t *ret_number);
void store_discard(struct store *store);

/* The file; ":memory:" for none. */
const char *store_path(const struct store *store);

/*
 * Reserves BYTES in the journal, so that records can be written when the disk
 * is full. The reserve survives a kill, but not store_close().  -ENOSPC: there
 * is no space now; nothing is lost.
 */
int store_reserve(struct store *store, uint32_t bytes);

/* Frees the cached pages; they are read again when needed. */
void store_rest(struct store *store);

/*
 * Record one incident with its steps, or one guest.  Durable when 0 is
 * returned; -ENOSPC for a full disk, -EIO and others else, with nothing of
 * the call written.
 */
int store_record(struct store *store, const struct incident *incident);
int store_record_guest(struct store *store, const struct guest *guest);

/* Records both or neither: INCIDENT starts a guest and PAYER's budget has paid
 * for it, or got back the payment for a start that did not begin.  PAYER may be
 * NULL. */
int store_record_paid(struct store *store, const struct incident *incident,
		      const struct guest *payer);

/*
 * The configuration to re-create a guest from, libxl's JSON; NULL leaves the
 * one on record.  Members that CONFIG does not have (a type of UNKNOWN, no
 * action, no name) do not change the record.  If it cannot be written, it is
 * kept in memory and written later: without it a destroyed guest could not be
 * started again.
 */
int store_set_config(struct store *store, const uint8_t uuid[UUID_BYTES],
		     const struct domain_config *config, const char *json);

/* *RET_JSON is malloc()ed.  -ENOENT: unknown. */
int store_get_config(struct store *store, const uint8_t uuid[UUID_BYTES],
		     char **ret_json);

/*
 * Call EACH for every guest; for every incident that is open, or that was
 * closed in this boot with its domain left behind (pending); for the
 * incidents seen at or after SINCE_MS, newest first, at most LIMIT (since).
 * An incident belongs to EACH (incident_free()).  They stop at the
 * first non-zero value of EACH and return it, or -errno for their own errors.
 */
int store_each_guest(struct store *store,
		     int (*each)(void *ctx, const struct guest *guest),
		     void *ctx);
int store_each_pending(struct store *store,
		       int (*each)(void *ctx, struct incident *incident),
		       void *ctx);
/* The same without closed incidents whose domain HAS_DOMAIN (with the same CTX)
 * does not know. */
int store_each_needed(struct store *store,
		      bool (*has_domain)(void *ctx, uint32_t domid,
					 uint64_t epoch),
		      int (*each)(void *ctx, struct incident *incident),
		      void *ctx);
int store_each_since(struct store *store, int64_t since_ms, uint32_t limit,
		     int (*each)(void *ctx, struct incident *incident),
		     void *ctx);
/* Those that store_each_since() shows after the one numbered BEFORE, which was
 * seen at BEFORE_MS. */
int store_each_before(struct store *store, int64_t since_ms, int64_t before_ms,
		      uint64_t before, uint32_t limit,
		      int (*each)(void *ctx, struct incident *incident),
		      void *ctx);

/*
 * Finds an incident by its number, or by its guest's name or the start of the
 * guest's uuid (then the newest of that guest); "": the newest of all.
 * -ENOENT; -ENOTUNIQ: the uuids of several guests start like this.
 */
int store_find_incident(struct store *store, const char *id,
			uint64_t *ret_number);

/* Calls EACH, as store_each_pending() does, for the one NUMBER.  -ENOENT. */
int store_get_incident(struct store *store, uint64_t number,
		       int (*each)(void *ctx, struct incident *incident),
		       void *ctx);

/*
 * Records one piece of evidence of incident NUMBER; of a longer text the last
 * EVIDENCE_TEXT_BYTES.  It replaces the evidence of its kind, but missing
 * evidence replaces none: a repeated step may find less.  Durable when 0 is
 * returned.
 */
int store_add_evidence(struct store *store, uint64_t number,
		       const struct evidence *evidence);

/* Calls EACH for all evidence of NUMBER, by kind; as store_each_pending(). */
int store_each_evidence(struct store *store, uint64_t number,
			int (*each)(void *ctx, const struct evidence *evidence),
			void *ctx);

/* The part of an incident that shows whether two have the same cause. */
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

/* The number of incidents that are kept at any age. */
#define STORE_KEEP_NEWEST 1000

struct store_keep {
	uint32_t incidents;	/* the newest */
	int64_t before_ms;	/* older ones are removed */
	uint32_t guests;	/* the newest that are not known; 0: all */
	uint32_t total_mib;	/* of all records; 0: no limit */
	/* Does the domain still exist?  NULL: none does. */
	bool (*has_domain)(void *ctx, uint32_t domid, uint64_t epoch);
	bool (*has_guest)(void *ctx, const uint8_t uuid[UUID_BYTES]);
	void *ctx;
};

struct store_pruned {
	uint32_t incidents, guests;
	uint32_t evidence;	/* incidents whose evidence was removed */
};

/*
 * Removes a batch of old records: closed incidents beyond their number or age;
 * beyond the bytes first the evidence of the oldest, then the oldest incidents;
 * guests with only a configuration.  Records of a domain that still exists are
 * kept.  For the limit of bytes the newest incident of a guest is kept, too.
 */
int store_prune(struct store *store, const struct store_keep *keep,
		struct store_pruned *ret_pruned);
/* Is there likely more to remove? */
bool store_pruned_more(const struct store_pruned *pruned);

/*
 * Record one failure of the host; a new one (number 0) gets its number.  Call
 * EACH for failures that were ongoing at or after SINCE_MS, newest first.
 */
int store_record_host(struct store *store, struct host_trouble *trouble);
/* Ends failures that another boot of the host left open; *RET_COUNT of them. */
int store_close_hosts(struct store *store, int64_t now_ms, uint32_t *ret_count);
int store_each_host(struct store *store, int64_t since_ms, uint32_t limit,
		    int (*each)(void *ctx, const struct host_trouble *trouble),
		    void *ctx);

/* The first unused number. */
int store_next_number(struct store *store, uint64_t *ret_number);

#endif
