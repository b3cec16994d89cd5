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
		return -EROFS;
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

int store_run(struct store *store, const char *sql)
{
	return store_errno(sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

int store_ask_number(struct store *store, const char *sql, int64_t *ret)
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

/* It reads the whole file: of a large one only when there is cause. */
static int check_integrity(struct store *store, bool thorough)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	struct stat st;
	int r;

	if (!thorough && stat(store->path, &st) == 0 &&
	    st.st_size > STORE_CHECK_MOST)
		return 0;
	r = store_prepare(store, "PRAGMA main.quick_check(1)", &stmt);
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
	int r = store_run(store, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version + 1);
	r = store_run(store, schema_migrations[version]);
	if (r == 0)
		r = store_run(store, sql);
	if (r == 0)
		r = store_run(store, "COMMIT");
	if (r < 0)
		store_run(store, "ROLLBACK");
	return r;
}

/* Asked before all else: nothing is done to a newer program's database. */
static int check_version(struct store *store, int *ret_version,
			 struct text *why)
{
	int64_t version = 0;
	int r = store_ask_number(store, "PRAGMA user_version", &version);

	if (r == 0 && version > SCHEMA_VERSION) {
		text_printf(why, "schema version %lld is newer than this "
			    "program's %d", (long long)version,
			    SCHEMA_VERSION);
		return -EPROTONOSUPPORT;
	}
	*ret_version = (int)version;
	return r;
}

static int migrate(struct store *store, int version)
{
	int r = 0;

	while (r == 0 && version < SCHEMA_VERSION)
		r = migrate_once(store, version++);
	return r;
}

/*
 * FULL: an acknowledged record survives a power cut.  EXCLUSIVE: no other
 * process uses the file, and without a shared memory file a full disk does not
 * prevent the daemon's start.  The small cache and the journal's limit keep the
 * daemon small.  A temporary database survives the daemon, not the host.
 */
static int configure(struct store *store)
{
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, 200);
	if (store->temporary)
		return store_run(store, "PRAGMA locking_mode = EXCLUSIVE;"
				 "PRAGMA journal_mode = TRUNCATE;"
				 "PRAGMA synchronous = OFF;"
				 "PRAGMA cache_size = -128;"
				 "PRAGMA trusted_schema = OFF");
	return store_run(store, "PRAGMA locking_mode = EXCLUSIVE;"
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

/* SQLite opens what it must not write for reading, and says so only later. */
static int open_file(struct store *store)
{
	int r = sqlite3_open_v2(store->path, &store->db,
				SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				SQLITE_OPEN_NOMUTEX, NULL);
	int error = store->db ? sqlite3_system_errno(store->db) : 0;

	if (r == SQLITE_CANTOPEN && error)
		return -error;
	if (r == SQLITE_OK && sqlite3_db_readonly(store->db, "main") == 1)
		return -EROFS;
	return store_errno(r);
}

static int open_db(struct store *store, bool thorough, struct text *why)
{
	int version = 0;
	int r;

	spare_memory();
	r = open_file(store);
	if (r == 0)
		r = configure(store);
	if (r == 0)
		r = check_version(store, &version, why);
	if (r == 0)
		r = check_integrity(store, thorough);
	if (r == 0)
		r = migrate(store, version);
	if (r < 0)
		store_close_db(store);
	return r;
}

/* Renames the damaged file and what SQLite keeps beside it. */
static int set_aside(const char *path, struct text *why)
{
	static const char *const parts[] = {
		"-wal", "-shm", "-journal", ""
	};
	char from[STORE_PATH_BYTES + 8], to[STORE_PATH_BYTES + 48];
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

static void note_file(struct store *store)
{
	struct stat st;

	if (stat(store->path, &st) == 0) {
		store->dev = st.st_dev;
		store->ino = st.st_ino;
	}
}

int store_check(const struct store *store)
{
	struct stat st;

	if (!store->ino)
		return 0; /* it has no file */
	if (stat(store->path, &st) < 0)
		return -errno;
	return st.st_dev == store->dev && st.st_ino == store->ino ? 0 : -ENOENT;
}

static int open_or_replace(struct store *store, bool thorough,
			   struct text *why)
{
	int r = open_db(store, thorough, why);

	if (r != -EBADMSG)
		return r;
	r = set_aside(store->path, why);
	return r == 0 ? open_db(store, false, why) : r;
}

int store_open_path(const char *path, const char *boot,
		    enum store_kind kind, struct store **ret_store,
		    struct text *why)
{
	AUTO_FREE struct store *store = calloc(1, sizeof(*store));
	mode_t mask;
	int r;

	if (!store)
		return -ENOMEM;
	list_init(&store->unwritten);
	text_copy(store->boot, sizeof(store->boot), boot);
	text_copy(store->path, sizeof(store->path), path);
	store->temporary = kind == STORE_TEMPORARY;
	mask = umask(077);
	r = open_or_replace(store, kind == STORE_SUSPECT, why);
	umask(mask);
	if (r < 0) {
		text_printf(why, "%s%s: %s", text_get(why)[0] ? "; " : "",
			    path, strerror(-r));
		return r;
	}
	note_file(store);
	*ret_store = store;
	store = NULL;
	return 0;
}

static int open_in(const char *dir, const char *boot, enum store_kind kind,
		   struct store **ret_store, struct text *why)
{
	char path[STORE_PATH_BYTES];
	int r = make_dir(dir, why);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/xenvigil.db", dir);
	return store_open_path(path, boot, kind, ret_store, why);
}

int store_open(const char *dir, const char *boot, struct store **ret_store,
	       struct text *why)
{
	return open_in(dir, boot, STORE_LASTING, ret_store, why);
}

int store_open_suspect(const char *dir, const char *boot,
		       struct store **ret_store, struct text *why)
{
	return open_in(dir, boot, STORE_SUSPECT, ret_store, why);
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
	r = store_run(store, sql);
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
	int r = store_ask_number(store, "SELECT max("
			   "(SELECT coalesce(max(number), 0) FROM incident),"
			   "(SELECT coalesce(max(incident), 0) FROM evidence))",
			   &most);

	if (r == 0)
		*ret_number = most + 1;
	return r;
}
