/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reduces the lines about a domain to one phrase, the cause of its end.  The
 * latest line counts, and the hypervisor's lines before the guest's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hvlog.h"
#include "core/winbug.h"

/* What was found; a position is of the rest of its line. */
struct cause {
	bool bug_there, watchdog;
	struct winbug bug;
	struct hvlog_line triple, crash, place;
	struct hvlog_line before;	/* the last line, if Xen's own words */
	struct hvlog_line words;	/* the reason that Xen gave for the crash */
};

static const char *behind(const struct hvlog_line *line, const char *word)
{
	const char *at = memmem(line->said, line->len, word, strlen(word));

	return at ? at + strlen(word) : NULL;
}

static void take_bug(const struct hvlog_line *line, struct cause *cause)
{
	struct winbug bug;

	if (winbug_decode(line, &bug))
		return;
	if (cause->bug_there && bug.by_guest && !cause->bug.by_guest)
		return;
	cause->bug = bug;
	cause->bug_there = true;
}

/* Xen's text, if no other part of the cause contains it. */
static bool says_by_itself(const struct hvlog_line *line)
{
	return line->len && !hvlog_line_goes_on(line) &&
	       !hvlog_line_tells(line);
}

static void take_line(const char *text, size_t len, struct cause *cause)
{
	struct hvlog_line line;

	hvlog_line_parse(text, len, &line);
	take_bug(&line, cause);
	if (!line.by_xen) {
		cause->before = (struct hvlog_line){ 0 };
		return;
	}
	if (behind(&line, " Triple fault "))
		cause->triple = line;
	else if (behind(&line, " crashed on cpu#") ||
		 behind(&line, " reported crashed by domain "))
		cause->crash = line;
	else if (behind(&line, "domain_crash called ") ||
		 behind(&line, "domain_crash_sync called ")) {
		cause->place = line;
		cause->words = cause->before;
	} else if (behind(&line, "Watchdog timer ")) {
		cause->watchdog = true;
	}
	cause->before = says_by_itself(&line) ? line :
					       (struct hvlog_line){ 0 };
}

static void append_number(const struct hvlog_line *line, const char *word,
			  const char *before, struct text *text)
{
	const char *at = behind(line, word);
	size_t n = 0, left = at ? line->len - (size_t)(at - line->said) : 0;

	while (n < left && at[n] >= '0' && at[n] <= '9')
		n++;
	if (!n)
		return;
	text_append(text, before);
	text_append_bytes(text, at, n);
}

static void next_clause(struct text *text, size_t begun)
{
	if (text->len > begun)
		text_append(text, "; ");
}

static const char triple_fault[] = "triple fault";

/* "d4v0 Triple fault ..." */
static void append_triple(const struct hvlog_line *line, struct text *text)
{
	const char *v = memchr(line->said, 'v', line->len);
	struct hvlog_line from_v = *line;

	text_append(text, triple_fault);
	if (!v)
		return;
	from_v.len -= (size_t)(v - line->said);
	from_v.said = v;
	append_number(&from_v, "v", " of vCPU ", text);
}

static void append_crash(const struct cause *cause, struct text *text)
{
	const char *place = cause->place.said ?
		behind(&cause->place, " called from ") : NULL;

	text_append(text, "crashed by the hypervisor");
	if (place) {
		text_append(text, " from ");
		text_append_bytes(text, place, cause->place.len -
				  (size_t)(place - cause->place.said));
	}
	if (!cause->crash.said)
		return;
	append_number(&cause->crash, "vcpu#", " while it ran vCPU ", text);
	append_number(&cause->crash, " by domain ", " for domain ", text);
}

static int format(const struct cause *cause, struct text *text)
{
	size_t begun = text->len;

	if (cause->bug_there) {
		winbug_format(&cause->bug, text);
		text_append(text, cause->bug.by_guest ?
			    ", as its drivers report" : "");
	}
	if (cause->triple.said) {
		next_clause(text, begun);
		append_triple(&cause->triple, text);
	}
	if (cause->words.said) {
		next_clause(text, begun);
		text_append_bytes(text, cause->words.said, cause->words.len);
	}
	if (cause->crash.said || cause->place.said) {
		next_clause(text, begun);
		append_crash(cause, text);
	}
	if (cause->watchdog) {
		next_clause(text, begun);
		text_append(text, "its watchdog timer fired");
	}
	return text->error ? text->error : text->len > begun ? 0 : -ENOENT;
}

int hvlog_cause(const char *lines, struct text *text)
{
	struct cause cause = { 0 };

	while (*lines) {
		size_t len = strcspn(lines, "\n");

		take_line(lines, len, &cause);
		lines += len + (lines[len] == '\n');
	}
	return format(&cause, text);
}

bool hvlog_is_triple_fault(const char *cause)
{
	return strncmp(cause, triple_fault, sizeof(triple_fault) - 1) == 0;
}
