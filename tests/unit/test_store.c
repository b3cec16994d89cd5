/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: what is written is read back, over restarts of the daemon and
 * of the host, an old schema is brought up, a newer one refused, a damaged
 * file set aside.  On SQLite's own files, in a directory of its own.
 */
#include <errno.h>
#include <glob.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/store.h"

#include "core_facts.h"
#include "store_dir.h"
#include "tap.h"

static char path[64];

/* --- what is written --- */

static struct incident *make_incident(uint64_t number)
{
	struct incident *i = incident_new();

	i->number = number;
	i->id = (struct domain_id){ .domid = 12, .epoch = UINT64_MAX - 5 };
	memset(i->id.uuid, 0xa1, UUID_BYTES);
	i->cpu_time_ns = 123456789012345;
	snprintf(i->name, sizeof(i->name), "web \"1\"\n';--");
	i->type = DOMAIN_TYPE_PVH;
	i->peer = PEER_XAPI;
	i->reason_code = 77;
	i->verdict = (struct policy_verdict){
		.reason = REASON_CRASH, .wanted = ACTION_SOFT_RESET,
		.action = ACTION_RENAME_RESTART,
		.source = POLICY_SOURCE_DOMAIN,
	};
	snprintf(i->why, sizeof(i->why), "because");
	i->state = CASE_STATE_WORKING;
	i->at = 1;
	i->absent = i->paid = i->unreported = true;
	i->due_ms = 4711;
	i->due_wall_ms = 1700000000000;
	i->seen_ms = 1600000000000 + (int64_t)number;
	memset(i->copy_uuid, 0xc0, UUID_BYTES);
	i->successor = (struct domain_id){ .domid = 13, .epoch = 14 };
	snprintf(i->core_path, sizeof(i->core_path), "/cores/x");
	i->core = (struct capture_facts){ CAPTURE_FORMAT_KDUMP_ZLIB, 1ull << 40,
					  3, 2, 5, 77, true };
	snprintf(i->panic, sizeof(i->panic), "panic - \"why\"");
	incident_begin_step(i, 100);
	incident_end_step(i, 200, -EIO, "it failed");
	incident_begin_step(i, 300);
	i->done = 1u << STEP_SAVE | 1u << STEP_EJECT;
	i->is_unheard = i->wants_core = i->wants_reattach = true;
	return i;
}

static bool same_steps(const struct incident *a, const struct incident *b)
{
	if (a->step_count != b->step_count)
		return false;
	for (uint32_t i = 0; i < a->step_count; i++)
		if (a->steps[i].step != b->steps[i].step ||
		    a->steps[i].begun_ms != b->steps[i].begun_ms ||
		    a->steps[i].ended_ms != b->steps[i].ended_ms ||
		    a->steps[i].rc != b->steps[i].rc ||
		    strcmp(a->steps[i].text, b->steps[i].text) != 0)
			return false;
	return true;
}

static bool same_facts(const struct incident *a, const struct incident *b)
{
	return a->number == b->number && domain_id_equal(&a->id, &b->id) &&
	       a->cpu_time_ns == b->cpu_time_ns &&
	       strcmp(a->name, b->name) == 0 && a->type == b->type &&
	       a->reason_code == b->reason_code &&
	       a->verdict.reason == b->verdict.reason &&
	       a->verdict.wanted == b->verdict.wanted &&
	       a->verdict.action == b->verdict.action &&
	       a->verdict.source == b->verdict.source &&
	       strcmp(a->why, b->why) == 0;
}

static bool same(const struct incident *a, const struct incident *b)
{
	return same_facts(a, b) && same_steps(a, b) && a->state == b->state &&
	       a->outcome == b->outcome && a->at == b->at &&
	       a->peer == b->peer &&
	       a->absent == b->absent && a->paid == b->paid &&
	       a->due_ms == b->due_ms && a->due_wall_ms == b->due_wall_ms &&
	       a->seen_ms == b->seen_ms && a->closed_ms == b->closed_ms &&
	       uuid_equal(a->copy_uuid, b->copy_uuid) &&
	       domain_id_equal(&a->successor, &b->successor) &&
	       strcmp(a->core_path, b->core_path) == 0 &&
	       strcmp(a->panic, b->panic) == 0 &&
	       a->unreported == b->unreported && a->begun == b->begun &&
	       a->done == b->done && a->is_unheard == b->is_unheard &&
	       a->wants_core == b->wants_core &&
	       a->wants_reattach == b->wants_reattach &&
	       core_facts_same(&a->core, &b->core);
}

