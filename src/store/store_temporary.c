/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records for the time in which the database cannot be used: a second
 * database, in a file that does not outlive the host or in memory, what it
 * takes from the first one and what it gives back.  Does not decide when.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "store_impl.h"

static void path_of(const char *dir, const char *name, char *ret_path)
{
	snprintf(ret_path, STORE_PATH_BYTES, "%s/%s", dir, name);
}

bool store_has_temporary(const char *dir)
{
	char path[STORE_PATH_BYTES];

	path_of(dir, "records.db", path);
	return access(path, F_OK) == 0;
}

int store_open_temporary(const char *dir, const char *boot,
			 struct store **ret_store, struct text *why)
{
	char path[STORE_PATH_BYTES];
	int r;

	path_of(dir, "records.db", path);
	r = store_open_path(path, boot, STORE_TEMPORARY, ret_store, why);
	if (r < 0)
		r = store_open_path(":memory:", boot, STORE_TEMPORARY,
				    ret_store, why);
	return r;
}

const char *store_path(const struct store *store)
{
	return store->path;
}

void store_discard(struct store *store)
{
	char path[STORE_PATH_BYTES], journal[STORE_PATH_BYTES + 16];

	text_copy(path, sizeof(path), store->path);
	snprintf(journal, sizeof(journal), "%s-journal", path);
	store_close(store);
	if (path[0] != '/')
		return;
	unlink(path);
	unlink(journal);
}

/* --- rows from one database into another --- */

/* The columns of TABLE that both have: the other may be an older program's,
 * or a newer one's. */
static int list_columns(struct store *store, const char *table,
			struct text *ret_columns)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "SELECT group_concat(m.name, ', ')"
			      " FROM pragma_table_info(?1, 'main') m"
			      " JOIN pragma_table_info(?1, 'away') a"
			      " ON m.name = a.name", &stmt);

	if (r < 0)
		return r;
	store_bind_text(stmt, 1, table);
	r = sqlite3_step(stmt);
	if (r != SQLITE_ROW)
		return store_errno(r) ?: -EBADMSG;
	if (!store_column_text(stmt, 0)[0])
		return store_ran_dry(store) ? -ENOMEM : -EBADMSG;
	text_printf(ret_columns, "%s", store_column_text(stmt, 0));
	return ret_columns->error;
}

/* HOW is IGNORE or REPLACE: what becomes of a row that is there already. */
static int copy_table(struct store *store, const char *table, const char *how,
		      const char *where)
{
	struct text columns = { 0 }, sql = { 0 };
	int r = list_columns(store, table, &columns);

	if (r == 0) {
		text_printf(&sql, "INSERT OR %s INTO main.%s (%s)"
			    " SELECT %s FROM away.%s WHERE %s", how, table,
			    text_get(&columns), text_get(&columns), table,
			    where);
		r = sql.error ? sql.error : store_run(store, text_get(&sql));
	}
	text_free(&columns);
	text_free(&sql);
	return r;
}

struct part {
	const char *table, *where;
};

