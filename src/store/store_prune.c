/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Old records go, a few at a time.  Never one that is open, nor one that a
 * domain which is still there was handled by, nor one of the newest.
 */
#include <errno.h>

#include "store_impl.h"

#define BATCH 256

/* By number: it rises, and the index of it is the table itself. */
#define OLD                                                              \
	"SELECT number FROM incident WHERE state = 'closed'"             \
	" AND NOT (boot = ?1 AND (action = 'rename-restart'"             \
	" OR outcome IN ('kept', 'taken', 'failed')))"                   \
	" AND (number <= (SELECT max(number) FROM incident) - ?2"        \
	" OR (seen_ms < ?3"                                              \
	" AND number <= (SELECT max(number) FROM incident) - ?4))"       \
	" ORDER BY number LIMIT ?5"

static int run_bound(struct store *store, const char *sql, uint32_t keep,
		     int64_t before_ms)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, sql, &stmt);

	if (r < 0)
		return r;
	store_bind_text(stmt, 1, store->boot);
	sqlite3_bind_int64(stmt, 2, keep);
	sqlite3_bind_int64(stmt, 3, before_ms);
	sqlite3_bind_int64(stmt, 4, STORE_KEEP_NEWEST);
	sqlite3_bind_int64(stmt, 5, BATCH);
	return store_finish(stmt);
}

static int run(struct store *store, const char *sql)
{
	return store_errno(sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

int store_prune(struct store *store, uint32_t keep, int64_t before_ms,
		uint32_t *ret_count)
{
	int r = run(store, "BEGIN IMMEDIATE");
	int count = 0;

	if (r < 0)
		return r;
	if (keep < STORE_KEEP_NEWEST)
		keep = STORE_KEEP_NEWEST;
	r = run_bound(store, "DELETE FROM step WHERE incident IN (" OLD ")",
		      keep, before_ms);
	if (r == 0)
		r = run_bound(store,
			      "DELETE FROM evidence WHERE incident IN (" OLD ")",
			      keep, before_ms);
	if (r == 0)
		r = run_bound(store,
			      "DELETE FROM incident WHERE number IN (" OLD ")",
			      keep, before_ms);
	if (r == 0)
		count = sqlite3_changes(store->db);
	if (r == 0)
		r = run(store, "COMMIT");
	if (r < 0)
		run(store, "ROLLBACK");
	else
		*ret_count = (uint32_t)count;
	return r;
}