struct found {
	struct incident *incidents[64];
	int count;
};

static int collect(void *ctx, struct incident *incident)
{
	struct found *found = ctx;

	found->incidents[found->count++] = incident;
	return 0;
}

static void free_found(struct found *found)
{
	for (int i = 0; i < found->count; i++)
		incident_free(found->incidents[i]);
	found->count = 0;
}

static void test_incident(void)
{
	struct incident *incident = make_incident(41);
	struct store *store = store_dir_open("boot", 0);
	struct found found = { 0 };
	uint64_t next = 0;

	ok(store_record(store, incident) == 0, "an incident is written");
	incident->at = 2;
	incident_end_step(incident, 400, 0, "done");
	incident_begin_step(incident, 500);
	ok(store_record(store, incident) == 0, "and written again");
	ok(store_next_number(store, &next) == 0 && next == 42,
	   "its number is used");
	store_close(store);
	store = store_dir_open("boot", 0);
	store_each_pending(store, collect, &found);
	ok(found.count == 1 && same(found.incidents[0], incident),
	   "it is read back as it was, after a restart");
	free_found(&found);
	store_close(store);
	store = store_dir_open("another boot", 0);
	store_each_pending(store, collect, &found);
	ok(found.count == 1 && found.incidents[0]->due_ms == 0,
	   "after a boot of the host its wait is over");
	ok(!incident->rebooted && found.incidents[0]->rebooted &&
	   store_record(store, found.incidents[0]) == 0,
	   "and that there was a boot is known");
	free_found(&found);
	store_each_pending(store, collect, &found);
	ok(found.count == 1 && found.incidents[0]->rebooted,
	   "also by who comes later in it");
	free_found(&found);
	incident_free(incident);
	store_close(store);
	store_dir_empty();
}

/* Which incidents a starting daemon has to know of. */
static void test_pending(void)
{
	static const struct {
		enum case_state state;
		enum action action;
		enum outcome outcome;
		bool same_boot, other_boot;
	} cases[] = {
		{ CASE_STATE_HELD, ACTION_RESTART, OUTCOME_OPEN, true, true },
		{ CASE_STATE_CLOSED, ACTION_RESTART, OUTCOME_HANDLED, false, false },
		{ CASE_STATE_CLOSED, ACTION_PRESERVE, OUTCOME_KEPT, true, false },
		/* The domain that another hand removes is still in the list. */
		{ CASE_STATE_CLOSED, ACTION_DESTROY, OUTCOME_VANISHED, true, false },
		{ CASE_STATE_CLOSED, ACTION_RESTART, OUTCOME_TAKEN, true, false },
		{ CASE_STATE_CLOSED, ACTION_RENAME_RESTART, OUTCOME_HANDLED, true, false },
		{ CASE_STATE_CLOSED, ACTION_SOFT_RESET, OUTCOME_HANDLED, false, false },
	};
	struct store *store = store_dir_open("boot", 0), *other;
	unsigned int n = sizeof(cases) / sizeof(*cases), here = 0, there = 0;
	struct found found = { 0 };

	for (unsigned int i = 0; i < n; i++) {
		struct incident *incident = make_incident(i + 1);

		incident->state = cases[i].state;
		incident->verdict.action = cases[i].action;
		incident->outcome = cases[i].outcome;
		store_record(store, incident);
		incident_free(incident);
		here += cases[i].same_boot;
		there += cases[i].other_boot;
	}
	store_each_pending(store, collect, &found);
	ok(found.count == (int)here, "what is open or left something behind "
	   "is pending: %d of %u", found.count, n);
	free_found(&found);
	store_each_since(store, 1600000000000 + 3, 3, collect, &found);
	ok(found.count == 3 && found.incidents[0]->number == n &&
	   found.incidents[2]->number == n - 2,
	   "the newest first, as many as asked for");
	free_found(&found);
	store_each_before(store, 0, 1600000000000 + n - 2, n - 2, 2, collect,
			  &found);
	ok(found.count == 2 && found.incidents[0]->number == n - 3 &&
	   found.incidents[1]->number == n - 4, "and those that come after one");
	free_found(&found);
	store_close(store);
	other = store_dir_open("another boot", 0);
	store_each_pending(other, collect, &found);
	ok(found.count == (int)there, "in another boot only what is open");
	free_found(&found);
	store_close(other);
	store_dir_empty();
}

