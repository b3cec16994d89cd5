/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening, checking, migrating and setting aside the database.
 */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "schema.h"
#include "store_impl.h"

#define SCHEMA_VERSION ((int)ARRAY_LEN(schema_migrations))
#define PATH_BYTES (SETTINGS_PATH_BYTES + 64)

int store_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return -EACCES;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

void store_cleanup_stmt(sqlite3_stmt **stmt)
{
	if (!*stmt)
		return;
	sqlite3_reset(*stmt);
	sqlite3_clear_bindings(*stmt);
}

int store_prepare(struct store *store, const char *sql,
		  sqlite3_stmt **ret_stmt)
{
	struct store_statement *at = store->statements;

	while (at->sql && at->sql != sql)
		at++;
	assert(at < store->statements + STORE_STATEMENTS);
	if (!at->sql) {
		int r = sqlite3_prepare_v3(store->db, sql, -1,
					   SQLITE_PREPARE_PERSISTENT,
					   &at->stmt, NULL);

		if (r)
			return store_errno(r);
		at->sql = sql;
	}
	*ret_stmt = at->stmt;
	return 0;
}

void store_close_db(struct store *store)
{
	for (int i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(store->statements[i].stmt);
	memset(store->statements, 0, sizeof(store->statements));
	sqlite3_close(store->db);
	store->db = NULL;
}

int store_finish(sqlite3_stmt *stmt)
{
	return store_errno(sqlite3_step(stmt));
}

void store_bind_text(sqlite3_stmt *stmt, int column, const char *text)
{
	sqlite3_bind_text(stmt, column, text, -1, SQLITE_STATIC);
}

const char *store_column_text(sqlite3_stmt *stmt, int column)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);

	return text ? (const char *)text : "";
}

bool store_ran_dry(const struct store *store)
{
	return sqlite3_errcode(store->db) == SQLITE_NOMEM;
}

static int run(struct store *store, const char *sql)
{
	return store_errno(sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

/* One whole number out of a query. */
static int ask_number(struct store *store, const char *sql, int64_t *ret)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, sql, &stmt);

	if (r < 0)
		return r;
	r = sqlite3_step(stmt);
	if (r != SQLITE_ROW)
		return r == SQLITE_DONE ? -ENOENT : store_errno(r);
	*ret = sqlite3_column_int64(stmt, 0);
	return 0;
}

static int check_integrity(struct store *store)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "PRAGMA main.quick_check(1)", &stmt);

	if (r < 0)
		return r;
	r = sqlite3_step(stmt);
	if (r != SQLITE_ROW)
		return store_errno(r);
	return strcmp(store_column_text(stmt, 0), "ok") == 0 ? 0 : -EBADMSG;
}

static int migrate_once(struct store *store, int version)
{
	char sql[64];
	int r = run(store, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version + 1);
	r = run(store, schema_migrations[version]);
	if (r == 0)
		r = run(store, sql);
	if (r == 0)
		r = run(store, "COMMIT");
	if (r < 0)
		run(store, "ROLLBACK");
	return r;
}

static int migrate(struct store *store, struct text *why)
{
	int64_t version = 0;
	int r = ask_number(store, "PRAGMA user_version", &version);

	if (r == 0 && version > SCHEMA_VERSION) {
		text_printf(why, "schema version %lld is newer than this "
			    "program's %d", (long long)version,
			    SCHEMA_VERSION);
		return -EPROTONOSUPPORT;
	}
	while (r == 0 && version < SCHEMA_VERSION)
		r = migrate_once(store, version++);
	return r;
}

/*
 * FULL: an acknowledged record outlives a power cut.  EXCLUSIVE: nobody else
 * uses the file, and without shared memory beside it a full disk does not
 * keep the daemon from starting.  The small cache and the journal's limit
 * keep the daemon small.
 */
static int configure(struct store *store)
{
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, 2000);
	return run(store, "PRAGMA locking_mode = EXCLUSIVE;"
			  "PRAGMA journal_mode = WAL;"
			  "PRAGMA synchronous = FULL;"
			  "PRAGMA cache_size = -128;"
			  "PRAGMA journal_size_limit = 1048576;"
			  "PRAGMA wal_autocheckpoint = 256;"
			  "PRAGMA trusted_schema = OFF");
}

/* Pages are allocated one by one as they are read, not twenty at once for each
 * database.  Refused, and for nothing, once SQLite is in use. */
