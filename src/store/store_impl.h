/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the store's files share.
 */
#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H

#include <sqlite3.h>

#include "store/store.h"

#define STORE_STATEMENTS 24 /* all there are in these files, and room */

/* A statement is prepared once, and idle between its uses. */
struct store_statement {
	const char *sql;	/* a literal: its address names it */
	sqlite3_stmt *stmt;
};

struct store {
	sqlite3 *db;
	struct store_statement statements[STORE_STATEMENTS];
	char boot[64];
	struct list unwritten;	/* configurations, while the disk is full */
};

/* SQLite's result code as -errno. */
int store_errno(int sqlite_rc);

/* Prepares SQL, a literal; *RET_STMT is given back by STORE_AUTO_STMT. */
int store_prepare(struct store *store, const char *sql,
		  sqlite3_stmt **ret_stmt);

/* SQLite closes no database that still has statements. */
void store_close_db(struct store *store);

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
