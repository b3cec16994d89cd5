/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is old goes, a batch at a time: by number, by age, by bytes.  Never an
 * incident that is open or that a domain which is still there was handled by,
 * nor the newest ones, nor what is known of a guest that is still there.
 */
#include <errno.h>
#include <string.h>

#include "store_impl.h"

#define BATCH 256
#define TROUBLES_MAX 1000
/* So often the size is asked for while evidence goes. */
#define SIZE_EVERY 16

struct batch {
	int64_t numbers[BATCH];
	uint32_t count;
};

/* The number of the incident that RANK others come after; -1: there is none.
 * By row: numbers may have gaps. */
static int find_rank(struct store *store, uint32_t rank, int64_t *ret_number)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "SELECT number FROM incident"
			      " ORDER BY number DESC LIMIT 1 OFFSET ?", &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, rank);
	r = sqlite3_step(stmt);
	*ret_number = r == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
	return store_errno(r);
}

static int delete_by(struct store *store, const char *sql, int64_t number)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, sql, &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, number);
	return store_finish(stmt);
}

static int delete_evidence(struct store *store, int64_t number)
{
	return delete_by(store, "DELETE FROM evidence WHERE incident = ?",
			 number);
}

static int delete_incident(struct store *store, int64_t number)
{
	int r = delete_evidence(store, number);

	if (r == 0)
		r = delete_by(store, "DELETE FROM step WHERE incident = ?",
			      number);
	if (r == 0)
		r = delete_by(store, "DELETE FROM incident WHERE number = ?",
			      number);
	return r;
}

static int delete_batch(struct store *store, const struct batch *batch)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < batch->count; i++)
		r = delete_incident(store, batch->numbers[i]);
	return r;
}

/* --- incidents by number and age --- */

/* A row of number, domid, epoch, and whether a domain may be left of it. */
static bool is_needed(const struct store_keep *keep, sqlite3_stmt *stmt)
{
	return sqlite3_column_int(stmt, 3) && keep->has_domain &&
	       keep->has_domain(keep->ctx,
				(uint32_t)sqlite3_column_int64(stmt, 1),
				(uint64_t)sqlite3_column_int64(stmt, 2));
}

#define LEFT                                                             \
	"boot = ?1 AND (action = 'rename-restart'"                       \
	" OR outcome IN ('kept', 'taken', 'failed'))"

static int find_old(struct store *store, const struct store_keep *keep,
		    int64_t beyond, int64_t newest, struct batch *batch)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "SELECT number, domid, epoch, " LEFT
			      " FROM incident WHERE state = 'closed'"
			      " AND (number <= ?2"
			      " OR (number <= ?3 AND seen_ms < ?4))"
			      " ORDER BY number", &stmt);

	if (r < 0)
		return r;
	store_bind_text(stmt, 1, store->boot);
	sqlite3_bind_int64(stmt, 2, beyond);
	sqlite3_bind_int64(stmt, 3, newest);
	sqlite3_bind_int64(stmt, 4, keep->before_ms);
	while (batch->count < BATCH && (r = sqlite3_step(stmt)) == SQLITE_ROW)
		if (!is_needed(keep, stmt))
			batch->numbers[batch->count++] =
				sqlite3_column_int64(stmt, 0);
	return batch->count < BATCH ? store_errno(r) : 0;
}

static int prune_incidents(struct store *store, const struct store_keep *keep,
			   struct store_pruned *pruned)
{
	uint32_t most = keep->incidents > STORE_KEEP_NEWEST ?
		keep->incidents : STORE_KEEP_NEWEST;
	struct batch batch = { .count = 0 };
	int64_t beyond = -1, newest = -1;
	int r = find_rank(store, most, &beyond);

	if (r == 0)
		r = find_rank(store, STORE_KEEP_NEWEST, &newest);
	if (r == 0)
		r = find_old(store, keep, beyond, newest, &batch);
	if (r == 0)
		r = delete_batch(store, &batch);
	if (r == 0)
		pruned->incidents += batch.count;
	return r;
}

/* --- bytes --- */

/* Pages that are free are used before the file grows. */
static int ask_bytes(struct store *store, int64_t *ret_bytes)
{
	return store_ask_number(store, "SELECT (p.page_count -"
				" f.freelist_count) * s.page_size"
				" FROM pragma_page_count p,"
				" pragma_freelist_count f, pragma_page_size s",
				ret_bytes);
}

/* SQL may use ?1 for NEWEST and ?3 for the boot; ?2 is its limit. */
static int find_by(struct store *store, const char *sql, int64_t newest,
		   struct batch *batch)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, sql, &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, newest);
	sqlite3_bind_int64(stmt, 2, BATCH);
	sqlite3_bind_text(stmt, 3, store->boot, -1, SQLITE_STATIC);
	batch->count = 0;
	while (batch->count < BATCH && (r = sqlite3_step(stmt)) == SQLITE_ROW)
		batch->numbers[batch->count++] = sqlite3_column_int64(stmt, 0);
	return batch->count < BATCH ? store_errno(r) : 0;
}

/* An incident that is over, and not the last of its guest. */
#define EARLIER                                                          \
	"i.state = 'closed' AND EXISTS (SELECT 1 FROM incident j"        \
	" WHERE j.uuid = i.uuid AND j.number > i.number)"