static void spare_memory(void)
{
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

static int open_db(const char *path, struct store *store, struct text *why)
{
	int r;

	spare_memory();
	r = store_errno(sqlite3_open_v2(path, &store->db,
					SQLITE_OPEN_READWRITE |
					SQLITE_OPEN_CREATE |
					SQLITE_OPEN_NOMUTEX, NULL));

	if (r == 0)
		r = configure(store);
	if (r == 0)
		r = check_integrity(store);
	if (r == 0)
		r = migrate(store, why);
	if (r < 0)
		store_close_db(store);
	return r;
}

/* Renames the damaged file and what SQLite keeps beside it. */
static int set_aside(const char *path, struct text *why)
{
	static const char *const parts[] = { "-wal", "-shm", "" };
	char from[PATH_BYTES + 8], to[PATH_BYTES + 48];
	long long now = time(NULL);
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		snprintf(from, sizeof(from), "%s%s", path, parts[i]);
		snprintf(to, sizeof(to), "%s.damaged-%lld%s", path, now,
			 parts[i]);
		if (rename(from, to) < 0 && errno != ENOENT)
			r = -errno;
	}
	if (r == 0)
		text_printf(why, "%s was damaged; it is kept as %s", path, to);
	return r;
}

static int make_dir(const char *dir, struct text *why)
{
	struct stat st;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		text_printf(why, "%s: %s", dir, strerror(errno));
		return -errno;
	}
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
		text_printf(why, "%s is not a directory", dir);
		return -ENOTDIR;
	}
	return 0;
}

int store_open(const char *dir, const char *boot, struct store **ret_store,
	       struct text *why)
{
	AUTO_FREE struct store *store = calloc(1, sizeof(*store));
	char path[PATH_BYTES];
	mode_t mask;
	int r;

	if (!store)
		return -ENOMEM;
	list_init(&store->unwritten);
	text_copy(store->boot, sizeof(store->boot), boot);
	r = make_dir(dir, why);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/xenvigil.db", dir);
	mask = umask(077);
	r = open_db(path, store, why);
	if (r == -EBADMSG) {
		r = set_aside(path, why);
		if (r == 0)
			r = open_db(path, store, why);
	}
	umask(mask);
	if (r < 0) {
		text_printf(why, "%s%s: %s", text_get(why)[0] ? "; " : "",
			    path, strerror(-r));
		return r;
	}
	*ret_store = store;
	store = NULL;
	return 0;
}

static int journal_of(struct store *store, sqlite3_file **ret_file,
		      sqlite3_int64 *ret_bytes)
{
	sqlite3_file *file = NULL;
	int r = store_errno(sqlite3_file_control(store->db, "main",
					SQLITE_FCNTL_JOURNAL_POINTER, &file));

	if (r == 0 && (!file || !file->pMethods))
		r = -EIO;
	if (r == 0)
		r = store_errno(file->pMethods->xFileSize(file, ret_bytes));
	if (r == 0)
		*ret_file = file;
	return r;
}

/*
 * Zeros behind the journal's last frame: SQLite takes them for the end, and
 * writes over them without asking the disk for room.
 */
int store_reserve(struct store *store, uint32_t bytes)
{
	static const char zeros[4096];
	sqlite3_int64 end = 0, at;
	sqlite3_file *file;
	char sql[64];
	int r;

	snprintf(sql, sizeof(sql), "PRAGMA journal_size_limit = %u", bytes);
	r = run(store, sql);
	if (r == 0)
		r = journal_of(store, &file, &end);
	if (r < 0)
		return r;
	for (at = end; r == 0 && at < bytes; at += sizeof(zeros))
		r = store_errno(file->pMethods->xWrite(file, zeros,
						       sizeof(zeros), at));
	if (r < 0)
		file->pMethods->xTruncate(file, end);
	return r;
}

void store_rest(struct store *store)
{
	sqlite3_db_release_memory(store->db);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store_guest_forget_unwritten(store);
	store_close_db(store);
	free(store);
}

int store_next_number(struct store *store, uint64_t *ret_number)
{
	int64_t most = 0;
	int r = ask_number(store, "SELECT max("
			   "(SELECT coalesce(max(number), 0) FROM incident),"
			   "(SELECT coalesce(max(incident), 0) FROM evidence))",
			   &most);

	if (r == 0)
		*ret_number = most + 1;
	return r;
}
