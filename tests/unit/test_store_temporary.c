/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records beside a database that cannot be used: begun, filled out of what can
 * be read, and given back.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "store_dir.h"
#include "tap.h"

static char temporary_dir[] = "/tmp/test-temporary-XXXXXX";
static const uint8_t web[UUID_BYTES] = { 1, 2, 3 };
static const uint8_t db[UUID_BYTES] = { 4, 5, 6 };

static struct store *open_temporary(const char *dir)
{
	struct store *store = NULL;
	struct text why = { 0 };

	store_open_temporary(dir, "boot", &store, &why);
	text_free(&why);
	return store;
}

static int record(struct store *store, uint64_t number, const uint8_t *uuid,
		  enum case_state state)
{
	struct incident *incident = incident_new();
	int r;

	incident->number = number;
	memcpy(incident->id.uuid, uuid, UUID_BYTES);
	incident->id.domid = 5;
	incident->seen_ms = (int64_t)number + uuid[0];
	text_copy(incident->name, sizeof(incident->name),
		  uuid == web ? "web" : "db");
	incident->verdict.action = ACTION_RESTART;
	incident->state = state;
	if (state == CASE_STATE_CLOSED)
		incident->outcome = OUTCOME_HANDLED;
	incident_begin_step(incident, 1);
	incident_end_step(incident, 2, 0, uuid == web ? "web's" : "db's");
	r = store_record(store, incident);
	incident_free(incident);
	return r;
}

static int record_guest(struct store *store, const uint8_t *uuid, bool hold)
{
	struct guest guest = { .hold = hold };

	memcpy(guest.uuid, uuid, UUID_BYTES);
	text_copy(guest.name, sizeof(guest.name), uuid == web ? "web" : "db");
	return store_record_guest(store, &guest);
}

static int set_config(struct store *store, const uint8_t *uuid,
		      const char *json)
{
	struct domain_config config = { .type = DOMAIN_TYPE_PV };

	for (int i = 0; i < REASON_COUNT; i++)
		config.on[i] = ACTION_RESTART;
	return store_set_config(store, uuid, &config, json);
}

static bool has_config(struct store *store, const uint8_t *uuid,
		       const char *json)
{
	char *found = NULL;
	bool same = store_get_config(store, uuid, &found) == 0 &&
		    strcmp(found, json) == 0;

	free(found);
	return same;
}

static int take_step(void *ctx, struct incident *incident)
{
	text_copy(ctx, 64, incident->step_count ? incident->steps[0].text :
						  "no step");
	incident_free(incident);
	return 0;
}

/* The text of the one step of an incident, or why there is none. */
static const char *step_of(struct store *store, uint64_t number)
{
	static char text[64];
	int r = store_get_incident(store, number, take_step, text);

	if (r < 0)
		text_copy(text, sizeof(text), strerror(-r));
	return text;
}

static int take_guest(void *ctx, const struct guest *guest)
{
	struct guest *to = ctx;

	if (uuid_equal(guest->uuid, to->uuid))
		*to = *guest;
	return 0;
}

static struct guest guest_of(struct store *store, const uint8_t *uuid)
{
	struct guest guest = { 0 };

	memcpy(guest.uuid, uuid, UUID_BYTES);
	store_each_guest(store, take_guest, &guest);
	return guest;
}

static uint64_t next_of(struct store *store)
{
	uint64_t number = 0;

	store_next_number(store, &number);
	return number;
}

static void test_open(void)
{
	struct store *store = open_temporary(temporary_dir);

	ok(store && record(store, 7, web, CASE_STATE_QUEUED) == 0 &&
	   store_has_temporary(temporary_dir), "records in another directory");
	store_close(store);
	store = open_temporary(temporary_dir);
	ok(store && next_of(store) == 8, "outlive the daemon");
	store_discard(store);
	ok(!store_has_temporary(temporary_dir), "until they are discarded");
	store = open_temporary("/proc/no-such-directory");
	is_text(store_path(store), ":memory:", "without a directory: in memory");
	ok(record(store, 7, web, CASE_STATE_QUEUED) == 0 &&
	   store_check(store) == 0, "which works as well");
	store_discard(store);
}