/* --- guests --- */

static struct guest read_back;
static int guests_read;

static int take_guest(void *ctx, const struct guest *guest)
{
	(void)ctx;
	read_back = *guest;
	guests_read++;
	return 0;
}

static struct guest make_guest(void)
{
	struct guest guest = { .hold = true, .adopted = true,
			       .run = { .domid = 5, .epoch = 6 },
			       .run_ms = 777 };

	memset(guest.uuid, 0x77, UUID_BYTES);
	memset(guest.run.uuid, 0x77, UUID_BYTES);
	snprintf(guest.name, sizeof(guest.name), "n");
	for (int i = 0; i < 90; i++)
		budget_spend(&guest.budget, 100000 + i);
	return guest;
}

static void test_guest(void)
{
	struct domain_config config = { .name = "n", .type = DOMAIN_TYPE_HVM,
					.on = { [REASON_CRASH] =
						ACTION_COREDUMP_RESTART } };
	static const struct domain_config nothing;
	struct guest guest = make_guest();
	struct store *store = store_dir_open("boot", 0);
	char *json = NULL;

	ok(store_get_config(store, guest.uuid, &json) == -ENOENT && !json,
	   "no configuration is known at first");
	ok(store_record_guest(store, &guest) == 0 &&
	   store_set_config(store, guest.uuid, &config, "{\"a\": 1}") == 0 &&
	   store_record_guest(store, &guest) == 0,
	   "a guest and its configuration are written");
	store_close(store);
	store = store_dir_open("boot", 0);
	store_each_guest(store, take_guest, NULL);
	ok(guests_read == 1 && uuid_equal(read_back.uuid, guest.uuid) &&
	   read_back.hold && read_back.adopted && !read_back.disowned &&
	   read_back.run_ms == 777 &&
	   domain_id_equal(&read_back.run, &guest.run) &&
	   memcmp(&read_back.budget, &guest.budget, sizeof(guest.budget)) == 0,
	   "the guest is read back as it was");
	ok(read_back.has_config && read_back.config.type == DOMAIN_TYPE_HVM &&
	   memcmp(read_back.config.on, config.on, sizeof(config.on)) == 0,
	   "with what its configuration says");
	ok(store_get_config(store, guest.uuid, &json) == 0 &&
	   strcmp(json, "{\"a\": 1}") == 0, "and the configuration itself");
	free(json);
	ok(store_set_config(store, guest.uuid, &nothing, "{\"b\": 2}") == 0 &&
	   store_each_guest(store, take_guest, NULL) == 0 &&
	   read_back.config.type == DOMAIN_TYPE_HVM &&
	   memcmp(read_back.config.on, config.on, sizeof(config.on)) == 0 &&
	   strcmp(read_back.config.name, guest.name) == 0,
	   "a configuration alone leaves name, type and actions as they are");
	ok(store_get_config(store, guest.uuid, &json) == 0 &&
	   strcmp(json, "{\"b\": 2}") == 0, "and replaces the older one");
	free(json);
	store_close(store);
	store = store_dir_open("another boot", 0);
	store_each_guest(store, take_guest, NULL);
	ok(read_back.run.domid == 0 && read_back.budget.at_ms[0] == 0 &&
	   read_back.budget.streak == 90 && read_back.hold,
	   "in another boot it runs in nothing, and its starts count from then");
	store_close(store);
	store_dir_empty();
}

/* --- files --- */

