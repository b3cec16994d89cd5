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
/* A file above this is looked through only by open_suspect(), which is for one
 * that was found damaged. */
#define STORE_CHECK_MOST (64ll << 20)
int store_open_suspect(const char *dir, const char *boot,
		       struct store **ret_store, struct text *why);
void store_close(struct store *store);

/* Is the file still the one that was opened?  0, or -errno: SQLite goes on
 * with a file that was removed, and does not say so. */
int store_check(const struct store *store);

/*
 * Records for the time in which those of store_open() cannot be used: in
 * DIR, which is empty after a boot of the host, or else in memory.
 *
 * take_over() brings what is in FROM into STORE, all of it or nothing; KNEW:
 * FROM began with what STORE held.  discard() closes and removes it.
 *
 * salvage() takes guests, incidents that are not over and the first number
 * never used out of the database in FROM_DIR, which may be read only or
 * newer; DIR is for a copy of it.  What STORE has is left as it is.
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

/* Both or neither: INCIDENT begins a start that PAYER's budget has paid for, or
 * gives back one that was not begun.  NULL: none has. */
int store_record_paid(struct store *store, const struct incident *incident,
		      const struct guest *payer);

/*
 * The configuration to re-create a guest from, libxl's JSON; NULL leaves the
 * one on record.  What CONFIG does not know (a type of UNKNOWN, no action at
 * all, no name) leaves the record of it as it is.  One that cannot be written
 * is kept in memory and written when there is room: without it a guest that
 * was destroyed could not be started again.
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
/* The same without those that are closed, and whose domain HAS_DOMAIN (with
 * the same CTX) does not know. */
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

/* What stays whatever a clock says: so many incidents. */
#define STORE_KEEP_NEWEST 1000

struct store_keep {
	uint32_t incidents;	/* the newest */
	int64_t before_ms;	/* older ones go */
	uint32_t guests;	/* the newest that are not known; 0: all */
	uint32_t total_mib;	/* of all records; 0: no bound */
	/* Is it still there?  NULL: nothing is. */
	bool (*has_domain)(void *ctx, uint32_t domid, uint64_t epoch);
	bool (*has_guest)(void *ctx, const uint8_t uuid[UUID_BYTES]);
	void *ctx;
};

struct store_pruned {
	uint32_t incidents, guests;
	uint32_t evidence;	/* incidents that lost theirs */
};

/*
 * Removes a batch of what is old: closed incidents beyond their number, or
 * seen too long ago; beyond the bytes first the evidence of the oldest, then
 * the oldest; guests that nothing is known of but their configuration.  What
 * is needed of a domain that is still there stays, and so does the newest
 * incident of a guest when it is about bytes.
 */
int store_prune(struct store *store, const struct store_keep *keep,
		struct store_pruned *ret_pruned);
/* Is there likely more to remove? */
bool store_pruned_more(const struct store_pruned *pruned);

/*
 * Write down one trouble of the host; a new one (number 0) gets its number.
 * Call EACH for those that lasted at or after SINCE_MS, newest first.
 */
int store_record_host(struct store *store, struct host_trouble *trouble);
/* Ends those that another boot of the host left open; *RET_COUNT of them. */
int store_close_hosts(struct store *store, int64_t now_ms, uint32_t *ret_count);
int store_each_host(struct store *store, int64_t since_ms, uint32_t limit,
		    int (*each)(void *ctx, const struct host_trouble *trouble),
		    void *ctx);

/* The first number never used. */
int store_next_number(struct store *store, uint64_t *ret_number);

#endif