static void test_check(void)
{
	struct store *store = store_dir_open("boot", 0);
	char path[sizeof(store_dir) + 16];

	ok(store_check(store) == 0, "the file is there");
	snprintf(path, sizeof(path), "%s/xenvigil.db", store_dir);
	unlink(path);
	ok(record(store, 1, web, CASE_STATE_QUEUED) == 0 &&
	   store_check(store) == -ENOENT,
	   "SQLite writes into a file that was removed: it is noticed");
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	ok(store_check(store) == -ENOENT, "another file is not the one");
	store_close(store);
	store_dir_empty();
}

/* What STORE began with, and what came while it could not be used. */
static void fill(struct store *store, struct store *away)
{
	record_guest(store, web, false);
	record_guest(store, db, true);
	set_config(store, web, "{\"old\": 1}");
	set_config(store, db, "{\"db\": 1}");
	record(store, 1, web, CASE_STATE_CLOSED);
	record(store, 2, web, CASE_STATE_QUEUED);
	record_guest(away, web, true);
	record_guest(away, db, false);
	set_config(away, web, "{\"new\": 1}");
	record(away, 2, web, CASE_STATE_CLOSED);
	record(away, 3, db, CASE_STATE_QUEUED);
}

static void test_take_over(const char *dir)
{
	struct store *store = store_dir_open("boot", 0);
	struct store *away = open_temporary(dir);
	struct evidence evidence = { .kind = EVIDENCE_KERNEL_LOG,
				     .source = "s", .text = "t",
				     .missing = "" };
	struct host_trouble trouble = { .began_ms = 5000, .text = "ill" };

	fill(store, away);
	ok(store_add_evidence(away, 3, &evidence) == 0 &&
	   store_record_host(away, &trouble) == 0, "more than incidents");
	ok(store_take_over(store, away, true) == 0, "all is given back (%s)",
	   store_path(away));
	is_text(step_of(store, 1), "web's", "what was there is there");
	is_text(step_of(store, 3), "db's", "and what came meanwhile");
	ok(next_of(store) == 4, "numbers go on");
	ok(guest_of(store, web).hold && !guest_of(store, db).hold,
	   "a guest is what it was last");
	ok(has_config(store, web, "{\"new\": 1}") &&
	   has_config(store, db, "{\"db\": 1}") &&
	   guest_of(store, db).config.type == DOMAIN_TYPE_PV,
	   "a configuration that nobody could read is kept");
	store_discard(away);
	store_close(store);
	store = store_dir_open("boot", 0);
	is_text(step_of(store, 3), "db's", "and is on the disk");
	store_close(store);
	store_dir_empty();
}

/* Nobody could read what was on record when the other began. */
static void test_unread(void)
{
	struct store *store = store_dir_open("boot", 0);
	struct store *away = open_temporary(temporary_dir);

	fill(store, away);
	record(away, 1, db, CASE_STATE_CLOSED);
	ok(store_take_over(store, away, false) == 0, "a stranger's records");
	ok(guest_of(store, web).hold && guest_of(store, db).hold,
	   "whoever was held is");
	is_text(step_of(store, 1), "db's", "a number is the later one's");
	is_text(step_of(store, 4), "web's", "the earlier one gets another");
	ok(next_of(store) == 5, "so no number is that of two");
	store_discard(away);
	store_close(store);
	store_dir_empty();
}

