/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Incidents and their steps in the database.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store_impl.h"

/* The columns in the order that bind_incident() and read_incident() use. */
#define COLUMNS                                                             \
	"number, uuid, domid, epoch, cpu_time_ns, name, type, reason_code," \
	" reason, wanted, action, source, why, state, outcome, at, absent," \
	" paid, due_wall_ms, seen_ms, closed_ms, copy_uuid, new_uuid,"      \
	" new_domid, new_epoch, core_path, boot, due_ms, core_format,"       \
	" core_bytes, core_pages, core_zero, core_of, core_ms, core_cut,"      \
	" panic, unreported, owner, begun, done, unheard,"                  \
	" wants_core, rebooted, twin, wants_reattach"

static void bind_uuid(sqlite3_stmt *stmt, int column, const uint8_t *uuid)
{
	sqlite3_bind_blob(stmt, column, uuid, UUID_BYTES, SQLITE_STATIC);
}

static void bind_verdict(sqlite3_stmt *stmt, const struct incident *incident)
{
	const struct policy_verdict *verdict = &incident->verdict;

	sqlite3_bind_int(stmt, 8, incident->reason_code);
	store_bind_text(stmt, 9, reason_name(verdict->reason));
	store_bind_text(stmt, 10, action_name(verdict->wanted));
	store_bind_text(stmt, 11, action_name(verdict->action));
	sqlite3_bind_int(stmt, 12, verdict->source);
	store_bind_text(stmt, 13, incident->why);
}

static void bind_progress(sqlite3_stmt *stmt, const struct incident *incident)
{
	store_bind_text(stmt, 14, machine_case_name(incident->state));
	store_bind_text(stmt, 15, outcome_name(incident->outcome));
	sqlite3_bind_int64(stmt, 16, incident->at);
	sqlite3_bind_int(stmt, 17, incident->absent);
	sqlite3_bind_int(stmt, 18, incident->paid);
	sqlite3_bind_int64(stmt, 19, incident->due_wall_ms);
	sqlite3_bind_int64(stmt, 20, incident->seen_ms);
	sqlite3_bind_int64(stmt, 21, incident->closed_ms);
	bind_uuid(stmt, 22, incident->copy_uuid);
	bind_uuid(stmt, 23, incident->successor.uuid);
	sqlite3_bind_int64(stmt, 24, incident->successor.domid);
	sqlite3_bind_int64(stmt, 25, (int64_t)incident->successor.epoch);
	store_bind_text(stmt, 26, incident->core_path);
}

static void bind_set(sqlite3_stmt *stmt, int column, uint32_t set)
{
	char text[STEP_SET_BYTES];

	sqlite3_bind_text(stmt, column, step_set_format(set, text), -1,
			  SQLITE_TRANSIENT);
}

static void bind_sets(sqlite3_stmt *stmt, const struct incident *incident)
{
	bind_set(stmt, 39, incident->begun);
	bind_set(stmt, 40, incident->done);
	sqlite3_bind_int(stmt, 41, incident->is_unheard);
	sqlite3_bind_int(stmt, 42, incident->wants_core);
}

static void bind_core(sqlite3_stmt *stmt, const struct capture_facts *core)
{
	store_bind_text(stmt, 29, capture_format_name(core->format));
	sqlite3_bind_int64(stmt, 30, (int64_t)core->bytes);
	sqlite3_bind_int64(stmt, 31, (int64_t)core->pages);
	sqlite3_bind_int64(stmt, 32, (int64_t)core->zero_pages);
	sqlite3_bind_int64(stmt, 33, (int64_t)core->tot_pages);
	sqlite3_bind_int64(stmt, 34, core->duration_ms);
	sqlite3_bind_int(stmt, 35, core->truncated);
}

