/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes when there is too much: guests that nobody knows, bytes of evidence
 * and of incidents, and what a daemon has to load.
 */
#include <sqlite3.h>
#include <string.h>

#include "store_dir.h"
#include "tap.h"

/* More than one pass removes. */
#define MANY 700
#define KEEP 100

static void number_to_uuid(uint32_t number, uint8_t uuid[UUID_BYTES])
{
	memset(uuid, 0, UUID_BYTES);
	memcpy(uuid, &number, sizeof(number));
}

/* --- guests --- */

static int count_guest(void *ctx, const struct guest *guest)
{
	(void)guest;
	(*(uint32_t *)ctx)++;
	return 0;
}

static uint32_t count_guests(struct store *store)
{
	uint32_t count = 0;

	store_each_guest(store, count_guest, &count);
	return count;
}

static bool has(struct store *store, uint32_t number)
{
	uint8_t uuid[UUID_BYTES];
	char *json = NULL;
	bool found;

	number_to_uuid(number, uuid);
	found = store_get_config(store, uuid, &json) == 0;
	free(json);
	return found;
}

static void configure(struct store *store, uint32_t number)
{
	struct domain_config config = { .name = "ci" };
	uint8_t uuid[UUID_BYTES];

	number_to_uuid(number, uuid);
	store_set_config(store, uuid, &config, "{}");
}

/* Guest 1 has a domain. */
static bool knows_first(void *ctx, const uint8_t uuid[UUID_BYTES])
{
	uint8_t first[UUID_BYTES];

	(void)ctx;
	number_to_uuid(1, first);
	return uuid_equal(uuid, first);
}

static void prune_all(struct store *store, const struct store_keep *keep,
		      struct store_pruned *ret_sum)
{
	struct store_pruned pruned = { 0 };

	memset(ret_sum, 0, sizeof(*ret_sum));
	do {
		if (store_prune(store, keep, &pruned) < 0)
			return;
		ret_sum->incidents += pruned.incidents;
		ret_sum->guests += pruned.guests;
		ret_sum->evidence += pruned.evidence;
	} while (store_pruned_more(&pruned));
}

static void test_guests(void)
{
	struct store_keep keep = { .guests = KEEP, .has_guest = knows_first };
	struct store *store = store_dir_open("boot", 0);
	struct guest held = { .hold = true };
	struct store_pruned sum;

	for (uint32_t number = 1; number <= MANY; number++)
		configure(store, number);
	number_to_uuid(2, held.uuid);
	store_record_guest(store, &held);
	held.hold = false;
	held.disowned = true;
	number_to_uuid(3, held.uuid);
	store_record_guest(store, &held);
	configure(store, 4); /* once more, so it is new */
	prune_all(store, &keep, &sum);
	ok(count_guests(store) <= KEEP + 3 && sum.guests >= MANY - KEEP - 3,
	   "of many guests those written last stay: %u", count_guests(store));
	ok(has(store, MANY) && has(store, 4) && !has(store, 5),
	   "by when they were written");
	ok(has(store, 1), "one that has a domain stays");
	ok(has(store, 2) && has(store, 3),
	   "and so does what an operator said of one");
	keep.guests = 0;
	prune_all(store, &keep, &sum);
	ok(sum.guests == 0, "without a bound all stay");
	store_close(store);
	store_dir_empty();
}

/* --- bytes --- */

/* 64 KiB. */
static void add_evidence(struct store *store, uint64_t number)
{
	static char text[65000];
	struct evidence piece = { .kind = EVIDENCE_KERNEL_LOG, .source = "",
				  .text = text, .missing = "" };

	memset(text, 'x', sizeof(text) - 1);
	store_add_evidence(store, number, &piece);
}

/* Two guests in turn. */
static void fill(struct store *store, uint32_t count, bool evidence)
{
	struct incident *incident = incident_new();

	incident->verdict.action = ACTION_RESTART;
	incident->state = CASE_STATE_CLOSED;
	incident->outcome = OUTCOME_HANDLED;
	for (uint32_t number = 1; number <= count; number++) {
		incident->number = number;
		number_to_uuid(number == 7 ? 2 : 1, incident->id.uuid);
		store_record(store, incident);
		if (evidence)
			add_evidence(store, number);
	}
	incident_free(incident);
}

static int count_piece(void *ctx, const struct evidence *evidence)
{
	(void)evidence;
	(*(uint32_t *)ctx)++;
	return 0;
}

static bool has_evidence(struct store *store, uint64_t number)
{
	uint32_t count = 0;

	store_each_evidence(store, number, count_piece, &count);
	return count > 0;
}

static int drop_incident(void *ctx, struct incident *incident)
{
	(*(uint32_t *)ctx)++;
	incident_free(incident);
	return 0;
}