static int run_sql(const char *sql)
{
	sqlite3 *db;
	int r = sqlite3_open(path, &db);

	if (r == SQLITE_OK)
		r = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return r;
}

/* One byte longer than the names have room for, end and all. */
static void test_longest_action(void)
{
	struct domain_config config = { .type = DOMAIN_TYPE_PV, .on = {
		[REASON_POWEROFF] = ACTION_LOG, [REASON_REBOOT] = ACTION_LOG,
	} };
	struct guest guest = make_guest();
	struct store *store = store_dir_open("boot", 0);

	store_record_guest(store, &guest);
	store_set_config(store, guest.uuid, &config, "{}");
	store_close(store);
	ok(run_sql("UPDATE guest SET actions = 'a0123456789012345678901234567890"
		   " destroy'") == SQLITE_OK, "a newer program's action");
	store = store_dir_open("boot", 0);
	store_each_guest(store, take_guest, NULL);
	ok(read_back.config.on[REASON_POWEROFF] == ACTION_NONE &&
	   read_back.config.on[REASON_REBOOT] == ACTION_DESTROY,
	   "is not set, and the next one is");
	store_close(store);
	store_dir_empty();
}

static int schema_version(void)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int version = -1;

	if (sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL) ==
	    SQLITE_OK) {
		if (sqlite3_step(stmt) == SQLITE_ROW)
			version = sqlite3_column_int(stmt, 0);
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	return version;
}

static int take_it(void *ctx, struct incident *incident)
{
	*(struct incident **)ctx = incident;
	return 0;
}

/* As the first version had it: of a core its path, of the host nothing. */
static void test_older(void)
{
	struct store *store = store_dir_open("boot", 0);
	struct incident *put = make_incident(1), *got = NULL;

	incident_end_step(put, 400, 0, "looked");
	put->unreported = false;
	put->at = 0;
	incident_begin_step(put, 500);
	incident_end_step(put, 600, 0, "saved");
	put->at = 1;
	incident_begin_step(put, 700);
	store_record(store, put);
	store_close(store);
	ok(run_sql("DROP INDEX guest_used; DROP INDEX incident_guest;"
		   "ALTER TABLE guest DROP COLUMN used;"
		   "ALTER TABLE incident DROP COLUMN core_format;"
		   "ALTER TABLE incident DROP COLUMN core_bytes;"
		   "ALTER TABLE incident DROP COLUMN core_pages;"
		   "ALTER TABLE incident DROP COLUMN core_zero;"
		   "ALTER TABLE incident DROP COLUMN core_of;"
		   "ALTER TABLE incident DROP COLUMN core_ms;"
		   "ALTER TABLE incident DROP COLUMN core_cut;"
		   "ALTER TABLE incident DROP COLUMN panic;"
		   "ALTER TABLE incident DROP COLUMN unreported;"
		   "ALTER TABLE incident DROP COLUMN begun;"
		   "ALTER TABLE incident DROP COLUMN done;"
		   "ALTER TABLE incident DROP COLUMN unheard;"
		   "ALTER TABLE incident DROP COLUMN wants_core;"
		   "ALTER TABLE incident DROP COLUMN rebooted;"
		   "ALTER TABLE incident DROP COLUMN twin;"
		   "ALTER TABLE incident DROP COLUMN wants_reattach;"
		   "DROP TABLE evidence;"
		   "ALTER TABLE guest DROP COLUMN disowned; DROP TABLE host;"
		   "ALTER TABLE guest DROP COLUMN adopted;"
		   "ALTER TABLE incident DROP COLUMN owner;"
		   "PRAGMA user_version = 1") == SQLITE_OK,
	   "a database of the first version");
	store = store_dir_open("boot", 0);
	ok(store && store_each_pending(store, take_it, &got) == 0 && got &&
	   same_facts(put, got) && same_steps(put, got) &&
	   strcmp(got->core_path, "/cores/x") == 0 && got->core.bytes == 0 &&
	   !got->panic[0] && !got->unreported && !got->rebooted,
	   "is brought up with all it held");
	ok(got && got->begun == (1u << STEP_REPORT | 1u << STEP_SAVE |
				 1u << STEP_RENAME) &&
	   got->done == (1u << STEP_REPORT | 1u << STEP_SAVE) &&
	   !got->is_unheard && got->wants_core && !got->wants_reattach,
	   "what its steps were is out of their log");
	incident_free(put);
	incident_free(got);
	store_close(store);
	store_dir_empty();
}