static int shed_evidence(struct store *store, int64_t most,
			 struct store_pruned *pruned)
{
	struct batch batch;
	int64_t bytes = 0;
	int r = find_by(store, "SELECT DISTINCT e.incident FROM evidence e"
			" LEFT JOIN incident i ON i.number = e.incident"
			" WHERE i.number IS NULL OR (" EARLIER ")"
			" ORDER BY e.incident LIMIT ?2", 0, &batch);

	for (uint32_t i = 0; r == 0 && i < batch.count; i++) {
		if (i % SIZE_EVERY == 0)
			r = ask_bytes(store, &bytes);
		if (r < 0 || bytes <= most)
			break;
		r = delete_evidence(store, batch.numbers[i]);
		pruned->evidence += r == 0;
	}
	return r;
}

static int shed_incidents(struct store *store, struct store_pruned *pruned)
{
	struct batch batch;
	int64_t newest = -1;
	int r = find_rank(store, STORE_KEEP_NEWEST, &newest);

	if (r == 0)
		r = find_by(store, "SELECT i.number FROM incident i"
			    " WHERE i.number <= ?1 AND " EARLIER
			    " AND NOT (i.boot = ?3"
			    " AND (i.action = 'rename-restart'"
			    " OR i.outcome IN ('kept', 'taken', 'failed')))"
			    " ORDER BY i.number LIMIT ?2", newest, &batch);
	if (r == 0)
		r = delete_batch(store, &batch);
	if (r == 0)
		pruned->incidents += batch.count;
	return r;
}

/* The evidence first: it is the most, and the incident says more. */
static int prune_bytes(struct store *store, const struct store_keep *keep,
		       struct store_pruned *pruned)
{
	int64_t most = (int64_t)keep->total_mib << 20, bytes = 0;
	int r = most ? ask_bytes(store, &bytes) : 0;

	if (r < 0 || bytes <= most)
		return r;
	r = shed_evidence(store, most, pruned);
	if (r == 0 && !pruned->evidence)
		r = shed_incidents(store, pruned);
	return r;
}

/* --- guests --- */

/* One that is known is as new as any. */
static int drop_guest(struct store *store, const struct store_keep *keep,
		      const uint8_t *uuid, struct store_pruned *pruned)
{
	bool known = keep->has_guest && keep->has_guest(keep->ctx, uuid);
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, known ? "UPDATE guest SET used ="
			      " (SELECT max(used) + 1 FROM guest)"
			      " WHERE uuid = ?" :
			      "DELETE FROM guest WHERE uuid = ?", &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_blob(stmt, 1, uuid, UUID_BYTES, SQLITE_STATIC);
	r = store_finish(stmt);
	pruned->guests += r == 0 && !known;
	return r;
}

static int find_guests(struct store *store, const struct store_keep *keep,
		       uint8_t (*uuids)[UUID_BYTES], uint32_t *ret_count)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	uint32_t count = 0;
	int r = store_prepare(store, "SELECT uuid FROM guest"
			      " WHERE hold = 0 AND disowned = 0"
			      " AND adopted = 0"
			      " ORDER BY used DESC, uuid DESC"
			      " LIMIT ? OFFSET ?", &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, BATCH);
	sqlite3_bind_int64(stmt, 2, keep->guests);
	while (count < BATCH && (r = sqlite3_step(stmt)) == SQLITE_ROW)
		if (sqlite3_column_bytes(stmt, 0) == UUID_BYTES)
			memcpy(uuids[count++], sqlite3_column_blob(stmt, 0),
			       UUID_BYTES);
	*ret_count = count;
	return count < BATCH ? store_errno(r) : 0;
}

static int prune_guests(struct store *store, const struct store_keep *keep,
			struct store_pruned *pruned)
{
	uint8_t uuids[BATCH][UUID_BYTES];
	uint32_t count = 0;
	int r = keep->guests ? find_guests(store, keep, uuids, &count) : 0;

	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = drop_guest(store, keep, uuids[i], pruned);
	return r;
}

static int prune_troubles(struct store *store)
{
	return delete_by(store, "DELETE FROM host WHERE ended_ms <> 0"
			 " AND number <= (SELECT number FROM host"
			 " ORDER BY number DESC LIMIT 1 OFFSET ?)",
			 TROUBLES_MAX);
}

int store_prune(struct store *store, const struct store_keep *keep,
		struct store_pruned *ret_pruned)
{
	struct store_pruned pruned = { 0 };
	int r = store_run(store, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	r = prune_incidents(store, keep, &pruned);
	if (r == 0)
		r = prune_bytes(store, keep, &pruned);
	if (r == 0)
		r = prune_guests(store, keep, &pruned);
	if (r == 0)
		r = prune_troubles(store);
	if (r == 0)
		r = store_run(store, "COMMIT");
	if (r < 0)
		store_run(store, "ROLLBACK");
	else
		*ret_pruned = pruned;
	return r;
}

bool store_pruned_more(const struct store_pruned *pruned)
{
	return pruned->incidents >= BATCH || pruned->guests >= BATCH ||
	       pruned->evidence >= BATCH / 2;
}