static int write_incident(struct store *store,
			  const struct incident *incident)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "INSERT OR REPLACE INTO incident ("
			      COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?,"
			      " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
			      " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
			      " ?, ?, ?, ?, ?, ?)",
			      &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, (int64_t)incident->number);
	bind_uuid(stmt, 2, incident->id.uuid);
	sqlite3_bind_int64(stmt, 3, incident->id.domid);
	sqlite3_bind_int64(stmt, 4, (int64_t)incident->id.epoch);
	sqlite3_bind_int64(stmt, 5, (int64_t)incident->cpu_time_ns);
	store_bind_text(stmt, 6, incident->name);
	sqlite3_bind_int(stmt, 7, incident->type);
	bind_verdict(stmt, incident);
	bind_progress(stmt, incident);
	store_bind_text(stmt, 27, store->boot);
	sqlite3_bind_int64(stmt, 28, incident->due_ms);
	bind_core(stmt, &incident->core);
	store_bind_text(stmt, 36, incident->panic);
	sqlite3_bind_int(stmt, 37, incident->unreported);
	store_bind_text(stmt, 38, peer_name(incident->peer));
	bind_sets(stmt, incident);
	sqlite3_bind_int(stmt, 43, incident->rebooted);
	sqlite3_bind_int(stmt, 44, incident->twin);
	sqlite3_bind_int(stmt, 45, incident->wants_reattach);
	return store_finish(stmt);
}

static int write_steps(struct store *store, const struct incident *incident)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "INSERT OR REPLACE INTO step"
			      " (incident, seq, step, begun_ms, ended_ms, rc,"
			      " text) VALUES (?, ?, ?, ?, ?, ?, ?)", &stmt);

	for (uint32_t i = 0; r == 0 && i < incident->step_count; i++) {
		const struct incident_step *step = &incident->steps[i];

		sqlite3_bind_int64(stmt, 1, (int64_t)incident->number);
		sqlite3_bind_int64(stmt, 2, i);
		store_bind_text(stmt, 3, step_name(step->step));
		sqlite3_bind_int64(stmt, 4, step->begun_ms);
		sqlite3_bind_int64(stmt, 5, step->ended_ms);
		sqlite3_bind_int(stmt, 6, step->rc);
		store_bind_text(stmt, 7, step->text);
		r = store_finish(stmt);
		sqlite3_reset(stmt);
	}
	return r;
}

int store_record_paid(struct store *store, const struct incident *incident,
		      const struct guest *payer)
{
	int r = store_run(store, "BEGIN IMMEDIATE");

	if (r < 0)
		return r;
	if (payer)
		r = store_record_guest(store, payer);
	if (r == 0)
		r = write_incident(store, incident);
	if (r == 0)
		r = write_steps(store, incident);
	if (r == 0)
		r = store_run(store, "COMMIT");
	if (r < 0)
		store_run(store, "ROLLBACK");
	else
		store_guest_catch_up(store);
	return r;
}

int store_record(struct store *store, const struct incident *incident)
{
	return store_record_paid(store, incident, NULL);
}

/* --- reading --- */

static void read_uuid(sqlite3_stmt *stmt, int column, uint8_t *uuid)
{
	if (sqlite3_column_bytes(stmt, column) == UUID_BYTES)
		memcpy(uuid, sqlite3_column_blob(stmt, column), UUID_BYTES);
}

/* A name that cannot be read must not become "do nothing". */
static int read_verdict(sqlite3_stmt *stmt, struct incident *incident)
{
	struct policy_verdict *verdict = &incident->verdict;

	incident->reason_code = sqlite3_column_int(stmt, 7);
	verdict->source = sqlite3_column_int(stmt, 11);
	text_copy(incident->why, sizeof(incident->why),
		  store_column_text(stmt, 12));
	if (reason_parse(store_column_text(stmt, 8), &verdict->reason) < 0 ||
	    action_parse(store_column_text(stmt, 9), &verdict->wanted) < 0 ||
	    action_parse(store_column_text(stmt, 10), &verdict->action) < 0)
		return -EBADMSG;
	return 0;
}

static int read_progress(sqlite3_stmt *stmt, struct incident *incident)
{
	int64_t at = sqlite3_column_int64(stmt, 15);

	if (machine_case_parse(store_column_text(stmt, 13),
			       &incident->state) < 0 ||
	    outcome_parse(store_column_text(stmt, 14),
			  &incident->outcome) < 0 ||
	    at < 0 || at >= ACTION_STEPS_MAX)
		return -EBADMSG;
	incident->at = at;
	incident->absent = sqlite3_column_int(stmt, 16);
	incident->paid = sqlite3_column_int(stmt, 17);
	incident->due_wall_ms = sqlite3_column_int64(stmt, 18);
	incident->seen_ms = sqlite3_column_int64(stmt, 19);
	incident->closed_ms = sqlite3_column_int64(stmt, 20);
	read_uuid(stmt, 21, incident->copy_uuid);
	read_uuid(stmt, 22, incident->successor.uuid);
	incident->successor.domid = sqlite3_column_int64(stmt, 23);
	incident->successor.epoch = sqlite3_column_int64(stmt, 24);
	text_copy(incident->core_path, sizeof(incident->core_path),
		  store_column_text(stmt, 25));
	return 0;
}