static bool has_incident(struct store *store, uint64_t number)
{
	uint32_t count = 0;

	store_get_incident(store, number, drop_incident, &count);
	return count > 0;
}

static void test_evidence(void)
{
	struct store_keep keep = { .total_mib = 4 };
	struct store *store = store_dir_open("boot", 0);
	struct store_pruned sum;

	fill(store, 100, true);
	prune_all(store, &keep, &sum);
	ok(sum.evidence > 30 && sum.evidence < 60 && !sum.incidents,
	   "evidence goes when it is too much, and no more of it: %u of 100",
	   sum.evidence);
	ok(!has_evidence(store, 1) && has_evidence(store, 100) &&
	   has_incident(store, 1), "the oldest first, and not its incident");
	ok(has_evidence(store, 7), "but that of a guest's last incident stays");
	prune_all(store, &keep, &sum);
	ok(!sum.evidence, "within the bound nothing goes");
	store_close(store);
	store_dir_empty();
}

static void test_incidents(void)
{
	struct store_keep keep = { .total_mib = 1 };
	struct store *store = store_dir_open("boot", 0);
	struct store_pruned sum;

	fill(store, 10000, false);
	keep.incidents = UINT32_MAX;
	prune_all(store, &keep, &sum);
	ok(sum.incidents > 100 && sum.incidents < 9000,
	   "incidents go when they are too much, and no more of them: %u",
	   sum.incidents);
	ok(!has_incident(store, 1) && has_incident(store, 7) &&
	   has_incident(store, 10000), "the oldest, but for a guest's last");
	store_close(store);
	store_dir_empty();
}

/* Of more incidents than are kept in any case. */
static void test_evidence_first(void)
{
	struct store_keep keep = { .total_mib = 4, .incidents = UINT32_MAX };
	struct store *store = store_dir_open("boot", 0);
	struct store_pruned sum;

	fill(store, STORE_KEEP_NEWEST + 100, false);
	for (uint64_t number = 1; number <= 100; number++)
		add_evidence(store, number);
	prune_all(store, &keep, &sum);
	ok(sum.evidence && !sum.incidents && has_incident(store, 1),
	   "no incident goes when it is enough that evidence does");
	store_close(store);
	store_dir_empty();
}

/* --- what is read at the start --- */

static bool is_replaced(int (*open)(const char *dir, const char *boot,
				    struct store **ret_store,
				    struct text *why))
{
	struct store *store = NULL;
	struct text why = { 0 };
	bool replaced;

	open(store_dir, "boot", &store, &why);
	replaced = strstr(text_get(&why), "damaged") != NULL;
	text_free(&why);
	store_close(store);
	return replaced;
}

/* Two thirds into it: some page of the evidence. */
static void spoil(void)
{
	char path[sizeof(store_dir) + 16];
	FILE *file;

	snprintf(path, sizeof(path), "%s/xenvigil.db", store_dir);
	file = fopen(path, "r+e");
	fseek(file, (long)(STORE_CHECK_MOST * 2 / 3) & ~4095l, SEEK_SET);
	for (int i = 0; i < 100 * 4096; i++)
		fputc(0xa5, file);
	fclose(file);
}

static void test_checked(void)
{
	struct store *store = store_dir_open("boot", 0);

	fill(store, (uint32_t)(STORE_CHECK_MOST >> 16) + 100, true);
	store_close(store);
	spoil();
	ok(!is_replaced(store_open), "a large file is not read at each start");
	ok(is_replaced(store_open_suspect),
	   "but is when it was found damaged");
	store_dir_empty();
}

/* --- what is loaded --- */

static bool fifth_is_there(void *ctx, uint32_t domid, uint64_t epoch)
{
	(void)ctx;
	return domid == 5 && epoch == 500;
}

static void test_needed(void)
{
	struct store *store = store_dir_open("boot", 0);
	struct incident *incident = incident_new();
	uint32_t all = 0, needed = 0;

	incident->verdict.action = ACTION_PRESERVE;
	incident->outcome = OUTCOME_KEPT;
	for (uint32_t number = 1; number <= 10; number++) {
		incident->number = number;
		incident->id.domid = number;
		incident->id.epoch = number * 100;
		incident->state = number == 9 ? CASE_STATE_HELD :
						CASE_STATE_CLOSED;
		store_record(store, incident);
	}
	incident_free(incident);
	store_each_pending(store, drop_incident, &all);
	store_each_needed(store, fifth_is_there, drop_incident, &needed);
	ok(all == 10 && needed == 2, "what is open is loaded, and of what is "
	   "closed that of domains that are there: %u of %u", needed, all);
	store_close(store);
	store_dir_empty();
}

int main(void)
{
	if (!store_dir_make())
		return 1;
	test_guests();
	test_evidence();
	test_incidents();
	test_evidence_first();
	test_checked();
	test_needed();
	ok(store_dir_remove(), "nothing is left behind");
	return done_testing();
}
