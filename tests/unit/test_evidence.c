/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Evidence: its names, how a long one is cut, that the records give it back
 * as it was taken, over restarts, until its incident goes; and how a person
 * finds that incident.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

#include "store_dir.h"
#include "tap.h"

static void test_names(void)
{
	enum evidence_kind kind = EVIDENCE_KIND_COUNT;
	unsigned int good = 0;

	for (unsigned int i = 0; i < EVIDENCE_KIND_COUNT; i++)
		good += evidence_kind_parse(evidence_kind_name(i), &kind) == 0 &&
			kind == i;
	ok(good == EVIDENCE_KIND_COUNT, "a kind is found by its name");
	ok(evidence_kind_parse("gossip", &kind) < 0, "no other is");
}

static void test_tail(void)
{
	ok(strcmp(evidence_tail("one\ntwo\n", 8), "one\ntwo\n") == 0,
	   "what fits stays whole");
	ok(strcmp(evidence_tail("one\ntwo\n", 4), "two\n") == 0 &&
	   strcmp(evidence_tail("one\ntwo\n", 6), "two\n") == 0,
	   "else the last whole lines");
	ok(strcmp(evidence_tail("a long line\n", 5), "line\n") == 0,
	   "of a line that is too long its end");
	ok(strcmp(evidence_tail("x\xc3\xa4y", 2), "y") == 0,
	   "and no half of a character");
}

/* --- the records --- */

struct seen {
	unsigned int count;
	enum evidence_kind kind[EVIDENCE_KIND_COUNT];
	char text[64], source[64], missing[64]; /* of the last */
	size_t text_len;
};

static int see(void *ctx, const struct evidence *evidence)
{
	struct seen *seen = ctx;

	seen->kind[seen->count++] = evidence->kind;
	seen->text_len = strlen(evidence->text);
	text_copy(seen->text, sizeof(seen->text), evidence->text);
	text_copy(seen->source, sizeof(seen->source), evidence->source);
	text_copy(seen->missing, sizeof(seen->missing), evidence->missing);
	return 0;
}

static struct seen load(struct store *store, uint64_t number)
{
	struct seen seen = { 0 };

	if (store_each_evidence(store, number, see, &seen))
		seen.count = UINT32_MAX;
	return seen;
}

static int add(struct store *store, enum evidence_kind kind, const char *text,
	       const char *missing)
{
	struct evidence evidence = { .kind = kind, .at_ms = 17,
				     .source = "the guest's \"memory\"",
				     .text = text, .missing = missing };

	return store_add_evidence(store, 5, &evidence);
}

static void test_kept(void)
{
	struct store *store = store_dir_open("boot", 0);
	struct seen seen;
	uint64_t next = 0;

	ok(add(store, EVIDENCE_CONSOLE, "login:\n", "") == 0 &&
	   add(store, EVIDENCE_PANIC, "", "no log") == 0, "two are written");
	store_close(store);
	store = store_dir_open("boot", 0);
	seen = load(store, 5);
	ok(seen.count == 2 && seen.kind[0] == EVIDENCE_PANIC &&
	   seen.kind[1] == EVIDENCE_CONSOLE &&
	   strcmp(seen.text, "login:\n") == 0 && !seen.missing[0] &&
	   strcmp(seen.source, "the guest's \"memory\"") == 0,
	   "and read back after a restart, by kind");
	ok(load(store, 4).count == 0, "by their own incident only");
	ok(store_next_number(store, &next) == 0 && next == 6,
	   "no later incident gets their number");
	store_close(store);
}

static void test_again(void)
{
	struct store *store = store_dir_open("boot", 0);
	struct seen seen;

	add(store, EVIDENCE_CONSOLE, "", "it is gone");
	seen = load(store, 5);
	ok(seen.count == 2 && strcmp(seen.text, "login:\n") == 0,
	   "what was found is not replaced by nothing");
	add(store, EVIDENCE_CONSOLE, "login: root\n", "");
	seen = load(store, 5);
	ok(seen.count == 2 && strcmp(seen.text, "login: root\n") == 0,
	   "but by what is found once more");
	store_close(store);
}

