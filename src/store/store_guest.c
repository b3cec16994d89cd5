/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests in the database: budget, hold, configuration.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/planted.h"
#include "store_impl.h"

/* The index makes it cheap. */
#define NEXT_USED "(SELECT coalesce(max(used), 0) + 1 FROM guest)"

static void bind_starts(sqlite3_stmt *stmt, int column,
			const struct budget *budget, struct text *text)
{
	for (uint32_t i = 0; i < budget->count; i++)
		text_printf(text, "%s%lld", i ? " " : "",
			    (long long)budget->at_ms[i]);
	store_bind_text(stmt, column, text_get(text));
}

int store_record_guest(struct store *store, const struct guest *guest)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	struct text starts = { 0 };
	int r = store_prepare(store,
			      "INSERT INTO guest"
			      " (uuid, name, hold, streak, starts, boot,"
			      " run_domid, run_epoch, run_ms, disowned,"
			      " adopted, used)"
			      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
			      " ?10, ?11, " NEXT_USED ")"
			      " ON CONFLICT (uuid) DO UPDATE SET"
			      " name = ?2, hold = ?3, streak = ?4,"
			      " starts = ?5, boot = ?6, run_domid = ?7,"
			      " run_epoch = ?8, run_ms = ?9,"
			      " disowned = ?10, adopted = ?11,"
			      " used = excluded.used", &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_blob(stmt, 1, guest->uuid, UUID_BYTES, SQLITE_STATIC);
	store_bind_text(stmt, 2, guest->name);
	sqlite3_bind_int(stmt, 3, guest->hold);
	sqlite3_bind_int64(stmt, 4, guest->budget.streak);
	bind_starts(stmt, 5, &guest->budget, &starts);
	store_bind_text(stmt, 6, store->boot);
	sqlite3_bind_int64(stmt, 7, guest->run.domid);
	sqlite3_bind_int64(stmt, 8, (int64_t)guest->run.epoch);
	sqlite3_bind_int64(stmt, 9, guest->run_ms);
	sqlite3_bind_int(stmt, 10, guest->disowned);
	sqlite3_bind_int(stmt, 11, guest->adopted);
	r = starts.error ? starts.error : store_finish(stmt);
	text_free(&starts);
	return r;
}

/* --- configurations --- */

struct unwritten {
	struct list node;
	uint8_t uuid[UUID_BYTES];
	struct domain_config config;
	char *json;
};

static void forget(struct unwritten *item)
{
	list_remove(&item->node);
	free(item->json);
	free(item);
}

static struct unwritten *find_unwritten(struct store *store,
					const uint8_t *uuid)
{
	struct unwritten *item;

	LIST_EACH(item, &store->unwritten, struct unwritten, node)
		if (uuid_equal(item->uuid, uuid))
			return item;
	return NULL;
}

static void keep_unwritten(struct store *store, const uint8_t *uuid,
			   const struct domain_config *config,
			   const char *json)
{
	struct unwritten *item = calloc(1, sizeof(*item));

	if (!item)
		return;
	item->json = strdup(json);
	if (!item->json) {
		free(item);
		return;
	}
	memcpy(item->uuid, uuid, UUID_BYTES);
	item->config = *config;
	list_append(&store->unwritten, &item->node);
}

/* An unknown value stays NULL: it must not replace a recorded one. */
static void bind_known(sqlite3_stmt *stmt, const struct domain_config *config,
		       struct text *actions)
{
	bool known = false;

	if (config->type != DOMAIN_TYPE_UNKNOWN || PLANTED(SAVE))
		sqlite3_bind_int(stmt, 3, config->type);
	for (int i = 0; i < REASON_COUNT; i++) {
		known |= config->on[i] != ACTION_NONE;
		text_printf(actions, "%s%s", i ? " " : "",
			    action_name(config->on[i]));
	}
	if (known || PLANTED(SAVE))
		store_bind_text(stmt, 4, text_get(actions));
}

static int write_config(struct store *store, const uint8_t *uuid,
			const struct domain_config *config, const char *json)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	struct text actions = { 0 };
	int r = store_prepare(store,
			      "INSERT INTO guest"
			      " (uuid, name, type, actions, config, used)"
			      " VALUES (?1, ?2, ?3, ?4, ?5, " NEXT_USED ")"
			      " ON CONFLICT (uuid) DO UPDATE SET"
			      " name = coalesce(nullif(?2, ''), name),"
			      " type = coalesce(?3, type),"
			      " actions = coalesce(?4, actions),"
			      " config = coalesce(?5, config),"
			      " used = excluded.used", &stmt);

	if (r < 0)
		return r;
	sqlite3_bind_blob(stmt, 1, uuid, UUID_BYTES, SQLITE_STATIC);
	store_bind_text(stmt, 2, config->name);
	bind_known(stmt, config, &actions);
	store_bind_text(stmt, 5, json);
	r = actions.error ? actions.error : store_finish(stmt);
	text_free(&actions);
	return r;
}