/* An older record has no facts of its core, and a newer one may have an unknown
 * format: both are valid records. */
static void read_core(sqlite3_stmt *stmt, struct capture_facts *core)
{
	if (capture_format_parse(store_column_text(stmt, 28),
				 &core->format) < 0)
		core->format = CAPTURE_FORMAT_ELF;
	core->bytes = sqlite3_column_int64(stmt, 29);
	core->pages = sqlite3_column_int64(stmt, 30);
	core->zero_pages = sqlite3_column_int64(stmt, 31);
	core->tot_pages = sqlite3_column_int64(stmt, 32);
	core->duration_ms = (uint32_t)sqlite3_column_int64(stmt, 33);
	core->truncated = sqlite3_column_int(stmt, 34);
}

/* After a reboot of the host every wait is over. */
static void read_boot(struct store *store, sqlite3_stmt *stmt,
		      struct incident *incident)
{
	bool same = strcmp(store_column_text(stmt, 26), store->boot) == 0;

	if (same)
		incident->due_ms = sqlite3_column_int64(stmt, 27);
	incident->rebooted = !same || sqlite3_column_int(stmt, 42);
}

static int read_row(struct store *store, sqlite3_stmt *stmt,
		    struct incident *incident)
{
	int r;

	incident->number = sqlite3_column_int64(stmt, 0);
	read_uuid(stmt, 1, incident->id.uuid);
	incident->id.domid = sqlite3_column_int64(stmt, 2);
	incident->id.epoch = sqlite3_column_int64(stmt, 3);
	incident->cpu_time_ns = sqlite3_column_int64(stmt, 4);
	text_copy(incident->name, sizeof(incident->name),
		  store_column_text(stmt, 5));
	incident->type = sqlite3_column_int(stmt, 6);
	read_boot(store, stmt, incident);
	read_core(stmt, &incident->core);
	text_copy(incident->panic, sizeof(incident->panic),
		  store_column_text(stmt, 35));
	incident->unreported = sqlite3_column_int(stmt, 36);
	incident->peer = peer_parse(store_column_text(stmt, 37));
	incident->begun = step_set_parse(store_column_text(stmt, 38));
	incident->done = step_set_parse(store_column_text(stmt, 39));
	incident->is_unheard = sqlite3_column_int(stmt, 40);
	incident->wants_core = sqlite3_column_int(stmt, 41);
	incident->twin = sqlite3_column_int(stmt, 43);
	incident->wants_reattach = sqlite3_column_int(stmt, 44);
	r = read_verdict(stmt, incident);
	if (r == 0)
		r = read_progress(stmt, incident);
	return store_ran_dry(store) ? -ENOMEM : r;
}

static void read_step(sqlite3_stmt *stmt, struct incident_step *step)
{
	step_parse(store_column_text(stmt, 0), &step->step);
	step->begun_ms = sqlite3_column_int64(stmt, 1);
	step->ended_ms = sqlite3_column_int64(stmt, 2);
	step->rc = sqlite3_column_int(stmt, 3);
	text_copy(step->text, sizeof(step->text), store_column_text(stmt, 4));
}

static struct incident_step *add_step(struct incident *incident)
{
	struct incident_step *steps =
		realloc(incident->steps,
			(incident->step_count + 1) * sizeof(*steps));

	if (!steps)
		return NULL;
	incident->steps = steps;
	steps += incident->step_count++;
	memset(steps, 0, sizeof(*steps));
	return steps;
}

static int read_steps(struct store *store, struct incident *incident)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "SELECT step, begun_ms, ended_ms, rc,"
			      " text FROM step WHERE incident = ?"
			      " ORDER BY seq", &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, (int64_t)incident->number);
	while (incident->step_count < INCIDENT_STEPS_MAX &&
	       (r = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct incident_step *step = add_step(incident);

		if (!step)
			return -ENOMEM;
		read_step(stmt, step);
		if (store_ran_dry(store))
			return -ENOMEM;
	}
	return store_errno(r);
}

static int skip_row(sqlite3_stmt *stmt)
{
	log_event(LOG_LEVEL_ERROR, "record-unreadable",
		  LOG_INT("incident", sqlite3_column_int64(stmt, 0)));
	return 0;
}

