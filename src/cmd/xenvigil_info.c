/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that is known of one incident, for a person.  The evidence was escaped
 * by who took it.
 */
#include <stdio.h>
#include <string.h>

#include "xenvigil_cmd.h"
#include "xenvigil_json.h"

#define LINES_MOST 50

/* A backtrace begins with what matters, and is bounded. */
static size_t most_of(json_object *evidence)
{
	return strcmp(text_of(evidence, "kind"), "backtrace") == 0 ?
	       SIZE_MAX : LINES_MOST;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n' || !text[1];
	return count;
}

static const char *skip_lines(const char *text, size_t count)
{
	while (count && (text = strchr(text, '\n'))) {
		text++;
		count--;
	}
	return text ? text : "";
}

static void print_lines(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		printf("    %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* MOST lines of what is long, its last. */
static void show_evidence(json_object *evidence, size_t most)
{
	const char *text = text_of(evidence, "text");
	const char *missing = text_of(evidence, "missing");
	size_t count = count_lines(text);

	if (!text[0])
		return;
	printf("\n%s, from %s", text_of(evidence, "kind"),
	       text_of(evidence, "source"));
	if (count > most)
		printf(", the last %zu of %zu lines", most, count);
	printf("%s%s:\n", missing[0] ? "; missing: " : "", missing);
	print_lines(skip_lines(text, count > most ? count - most : 0));
}

static void show_missing(json_object *evidence)
{
	if (!text_of(evidence, "text")[0])
		printf("\n%s: MISSING, from %s: %s\n",
		       text_of(evidence, "kind"), text_of(evidence, "source"),
		       text_of(evidence, "missing"));
}

void xenvigil_show_info(json_object *answer, int64_t limit)
{
	json_object *list = json_object_object_get(answer, "evidence");
	size_t count = list ? json_object_array_length(list) : 0;

	xenvigil_show_incident(answer);
	printf("    uuid %s, wanted %s (%s), reason code %s\n",
	       text_of(answer, "uuid"), text_of(answer, "wanted"),
	       text_of(answer, "source"), text_of(answer, "reason_code"));
	for (size_t i = 0; i < count; i++) {
		json_object *at = json_object_array_get_idx(list, i);

		show_evidence(at, limit >= 0 ? (size_t)limit : most_of(at));
	}
	for (size_t i = 0; i < count; i++)
		show_missing(json_object_array_get_idx(list, i));
	if (!count)
		printf("\n"
		       "no evidence was collected\n");
}
