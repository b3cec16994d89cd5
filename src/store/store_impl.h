/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the store's files share.
 */
#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H

#include <sqlite3.h>
#include <sys/stat.h>

#include "store/store.h"

#define STORE_PATH_BYTES (SETTINGS_PATH_BYTES + 64)
#define STORE_STATEMENTS 40 /* all there are in these files, and room */

/* A statement is prepared once, and idle between its uses. */
struct store_statement {
	const char *sql;	/* a literal: its address names it */
	sqlite3_stmt *stmt;
};

struct store {
	sqlite3 *db;
	struct store_statement statements[STORE_STATEMENTS];
	char boot[64];
	char path[STORE_PATH_BYTES]; /* ":memory:": no file */
	dev_t dev;		/* the file that PATH named when it was opened */
	ino_t ino;
	bool temporary;
	struct list unwritten;	/* configurations, while the disk is full */
};

/* SQLite's result code as -errno. */
int store_errno(int sqlite_rc);

/* Prepares SQL, a literal; *RET_STMT is given back by STORE_AUTO_STMT. */
int store_prepare(struct store *store, const char *sql,
		  sqlite3_stmt **ret_stmt);

/* Opens PATH, which may be ":memory:".  A damaged file is set aside, and WHY
 * says so. */
enum store_kind { STORE_LASTING, STORE_SUSPECT, STORE_TEMPORARY };
int store_open_path(const char *path, const char *boot,
		    enum store_kind kind, struct store **ret_store,
		    struct text *why);

/* SQLite closes no database that still has statements. */
void store_close_db(struct store *store);

/* Runs SQL that returns no rows. */
int store_run(struct store *store, const char *sql);

/* One whole number out of a query, a literal. */
int store_ask_number(struct store *store, const char *sql, int64_t *ret);

/* Runs a statement that returns no rows. */
int store_finish(sqlite3_stmt *stmt);

/* TEXT has to stay until the statement has run. */
void store_bind_text(sqlite3_stmt *stmt, int column, const char *text);

void store_cleanup_stmt(sqlite3_stmt **stmt);
#define STORE_AUTO_STMT __attribute__((cleanup(store_cleanup_stmt)))

/* --- store_guest.c --- */
/* Writes what could not be written when it came. */
void store_guest_catch_up(struct store *store);
void store_guest_forget_unwritten(struct store *store);

/* A column's text, "" for NULL; also without memory: ask store_ran_dry()
 * when a row has been read. */
const char *store_column_text(sqlite3_stmt *stmt, int column);
bool store_ran_dry(const struct store *store);

#endif
