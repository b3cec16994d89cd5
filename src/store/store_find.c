/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding one incident by what a person calls it, and those that are alike.
 * Changes nothing.
 */
#include <errno.h>
#include <string.h>

#include "store_impl.h"

/* The greatest number of those that SQL finds by TEXT, which have to be of one
 * guest. */
static int find_by(struct store *store, const char *sql, const char *text,
		   uint64_t *ret_number)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, sql, &stmt);

	if (r < 0)
		return r;
	store_bind_text(stmt, 1, text);
	r = sqlite3_step(stmt);
	if (r != SQLITE_ROW)
		return store_errno(r);
	if (sqlite3_column_int64(stmt, 1) != 1)
		return sqlite3_column_int64(stmt, 1) ? -ENOTUNIQ : -ENOENT;
	*ret_number = (uint64_t)sqlite3_column_int64(stmt, 0);
	return 0;
}

static int find_number(struct store *store, const char *id,
		       uint64_t *ret_number)
{
	if (strlen(id) > 18 || strspn(id, "0123456789") != strlen(id))
		return -ENOENT;
	return find_by(store, "SELECT number, count(*) FROM incident"
		       " WHERE number = CAST(?1 AS INTEGER)", id, ret_number);
}

/* Upper case and without dashes, as SQLite's hex() writes it. */
static int find_uuid(struct store *store, const char *id,
		     uint64_t *ret_number)
{
	char digits[UUID_BYTES * 2 + 1];
	size_t len = 0;

	for (; *id && len < sizeof(digits) - 1; id++) {
		if (*id == '-')
			continue;
		if (!strchr("0123456789abcdefABCDEF", *id))
			return -ENOENT;
		digits[len++] = *id >= 'a' ? *id - 'a' + 'A' : *id;
	}
	digits[len] = '\0';
	if (!len || *id)
		return -ENOENT;
	return find_by(store, "SELECT max(number), count(DISTINCT uuid)"
		       " FROM incident"
		       " WHERE substr(hex(uuid), 1, length(?1)) = ?1", digits,
		       ret_number);
}

static int find_newest(struct store *store, uint64_t *ret_number)
{
	return find_by(store, "SELECT max(number), count(*) > 0"
		       " FROM incident WHERE ?1 = ''", "", ret_number);
}

int store_find_incident(struct store *store, const char *id,
			uint64_t *ret_number)
{
	int r;

	if (!id[0])
		return find_newest(store, ret_number);
	r = find_number(store, id, ret_number);
	if (r == -ENOENT)
		r = find_by(store, "SELECT max(number), count(*) > 0"
			    " FROM incident WHERE name = ?1", id, ret_number);
	if (r == -ENOENT)
		r = find_uuid(store, id, ret_number);
	return r;
}

static int read_panic(sqlite3_stmt *stmt, struct store_panic *ret_panic)
{
	const void *uuid = sqlite3_column_blob(stmt, 0);

	if (!uuid || sqlite3_column_bytes(stmt, 0) != UUID_BYTES ||
	    reason_parse(store_column_text(stmt, 2), &ret_panic->reason) < 0)
		return -EBADMSG;
	memcpy(ret_panic->uuid, uuid, UUID_BYTES);
	ret_panic->seen_ms = sqlite3_column_int64(stmt, 1);
	ret_panic->panic = store_column_text(stmt, 3);
	return 0;
}

int store_each_panic(struct store *store,
		     int (*each)(void *ctx, const struct store_panic *panic),
		     void *ctx)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	struct store_panic panic;
	int r = store_prepare(store, "SELECT uuid, seen_ms, reason, panic"
			      " FROM incident WHERE panic <> ''", &stmt);

	if (r < 0)
		return r;
	while ((r = sqlite3_step(stmt)) == SQLITE_ROW) {
		/* One that makes no sense is like no other. */
		r = read_panic(stmt, &panic) ? 0 : each(ctx, &panic);
		if (r)
			return r;
	}
	return store_errno(r);
}