static void test_schema(void)
{
	struct store *store = store_dir_open("boot", 0);
	char sql[64];
	struct stat st;
	int version;

	ok(store && stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	   "a new file is root's alone");
	store_close(store);
	version = schema_version();
	run_sql("PRAGMA user_version = 1000");
	store = store_dir_open("boot", -EPROTONOSUPPORT);
	ok(!store, "a newer schema is refused, not damaged");
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version);
	run_sql(sql);
	store = store_dir_open("boot", 0);
	ok(store != NULL, "and is as it was");
	store_close(store);
	store_dir_empty();
	run_sql("CREATE TABLE other (a)");
	store = store_dir_open("boot", 0);
	ok(store != NULL, "a file without a version is brought up");
	store_close(store);
	store_dir_empty();
}

static unsigned int count_aside(void)
{
	char pattern[80];
	glob_t found;
	unsigned int n;

	snprintf(pattern, sizeof(pattern), "%s/*.damaged-*", store_dir);
	n = glob(pattern, 0, NULL, &found) ? 0 : found.gl_pathc;
	globfree(&found);
	return n;
}

static void damage(off_t at, const char *bytes)
{
	FILE *file = fopen(path, "r+");

	fseek(file, at, SEEK_SET);
	fputs(bytes, file);
	fclose(file);
}

static void test_damaged(void)
{
	struct incident *incident = make_incident(1);
	struct store *store = store_dir_open("boot", 0);
	struct text why = { 0 };

	store_record(store, incident);
	store_close(store);
	damage(0, "this is no database, surely");
	ok(store_open(store_dir, "boot", &store, &why) == 0 &&
	   strstr(text_get(&why), ".damaged-"),
	   "a damaged file is set aside, and named");
	text_free(&why);
	ok(count_aside() == 1 && store_record(store, incident) == 0,
	   "it is still there, and a new one takes records");
	store_close(store);
	store_dir_empty();
	store = store_dir_open("boot", 0);
	for (uint64_t i = 1; i < 40; i++) {
		incident->number = i;
		store_record(store, incident);
	}
	store_close(store);
	damage(4096 * 3 + 8, "\377\377\377\377\377\377\377\377\377\377");
	store = store_dir_open("boot", 0);
	ok(store && count_aside() == 1, "so is one with a damaged page");
	store_close(store);
	incident_free(incident);
	store_dir_empty();
}

static void test_unreadable(void)
{
	struct incident *incident = make_incident(1);
	struct store *store = store_dir_open("boot", 0);
	struct found found = { 0 };

	store_record(store, incident);
	incident->number = 2;
	store_record(store, incident);
	store_close(store);
	run_sql("UPDATE incident SET action = 'dance' WHERE number = 1");
	store = store_dir_open("boot", 0);
	ok(freopen("/dev/null", "w", stderr) != NULL, "its words go nowhere");
	ok(store_each_pending(store, collect, &found) == 0 &&
	   found.count == 1 && found.incidents[0]->number == 2,
	   "a record that makes no sense does not hide the others");
	free_found(&found);
	store_close(store);
	incident_free(incident);
	store_dir_empty();
}

/* --- what goes --- */

static struct store *store_many(uint64_t count)
{
	struct store *store = store_dir_open("boot", 0);
	struct incident *incident = make_incident(1);

	incident->state = CASE_STATE_CLOSED;
	incident->outcome = OUTCOME_HANDLED;
	incident->verdict.action = ACTION_RESTART;
	for (uint64_t number = 1; number <= count; number++) {
		incident->number = number;
		incident->seen_ms = (int64_t)number;
		incident->state = number == 3 ? CASE_STATE_HELD :
						CASE_STATE_CLOSED;
		incident->outcome = number == 5 ? OUTCOME_KEPT :
						  OUTCOME_HANDLED;
		store_record(store, incident);
	}
	incident_free(incident);
	return store;
}