static void spoil(const char *sql)
{
	char path[sizeof(store_dir) + 16];
	sqlite3 *raw = NULL;

	snprintf(path, sizeof(path), "%s/xenvigil.db", store_dir);
	ok(sqlite3_open(path, &raw) == SQLITE_OK &&
	   sqlite3_exec(raw, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sql);
	sqlite3_close(raw);
}

/* All or nothing. */
static void test_fails(void)
{
	struct store *store = store_dir_open("boot", 0);
	struct store *away = open_temporary(temporary_dir);

	fill(store, away);
	store_close(store);
	spoil("CREATE TRIGGER no BEFORE INSERT ON step"
	      " BEGIN SELECT RAISE(ABORT, 'no'); END");
	store = store_dir_open("boot", 0);
	ok(store_take_over(store, away, true) < 0, "what cannot be written");
	ok(!guest_of(store, web).hold, "changes nothing");
	store_close(store);
	spoil("DROP TRIGGER no");
	store = store_dir_open("boot", 0);
	ok(store_take_over(store, away, true) == 0 &&
	   guest_of(store, web).hold, "and is there for the next time");
	store_discard(away);
	store_close(store);
	store_dir_empty();
}

static void test_salvage(void)
{
	struct store *store = store_dir_open("boot", 0);
	struct store *away = open_temporary(temporary_dir);
	uint64_t number = 0;

	fill(store, away);
	store_discard(away);
	store_close(store);
	spoil("PRAGMA user_version = 999;"
	      "ALTER TABLE guest ADD COLUMN later INTEGER");
	store = store_dir_open("boot", -EPROTONOSUPPORT);
	ok(!store, "a newer program's database is not opened");
	away = open_temporary(temporary_dir);
	ok(store_salvage(away, store_dir, temporary_dir, &number) == 0 &&
	   number == 3, "but is read: the next number is %llu",
	   (unsigned long long)number);
	ok(guest_of(away, db).hold && has_config(away, db, "{\"db\": 1}"),
	   "its guests");
	is_text(step_of(away, 2), "web's", "its open incidents");
	is_text(step_of(away, 1), strerror(ENOENT), "and no others");
	record_guest(away, db, false);
	ok(store_salvage(away, store_dir, temporary_dir, &number) == 0 &&
	   !guest_of(away, db).hold, "what is newer stays");
	ok(store_salvage(away, "/proc/no-such-directory", temporary_dir,
			 &number) == -ENOENT, "where nothing is, nothing is read");
	store_discard(away);
	store_dir_empty();
}

static int (*open_below)(sqlite3_vfs *vfs, const char *name,
			 sqlite3_file *file, int flags, int *ret_flags);
static mode_t copy_mode;

static int note_mode(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
		     int flags, int *ret_flags)
{
	struct stat st;

	if (name && strstr(name, "/copy.db") && stat(name, &st) == 0)
		copy_mode = st.st_mode & 07777;
	return open_below(vfs, name, file, flags, ret_flags);
}

/* What the records say is root's, in a copy too: it is looked at while it is
 * there. */
static void test_copy_mode(void)
{
	sqlite3_vfs seen = *sqlite3_vfs_find(NULL);
	mode_t before = umask(0);
	struct store *away;
	uint64_t number;

	open_below = seen.xOpen;
	seen.xOpen = note_mode;
	seen.zName = "seen";
	sqlite3_vfs_register(&seen, true);
	store_close(store_dir_open("boot", 0));
	away = open_temporary(temporary_dir);
	ok(store_salvage(away, store_dir, temporary_dir, &number) == 0,
	   "what can be read is read");
	ok(copy_mode == 0600, "the copy is its owner's alone: %04o", copy_mode);
	store_discard(away);
	store_dir_empty();
	sqlite3_vfs_unregister(&seen);
	umask(before);
}

int main(void)
{
	if (!store_dir_make() || !mkdtemp(temporary_dir))
		return 1;
	test_open();
	test_check();
	test_take_over(temporary_dir);
	test_take_over("/proc/no-such-directory");
	test_unread();
	test_fails();
	test_salvage();
	test_copy_mode();
	ok(rmdir(temporary_dir) == 0 && store_dir_remove(),
	   "nothing is left behind");
	return done_testing();
}
