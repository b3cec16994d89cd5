/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Evidence: its names, how a long one is cut, and that the records give it
 * back as it was taken, over restarts, until its incident goes.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

#include "tap.h"

static char dir[] = "/tmp/xenvigil-evidence-XXXXXX";

static void remove_all(void)
{
	char pattern[80];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*", dir);
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
	globfree(&found);
	rmdir(dir);
}

static struct store *open_store(void)
{
	struct store *store = NULL;
	struct text why = { 0 };

	store_open(dir, "boot", &store, &why);
	text_free(&why);
	return store;
}

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
	struct store *store = open_store();
	struct seen seen;
	uint64_t next = 0;

	ok(add(store, EVIDENCE_CONSOLE, "login:\n", "") == 0 &&
	   add(store, EVIDENCE_PANIC, "", "no log") == 0, "two are written");
	store_close(store);
	store = open_store();
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
	struct store *store = open_store();
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
	struct store *store = open_store();
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
	struct store *store = open_store();
	struct incident *incident = incident_new();
	uint32_t count = 0;

	incident->verdict.action = ACTION_RESTART;
	incident->state = CASE_STATE_CLOSED;
	incident->outcome = OUTCOME_HANDLED;
	for (incident->number = 5; incident->number < STORE_KEEP_NEWEST + 7;
	     incident->number++)
		store_record(store, incident);
	ok(store_prune(store, 0, 1, &count) == 0 && count == 2 &&
	   load(store, 5).count == 0, "it goes with its incident");
	incident_free(incident);
	store_close(store);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	test_names();
	test_tail();
	test_kept();
	test_again();
	test_bound();
	test_pruned();
	remove_all();
	return done_testing();
}