static int read_whole(struct store *store, sqlite3_stmt *stmt,
		      struct incident **ret_incident)
{
	struct incident *incident = incident_new();
	int r;

	if (!incident)
		return -ENOMEM;
	r = read_row(store, stmt, incident);
	if (r == 0)
		r = read_steps(store, incident);
	if (r < 0)
		incident_free(incident);
	else
		*ret_incident = incident;
	return r;
}

/* An invalid record is reported and left in place: it must not prevent reading
 * the others. */
static int one_row(struct store *store, sqlite3_stmt *stmt,
		   int (*each)(void *ctx, struct incident *incident),
		   void *ctx)
{
	struct incident *incident;
	int r = read_whole(store, stmt, &incident);

	if (r == 0)
		return each(ctx, incident);
	return r == -EBADMSG ? skip_row(stmt) : r;
}

static int each_row(struct store *store, sqlite3_stmt *stmt,
		    int (*each)(void *ctx, struct incident *incident),
		    void *ctx)
{
	int r;

	while ((r = sqlite3_step(stmt)) == SQLITE_ROW) {
		r = one_row(store, stmt, each, ctx);
		if (r)
			return r;
	}
	return store_errno(r);
}

/* A domain that is gone needs no record of how it was handled. */
static bool is_over(sqlite3_stmt *stmt,
		    bool (*has_domain)(void *ctx, uint32_t domid,
				       uint64_t epoch),
		    void *ctx)
{
	return has_domain &&
	       strcmp(store_column_text(stmt, 13), "closed") == 0 &&
	       !has_domain(ctx, (uint32_t)sqlite3_column_int64(stmt, 2),
			   (uint64_t)sqlite3_column_int64(stmt, 3));
}

int store_each_needed(struct store *store,
		      bool (*has_domain)(void *ctx, uint32_t domid,
					 uint64_t epoch),
		      int (*each)(void *ctx, struct incident *incident),
		      void *ctx)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "SELECT " COLUMNS " FROM incident"
			      " WHERE state <> 'closed'"
			      " OR (boot = ?1 AND (action = 'rename-restart'"
			      " OR outcome IN ('kept', 'taken', 'failed',"
			      " 'foreign', 'vanished')))"
			      " ORDER BY number", &stmt);

	if (r < 0)
		return r;
	store_bind_text(stmt, 1, store->boot);
	while ((r = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (is_over(stmt, has_domain, ctx))
			continue;
		r = one_row(store, stmt, each, ctx);
		if (r)
			return r;
	}
	return store_errno(r);
}

int store_each_pending(struct store *store,
		       int (*each)(void *ctx, struct incident *incident),
		       void *ctx)
{
	return store_each_needed(store, NULL, each, ctx);
}

int store_each_before(struct store *store, int64_t since_ms, int64_t before_ms,
		      uint64_t before, uint32_t limit,
		      int (*each)(void *ctx, struct incident *incident),
		      void *ctx)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store, "SELECT " COLUMNS " FROM incident"
			      " WHERE seen_ms >= ?1 AND seen_ms <= ?3"
			      " AND (seen_ms < ?3 OR number < ?4)"
			      " ORDER BY seen_ms DESC, number DESC LIMIT ?2",
			      &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, since_ms);
	sqlite3_bind_int64(stmt, 2, limit);
	sqlite3_bind_int64(stmt, 3, before_ms);
	sqlite3_bind_int64(stmt, 4, (int64_t)before);
	return each_row(store, stmt, each, ctx);
}

int store_each_since(struct store *store, int64_t since_ms, uint32_t limit,
		     int (*each)(void *ctx, struct incident *incident),
		     void *ctx)
{
	return store_each_before(store, since_ms, INT64_MAX, 0, limit, each,
				 ctx);
}

int store_get_incident(struct store *store, uint64_t number,
		       int (*each)(void *ctx, struct incident *incident),
		       void *ctx)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	struct incident *incident;
	int r = store_prepare(store, "SELECT " COLUMNS " FROM incident"
			      " WHERE number = ?1", &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_int64(stmt, 1, (int64_t)number);
	r = sqlite3_step(stmt);
	if (r != SQLITE_ROW)
		return r == SQLITE_DONE ? -ENOENT : store_errno(r);
	r = read_whole(store, stmt, &incident);
	return r ? r : each(ctx, incident);
}