static int count_one(void *ctx, struct incident *incident)
{
	(*(uint32_t *)ctx)++;
	incident_free(incident);
	return 0;
}

static uint32_t count_all(struct store *store)
{
	uint32_t count = 0;

	store_each_since(store, 0, 1000000, count_one, &count);
	return count;
}

static bool domain_there;

static bool has_domain(void *ctx, uint32_t domid, uint64_t epoch)
{
	(void)ctx;
	(void)domid;
	(void)epoch;
	return domain_there;
}

/* A pass that keeps so many, and what was seen since SINCE_MS. */
static uint32_t prune(struct store *store, uint32_t incidents,
		      int64_t since_ms)
{
	struct store_keep keep = { .incidents = incidents,
				   .before_ms = since_ms,
				   .has_domain = has_domain };
	struct store_pruned pruned = { 0 };

	if (store_prune(store, &keep, &pruned) < 0)
		return UINT32_MAX;
	return pruned.incidents;
}

static void test_prune(void)
{
	uint64_t most = STORE_KEEP_NEWEST + 300, next = 0;
	struct store *store = store_many(most);

	ok(prune(store, UINT32_MAX, 0) == 0 && count_all(store) == most,
	   "what is neither old nor too many stays");
	domain_there = true;
	ok(prune(store, UINT32_MAX, 11) == 8 && count_all(store) == most - 8,
	   "the old go, but for what is open and what is needed");
	domain_there = false;
	ok(prune(store, UINT32_MAX, 11) == 1 && count_all(store) == most - 9,
	   "a domain that is gone needs no record");
	ok(prune(store, UINT32_MAX, INT64_MAX) == 256, "a batch at a time");
	while (prune(store, 1, INT64_MAX))
		;
	ok(count_all(store) == STORE_KEEP_NEWEST + 1,
	   "the newest stay, whatever the clock and the bound say");
	ok(store_next_number(store, &next) == 0 && next == most + 1,
	   "no number is used twice");
	store_close(store);
	store_dir_empty();
}

/* What was recorded without the database has numbers far above the others. */
static void test_prune_by_row(void)
{
	struct store *store = store_many(10);
	struct incident *incident = make_incident(1800000000);

	incident->state = CASE_STATE_CLOSED;
	store_record(store, incident);
	ok(prune(store, STORE_KEEP_NEWEST, 0) == 0 && count_all(store) == 11,
	   "a number far above the others makes those no older");
	incident_free(incident);
	store_close(store);
	store_dir_empty();
}

/* --- memory --- */

static int count_piece(void *ctx, const struct evidence *evidence)
{
	*(uint32_t *)ctx += strcmp(evidence->text, "b") == 0;
	return 0;
}

static void test_rest(void)
{
	struct store *store = store_dir_open("boot", 0);
	struct evidence evidence = {
		.kind = EVIDENCE_PANIC, .source = "a", .text = "b",
		.missing = "",
	};
	sqlite3_int64 before;
	uint32_t count = 0;

	for (uint64_t number = 1; number <= 200; number++)
		store_add_evidence(store, number, &evidence);
	before = sqlite3_memory_used();
	store_rest(store);
	printf("# %lld bytes, then %lld\n", (long long)before,
	       (long long)sqlite3_memory_used());
	ok(sqlite3_memory_used() < before - 8192, "a store at rest is smaller");
	ok(store_add_evidence(store, 201, &evidence) == 0,
	   "and writes what comes then");
	store_each_evidence(store, 1, count_piece, &count);
	store_each_evidence(store, 201, count_piece, &count);
	ok(count == 2, "beside what was there");
	store_close(store);
	store_dir_empty();
}

int main(void)
{
	if (!store_dir_make())
		return 1;
	snprintf(path, sizeof(path), "%s/xenvigil.db", store_dir);
	test_incident();
	test_pending();
	test_guest();
	test_longest_action();
	test_older();
	test_schema();
	test_damaged();
	test_unreadable();
	test_prune();
	test_prune_by_row();
	test_rest();
	store_dir_remove();
	return done_testing();
}
