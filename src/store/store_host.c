/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's own troubles in the database: few, so none is ever removed by
 * itself.  Knows nothing of guests.
 */
#include <errno.h>
#include <string.h>

#include "core/planted.h"
#include "store_impl.h"

int store_record_host(struct store *store, struct host_trouble *trouble)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "INSERT OR REPLACE INTO host (number,"
			      " boot, worst, began_ms, ended_ms, text, advice,"
			      " retreat, retreat_state, began_mono_ms)"
			      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			      &stmt);

	if (r < 0)
		return r;
	if (trouble->number)
		sqlite3_bind_int64(stmt, 1, (int64_t)trouble->number);
	else if (store->temporary) /* no number of the other database's */
		sqlite3_bind_int64(stmt, 1, trouble->began_ms);
	/* else SQLite finds the next */
	store_bind_text(stmt, 2, store->boot);
	store_bind_text(stmt, 3, host_health_name(trouble->worst));
	sqlite3_bind_int64(stmt, 4, trouble->began_ms);
	sqlite3_bind_int64(stmt, 5, trouble->ended_ms);
	store_bind_text(stmt, 6, trouble->text);
	store_bind_text(stmt, 7, trouble->advice);
	store_bind_text(stmt, 8, trouble->retreat);
	store_bind_text(stmt, 9, retreat_state_name(trouble->retreat_state));
	sqlite3_bind_int64(stmt, 10, trouble->began_mono_ms);
	r = store_finish(stmt);
	if (r == 0 && !trouble->number)
		trouble->number =
			(uint64_t)sqlite3_last_insert_rowid(store->db);
	return r;
}

static void read_trouble(sqlite3_stmt *stmt, struct host_trouble *trouble)
{
	memset(trouble, 0, sizeof(*trouble));
	trouble->number = (uint64_t)sqlite3_column_int64(stmt, 0);
	host_health_parse(store_column_text(stmt, 1), &trouble->worst);
	trouble->began_ms = sqlite3_column_int64(stmt, 2);
	trouble->ended_ms = sqlite3_column_int64(stmt, 3);
	text_copy(trouble->text, sizeof(trouble->text),
		  store_column_text(stmt, 4));
	text_copy(trouble->advice, sizeof(trouble->advice),
		  store_column_text(stmt, 5));
	text_copy(trouble->retreat, sizeof(trouble->retreat),
		  store_column_text(stmt, 6));
	retreat_state_parse(store_column_text(stmt, 7),
			    &trouble->retreat_state);
	trouble->began_mono_ms = sqlite3_column_int64(stmt, 8);
	trouble->is_stale = sqlite3_column_int(stmt, 9);
}

/* A failure of this boot whose end could not be written (a full disk) has a
 * later one behind it.  Its retreat is not resumed, nor that of another boot. */
int store_close_hosts(struct store *store, int64_t now_ms, uint32_t *ret_count)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "UPDATE host SET ended_ms = max(?1, began_ms),"
			      " retreat = CASE WHEN retreat_state IN"
			      " ('none', 'over') THEN retreat ELSE"
			      " retreat || CASE WHEN boot <> ?2 THEN"
			      " '; the host was booted again' ELSE"
			      " '; its end was not recorded' END END,"
			      " retreat_state = CASE WHEN retreat_state = 'none'"
			      " THEN 'none' ELSE 'over' END"
			      " WHERE ended_ms = 0 AND (boot <> ?2 OR number <"
			      " (SELECT max(number) FROM host))", &stmt);

	if (PLANTED(TROUBLE))
		return 0;

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, now_ms);
	store_bind_text(stmt, 2, store->boot);
	r = store_finish(stmt);
	if (r == 0)
		*ret_count = (uint32_t)sqlite3_changes(store->db);
	return r;
}

int store_each_host(struct store *store, int64_t since_ms, uint32_t limit,
		    int (*each)(void *ctx, const struct host_trouble *trouble),
		    void *ctx)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int rc = SQLITE_DONE;
	int r = store_prepare(store, "SELECT number, worst, began_ms,"
			      " ended_ms, text, advice, retreat,"
			      " retreat_state, began_mono_ms, boot <> ? OR"
			      " number < (SELECT max(number) FROM host)"
			      " FROM host"
			      " WHERE ended_ms = 0 OR ended_ms >= ?"
			      " ORDER BY number DESC LIMIT ?", &stmt);

	if (r < 0)
		return r;
	store_bind_text(stmt, 1, store->boot);
	sqlite3_bind_int64(stmt, 2, since_ms);
	sqlite3_bind_int64(stmt, 3, limit);
	while (r == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct host_trouble trouble;

		read_trouble(stmt, &trouble);
		r = store_ran_dry(store) ? -ENOMEM : each(ctx, &trouble);
	}
	return r || rc == SQLITE_DONE ? r : store_errno(rc);
}
