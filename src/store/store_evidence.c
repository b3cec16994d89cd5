/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The evidence of incidents in the database.  Makes no sense of it.
 */
#include <errno.h>

#include "store_impl.h"

int store_add_evidence(struct store *store, uint64_t number,
		       const struct evidence *evidence)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "INSERT INTO evidence"
			      " (incident, kind, at_ms, source, text, missing)"
			      " VALUES (?, ?, ?, ?, ?, ?)"
			      " ON CONFLICT DO UPDATE SET"
			      " at_ms = excluded.at_ms,"
			      " source = excluded.source,"
			      " text = excluded.text,"
			      " missing = excluded.missing"
			      " WHERE excluded.text <> '' OR text = ''", &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, (int64_t)number);
	store_bind_text(stmt, 2, evidence_kind_name(evidence->kind));
	sqlite3_bind_int64(stmt, 3, evidence->at_ms);
	store_bind_text(stmt, 4,
			evidence_tail(evidence->source, EVIDENCE_WORD_BYTES));
	store_bind_text(stmt, 5,
			evidence_tail(evidence->text, EVIDENCE_TEXT_BYTES));
	store_bind_text(stmt, 6,
			evidence_tail(evidence->missing, EVIDENCE_WORD_BYTES));
	return store_finish(stmt);
}

static int read_one(struct store *store, uint64_t number,
		    enum evidence_kind kind,
		    int (*each)(void *ctx, const struct evidence *evidence),
		    void *ctx)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	struct evidence evidence = { .kind = kind };
	int r = store_prepare(store, "SELECT at_ms, source, text, missing"
			      " FROM evidence WHERE incident = ? AND kind = ?",
			      &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, (int64_t)number);
	store_bind_text(stmt, 2, evidence_kind_name(kind));
	r = sqlite3_step(stmt);
	if (r != SQLITE_ROW)
		return store_errno(r);
	evidence.at_ms = sqlite3_column_int64(stmt, 0);
	evidence.source = store_column_text(stmt, 1);
	evidence.text = store_column_text(stmt, 2);
	evidence.missing = store_column_text(stmt, 3);
	return store_ran_dry(store) ? -ENOMEM : each(ctx, &evidence);
}

int store_each_evidence(struct store *store, uint64_t number,
			int (*each)(void *ctx, const struct evidence *evidence),
			void *ctx)
{
	int r = 0;

	for (unsigned int kind = 0; r == 0 && kind < EVIDENCE_KIND_COUNT;
	     kind++)
		r = read_one(store, number, kind, each, ctx);
	return r;
}