static void test_bound(void)
{
	struct store *store = store_dir_open("boot", 0);
	char *text = calloc(1, EVIDENCE_TEXT_BYTES + 100);

	memset(text, 'x', EVIDENCE_TEXT_BYTES + 50);
	text[20] = '\n';
	text[EVIDENCE_TEXT_BYTES] = '\n';
	ok(add(store, EVIDENCE_CONSOLE, text, "") == 0 &&
	   load(store, 5).text_len == 49, "a text is cut from its end");
	free(text);
	store_close(store);
}

static void test_pruned(void)
{
	struct store *store = store_dir_open("boot", 0);
	struct incident *incident = incident_new();
	const struct store_keep keep = { .before_ms = 1 };
	struct store_pruned pruned = { 0 };

	incident->verdict.action = ACTION_RESTART;
	incident->state = CASE_STATE_CLOSED;
	incident->outcome = OUTCOME_HANDLED;
	for (incident->number = 5; incident->number < STORE_KEEP_NEWEST + 7;
	     incident->number++)
		store_record(store, incident);
	ok(store_prune(store, &keep, &pruned) == 0 && pruned.incidents == 2 &&
	   load(store, 5).count == 0, "it goes with its incident");
	incident_free(incident);
	store_close(store);
}

/* --- finding an incident --- */

static uint64_t find(struct store *store, const char *id)
{
	uint64_t number = 0;
	int r = store_find_incident(store, id, &number);

	return r == -ENOENT ? 0 : r == -ENOTUNIQ ? UINT64_MAX : number;
}

static int take(void *ctx, struct incident *incident)
{
	*(uint64_t *)ctx = incident->number;
	incident_free(incident);
	return 0;
}

static void add_incident(struct store *store, uint64_t number, uint8_t first,
			 const char *name)
{
	struct incident *incident = incident_new();

	incident->number = number;
	incident->id.uuid[0] = first;
	incident->id.uuid[1] = 0xcd;
	snprintf(incident->name, sizeof(incident->name), "%s", name);
	store_record(store, incident);
	incident_free(incident);
}

static void test_find(void)
{
	struct store *store = store_dir_open("boot", 0);
	uint64_t number = 0;

	ok(find(store, "") == 0, "of none there is no newest");
	add_incident(store, 10, 0xab, "web");
	add_incident(store, 11, 0xa1, "db");
	add_incident(store, 12, 0xab, "web");
	ok(find(store, "") == 12, "else it is found by no name at all");
	ok(find(store, "10") == 10 && find(store, "13") == 0,
	   "an incident is found by its number");
	ok(find(store, "web") == 12 && find(store, "we") == 0,
	   "a guest's newest by its name");
	ok(find(store, "aB") == 12 && find(store, "abcd0000-00") == 12,
	   "and by the begin of its uuid");
	ok(find(store, "a") == UINT64_MAX, "which has to be of one guest");
	ok(find(store, "xyz") == 0 && find(store, "-") == 0 &&
	   find(store, "99999999999999999999") == 0 &&
	   find(store, "abcd00000000000000000000000000000") == 0 &&
	   find(store, "' OR 1 --") == 0, "what is none of these is not found");
	ok(store_get_incident(store, 11, take, &number) == 0 && number == 11,
	   "one is read by its number");
	ok(store_get_incident(store, 9, take, &number) == -ENOENT,
	   "or is not there");
	store_close(store);
}

int main(void)
{
	if (!store_dir_make())
		return 1;
	test_find();
	store_dir_empty();
	test_names();
	test_tail();
	test_kept();
	test_again();
	test_bound();
	test_pruned();
	store_dir_remove();
	return done_testing();
}