/* All of PARTS or nothing of them, after what PREPARE does. */
static int copy_parts(struct store *store, const struct part *parts,
		      size_t count, const char *how,
		      const char *const *prepare)
{
	int r = store_run(store, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	for (; r == 0 && prepare && *prepare; prepare++)
		r = store_run(store, *prepare);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = copy_table(store, parts[i].table, how, parts[i].where);
	if (r == 0)
		r = store_run(store, "COMMIT");
	if (r < 0)
		store_run(store, "ROLLBACK");
	return r;
}

/* --- back --- */

/* A page in memory needs no lock and no separate file. */
static int attach_copy(struct store *store, struct store *from)
{
	sqlite3_backup *backup;
	int r = store_run(store, "ATTACH ':memory:' AS away");

	if (r < 0)
		return r;
	backup = sqlite3_backup_init(store->db, "away", from->db, "main");
	if (backup) {
		sqlite3_backup_step(backup, -1);
		r = store_errno(sqlite3_backup_finish(backup));
	} else {
		r = store_errno(sqlite3_errcode(store->db));
	}
	if (r < 0)
		store_run(store, "DETACH away");
	return r;
}

/* What a guest's row does not know stays as it was on record. */
#define KNOWN(column)                                                    \
	"UPDATE away.guest SET " column " = (SELECT g." column           \
	" FROM main.guest g WHERE g.uuid = guest.uuid)"                  \
	" WHERE " column " IS NULL;"

/* A recorded order of the operator that could not be read. */
#define EITHER(column)                                                   \
	"UPDATE away.guest SET " column " = max(" column ", coalesce("   \
	"(SELECT g." column " FROM main.guest g"                         \
	" WHERE g.uuid = guest.uuid), 0));"

/* An older incident with the number of a later one, whose existence was
 * unknown. */
#define COLLIDING                                                        \
	"(SELECT m.number FROM main.incident m JOIN away.incident a"     \
	" ON a.number = m.number WHERE a.uuid <> m.uuid"                 \
	" OR a.domid <> m.domid OR a.epoch <> m.epoch"                   \
	" OR a.seen_ms <> m.seen_ms)"
#define FAR                                                              \
	"(SELECT max((SELECT max(number) FROM main.incident),"           \
	" (SELECT max(number) FROM away.incident)))"
#define MOVE(table, column)                                              \
	"UPDATE main." table " SET " column " = " column " + " FAR       \
	" WHERE " column " IN " COLLIDING ";"

int store_take_over(struct store *store, struct store *from, bool knew)
{
	static const char known[] = KNOWN("type") KNOWN("actions")
		KNOWN("config")
		"UPDATE away.guest SET used = used +"
		" (SELECT coalesce(max(used), 0) FROM main.guest)";
	/* The incident's own row last: by it the others are found. */
	static const char unread[] = EITHER("hold") EITHER("disowned")
		EITHER("adopted")
		MOVE("step", "incident") MOVE("evidence", "incident")
		MOVE("incident", "number");
	static const struct part parts[] = {
		{ "guest", "true" }, { "incident", "true" },
		{ "step", "true" }, { "evidence", "true" },
		{ "host", "true" },
	};
	const char *prepare[] = { known, knew ? NULL : unread, NULL };
	int r = attach_copy(store, from);

	if (r < 0)
		return r;
	r = copy_parts(store, parts, ARRAY_LEN(parts), "REPLACE", prepare);
	store_run(store, "DETACH away");
	return r;
}

/* --- out of one that can be read only --- */

static int copy_file(const char *from, const char *to)
{
	AUTO_CLOSE int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	AUTO_CLOSE int out = -1;
	struct stat st;
	ssize_t n;

	if (in < 0 || fstat(in, &st) < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		   0600);
	if (out < 0)
		return -errno;
	while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	return n < 0 ? -errno : 0;
}

static int look_for_room(const char *dir, const char *path)
{
	struct statvfs disk;
	struct stat st;

	if (stat(path, &st) < 0 || statvfs(dir, &disk) < 0)
		return -errno;
	return (uint64_t)st.st_size <
	       (uint64_t)disk.f_bavail * disk.f_frsize / 2 ? 0 : -ENOSPC;
}

static void remove_copy(const char *dir)
{
	static const char *const names[] = {
		"copy.db", "copy.db-wal", "copy.db-journal"
	};
	char path[STORE_PATH_BYTES];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		path_of(dir, names[i], path);
		unlink(path);
	}
}

/* SQLite reads no journal on a file system that it cannot write on: so it is
 * shown a copy, journal and all. */
static int copy_database(const char *from_dir, const char *dir)
{
	char from[STORE_PATH_BYTES], to[STORE_PATH_BYTES];
	int r;

	path_of(from_dir, "xenvigil.db", from);
	path_of(dir, "copy.db", to);
	r = look_for_room(dir, from);
	if (r == 0)
		r = copy_file(from, to);
	if (r < 0)
		return r;
	path_of(from_dir, "xenvigil.db-wal", from);
	path_of(dir, "copy.db-wal", to);
	r = copy_file(from, to);
	return r == -ENOENT ? 0 : r;
}

static int attach_path(struct store *store, const char *path)
{
	sqlite3_stmt *stmt = NULL;
	int r = store_errno(sqlite3_prepare_v2(store->db, "ATTACH ? AS away",
					       -1, &stmt, NULL));

	if (r < 0)
		return r;
	store_bind_text(stmt, 1, path);
	r = store_finish(stmt);
	sqlite3_finalize(stmt);
	return r;
}

static int take_out(struct store *store, uint64_t *ret_number)
{
	static const char pending[] =
		"state <> 'closed' OR outcome IN ('kept', 'taken', 'failed')"
		" OR action = 'rename-restart'";
	static const char of_pending[] =
		"incident IN (SELECT number FROM main.incident)";
	static const struct part parts[] = {
		{ "guest", "true" }, { "incident", pending },
		{ "step", of_pending }, { "host", "ended_ms = 0" },
	};
	int64_t number = 0;
	int r = store_ask_number(store, "SELECT max("
			"(SELECT coalesce(max(number), 0) FROM away.incident),"
			"(SELECT coalesce(max(incident), 0)"
			" FROM away.evidence)) + 1", &number);

	if (r == 0)
		r = copy_parts(store, parts, ARRAY_LEN(parts), "IGNORE", NULL);
	if (r == 0)
		*ret_number = (uint64_t)number;
	return r;
}

int store_salvage(struct store *store, const char *from_dir, const char *dir,
		  uint64_t *ret_number)
{
	char path[STORE_PATH_BYTES];
	int r = copy_database(from_dir, dir);

	path_of(dir, "copy.db", path);
	if (r == 0)
		r = attach_path(store, path);
	if (r == 0) {
		r = take_out(store, ret_number);
		store_run(store, "DETACH away");
	}
	remove_copy(dir);
	return r;
}