int store_set_config(struct store *store, const uint8_t uuid[UUID_BYTES],
		     const struct domain_config *config, const char *json)
{
	struct unwritten *before = find_unwritten(store, uuid);
	int r = write_config(store, uuid, config, json);

	if (before)
		forget(before);
	if (r < 0 && json)
		keep_unwritten(store, uuid, config, json);
	return r;
}

void store_guest_catch_up(struct store *store)
{
	struct unwritten *item;

	LIST_EACH(item, &store->unwritten, struct unwritten, node) {
		if (write_config(store, item->uuid, &item->config,
				 item->json) < 0)
			return;
		forget(item);
	}
}

void store_guest_forget_unwritten(struct store *store)
{
	struct unwritten *item;

	LIST_EACH(item, &store->unwritten, struct unwritten, node)
		forget(item);
}

static int copy_json(const char *from, char **ret_json)
{
	char *json = strdup(from);

	if (!json)
		return -ENOMEM;
	*ret_json = json;
	return 0;
}

int store_get_config(struct store *store, const uint8_t uuid[UUID_BYTES],
		     char **ret_json)
{
	const struct unwritten *item = find_unwritten(store, uuid);
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	const char *json;
	int r;

	if (item)
		return copy_json(item->json, ret_json);
	r = store_prepare(store, "SELECT config FROM guest "
				 "WHERE uuid = ?1 AND config IS NOT NULL",
			  &stmt);
	if (r < 0)
		return r;
	sqlite3_bind_blob(stmt, 1, uuid, UUID_BYTES, SQLITE_STATIC);
	r = sqlite3_step(stmt);
	if (r != SQLITE_ROW)
		return r == SQLITE_DONE ? -ENOENT : store_errno(r);
	json = (const char *)sqlite3_column_text(stmt, 0);
	return json ? copy_json(json, ret_json) : -ENOMEM;
}

static void read_starts(const char *text, struct budget *budget)
{
	char *end;

	while (*text && budget->count < BUDGET_LIMIT_MAX) {
		int64_t at_ms = strtoll(text, &end, 10);

		if (end == text)
			return;
		budget->at_ms[budget->count++] = at_ms;
		text = end;
	}
}

/* An unknown name (a newer program wrote it) counts as not set. */
static void read_actions(const char *text, struct domain_config *config)
{
	char name[32];

	for (int i = 0; i < REASON_COUNT && *text; i++) {
		size_t len = strcspn(text, " ");

		if (len < sizeof(name)) {
			memcpy(name, text, len);
			name[len] = '\0';
			action_parse(name, &config->on[i]);
		}
		text += len + (text[len] == ' ');
	}
}

/* Times and domains are those of one boot of the host. */
static void read_run(struct store *store, sqlite3_stmt *stmt,
		     struct guest *guest)
{
	guest->budget.streak = sqlite3_column_int64(stmt, 3);
	read_starts(store_column_text(stmt, 4), &guest->budget);
	if (strcmp(store_column_text(stmt, 5), store->boot) != 0) {
		budget_carry_over(&guest->budget);
		return;
	}
	guest->run.domid = sqlite3_column_int64(stmt, 6);
	memcpy(guest->run.uuid, guest->uuid, UUID_BYTES);
	guest->run.epoch = (uint64_t)sqlite3_column_int64(stmt, 7);
	guest->run_ms = sqlite3_column_int64(stmt, 8);
}

static bool read_guest(struct store *store, sqlite3_stmt *stmt,
		       struct guest *guest)
{
	if (sqlite3_column_bytes(stmt, 0) != UUID_BYTES)
		return false;
	memcpy(guest->uuid, sqlite3_column_blob(stmt, 0), UUID_BYTES);
	text_copy(guest->name, sizeof(guest->name),
		  store_column_text(stmt, 1));
	guest->hold = sqlite3_column_int(stmt, 2);
	guest->disowned = sqlite3_column_int(stmt, 11);
	guest->adopted = sqlite3_column_int(stmt, 12);
	read_run(store, stmt, guest);
	guest->has_config = sqlite3_column_type(stmt, 9) != SQLITE_NULL;
	if (guest->has_config) {
		text_copy(guest->config.name, sizeof(guest->config.name),
			  guest->name);
		guest->config.type = sqlite3_column_int(stmt, 9);
		read_actions(store_column_text(stmt, 10), &guest->config);
	}
	return true;
}

int store_each_guest(struct store *store,
		     int (*each)(void *ctx, const struct guest *guest),
		     void *ctx)
{
	STORE_AUTO_STMT sqlite3_stmt *stmt = NULL;
	int r = store_prepare(store,
			      "SELECT uuid, name, hold, streak, starts, boot,"
			      " run_domid, run_epoch, run_ms, type, actions,"
			      " disowned, adopted"
			      " FROM guest", &stmt);

	if (r < 0)
		return r;
	while ((r = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct guest guest = { 0 };

		if (!read_guest(store, stmt, &guest))
			continue;
		if (store_ran_dry(store))
			return -ENOMEM;
		r = each(ctx, &guest);
		if (r)
			return r;
	}
	return store_errno(r);
}
