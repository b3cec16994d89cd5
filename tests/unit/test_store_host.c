/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's troubles in a database of the test's own.  Runs no daemon.
 */
#include "store/store.h"

#include <string.h>

#include "store_dir.h"
#include "tap.h"

struct seen {
	unsigned int count;
	struct host_trouble last;
};

static int note(void *ctx, const struct host_trouble *trouble)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->last = *trouble;
	return 0;
}

static unsigned int count_since(struct store *store, int64_t since_ms,
				struct seen *seen)
{
	memset(seen, 0, sizeof(*seen));
	if (store_each_host(store, since_ms, 100, note, seen))
		return 99;
	return seen->count;
}

static void test_all(void)
{
	struct host_trouble first = {
		.worst = HOST_HUNG, .began_ms = 1000,
		.text = "it's hung", .advice = "mend it",
		.retreat = "powered off: web", .retreat_state = RETREAT_EVIDENCE,
	};
	struct host_trouble second = { .worst = HOST_HUNG, .began_ms = 5000 };
	struct store *store = store_dir_open("boot", 0);
	struct seen seen;

	ok(count_since(store, 0, &seen) == 0, "there is none");
	ok(store_record_host(store, &first) == 0 && first.number == 1,
	   "the first has number 1");
	first.worst = HOST_DEAD;
	ok(store_record_host(store, &first) == 0 && first.number == 1 &&
	   count_since(store, 0, &seen) == 1 && seen.last.worst == HOST_DEAD,
	   "it grows worse, and stays one");
	is_text(seen.last.text, "it's hung", "its text is kept");
	is_text(seen.last.advice, "mend it", "so is the advice");
	is_text(seen.last.retreat, "powered off: web", "and the retreat");
	ok(seen.last.retreat_state == RETREAT_EVIDENCE, "how far it came, too");
	ok(count_since(store, INT64_MAX, &seen) == 1, "it lasts till now");
	first.ended_ms = 2000;
	store_record_host(store, &first);
	ok(count_since(store, 2001, &seen) == 0, "until it ends");
	ok(store_record_host(store, &second) == 0 && second.number == 2,
	   "the next has the next number");
	store_close(store);
	store = store_dir_open("boot", 0);
	ok(count_since(store, 0, &seen) == 2 && seen.last.number == 1,
	   "newest first, and after a restart too");
	store_close(store);
}

/* Two of one boot whose end is not on record, in a retreat each. */
static void test_other_boot(void)
{
	struct host_trouble old = {
		.worst = HOST_HUNG, .began_ms = 7000, .began_mono_ms = 70,
		.retreat = "asked: web", .retreat_state = RETREAT_WAITING,
	};
	struct host_trouble older = {
		.worst = HOST_HUNG, .began_ms = 8000, .retreat = "asked: db",
		.retreat_state = RETREAT_WAITING,
	};
	struct store *store = store_dir_open("boot2", 0);
	uint32_t count = 99;
	struct seen seen;

	store_record_host(store, &older);
	ok(store_each_host(store, INT64_MAX, 1, note, &seen) == 0 &&
	   !seen.last.is_stale, "the newest of this boot is not stale");
	store_record_host(store, &old);
	ok(count_since(store, INT64_MAX, &seen) == 3 && seen.last.is_stale,
	   "one that a later one follows is");
	ok(store_close_hosts(store, 9000, &count) == 0 && count == 2 &&
	   count_since(store, INT64_MAX, &seen) == 1 && !seen.last.is_stale,
	   "the newest of this boot lasts, the others are closed");
	ok(seen.last.began_mono_ms == 70,
	   "when it began by the boot's clock is kept");
	ok(store_each_host(store, 9000, 2, note, &seen) == 0 &&
	   seen.last.number == older.number &&
	   seen.last.retreat_state == RETREAT_OVER,
	   "the retreat of the earlier one is over");
	is_text(seen.last.retreat, "asked: db; its end was not recorded",
		"and says why");
	store_close(store);
	store = store_dir_open("boot3", 0);
	ok(store_each_host(store, INT64_MAX, 1, note, &seen) == 0 &&
	   seen.last.is_stale && !seen.last.ended_ms,
	   "and another's before they are closed");
	ok(store_close_hosts(store, 9000, &count) == 0 && count == 1 &&
	   count_since(store, INT64_MAX, &seen) == 0,
	   "after the next boot none lasts");
	ok(store_each_host(store, 9000, 1, note, &seen) == 0 &&
	   seen.last.ended_ms == 9000 &&
	   seen.last.retreat_state == RETREAT_OVER,
	   "a retreat that was under way is over");
	is_text(seen.last.retreat, "asked: web; the host was booted again",
		"and says why");
	store_close(store);
}

int main(void)
{
	if (!store_dir_make())
		return 1;
	test_all();
	test_other_boot();
	return store_dir_remove() ? done_testing() : 1;
}
