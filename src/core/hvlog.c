/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines of each domain, and their limits.  Without memory only the line is
 * lost.
 */
#include "core/hvlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


struct lines {
	uint32_t domid;		/* 0: this one is free */
	uint64_t used;		/* when, as a number that rises */
	bool cut;		/* some between MARKS and LATEST are gone */
	struct text marks, latest;
};

struct hvlog {
	struct lines lines[HVLOG_DOMAINS];
	uint64_t moment;
	uint32_t last;		/* the domain that the last line was about */
	bool skip;		/* up to the next end of a line */
	size_t len;
	char line[HVLOG_LINE_BYTES];	/* what there is of the present one */
	size_t lead_len;
	char lead[HVLOG_LINE_BYTES];	/* about whom the next one names */
	uint32_t before_lead;	/* the domain of the line before that */
};

struct hvlog *hvlog_new(void)
{
	struct hvlog *log = calloc(1, sizeof(*log));

	if (log)
		log->skip = true; /* the ring may begin anywhere */
	return log;
}

static void drop(struct lines *lines)
{
	text_free(&lines->marks);
	text_free(&lines->latest);
	memset(lines, 0, sizeof(*lines));
}

void hvlog_free(struct hvlog *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < HVLOG_DOMAINS; i++)
		drop(&log->lines[i]);
	free(log);
}

static const struct lines *find(const struct hvlog *log, uint32_t domid)
{
	for (size_t i = 0; i < HVLOG_DOMAINS; i++)
		if (domid && log->lines[i].domid == domid)
			return &log->lines[i];
	return NULL;
}

/* The one of DOMID; else one that is free, or was used least lately. */
static struct lines *take(struct hvlog *log, uint32_t domid)
{
	struct lines *oldest = &log->lines[0];

	for (size_t i = 0; i < HVLOG_DOMAINS; i++) {
		if (log->lines[i].domid == domid)
			return &log->lines[i];
		if (log->lines[i].used < oldest->used)
			oldest = &log->lines[i];
	}
	drop(oldest);
	oldest->domid = domid;
	return oldest;
}

/* Takes LEN bytes from the start of TEXT, which keeps its room. */
static void cut_off(struct text *text, size_t len)
{
	memmove(text->at, text->at + len, text->len - len + 1);
	text->len -= len;
}

/* Room for LEN more of at most MOST, by whole lines from the start. */
static void make_room(struct text *text, size_t len, size_t most)
{
	size_t at = 0;

	while (text->len - at + len > most && at < text->len)
		at += (size_t)(strchr(text->at + at, '\n') - text->at) - at + 1;
	if (at)
		cut_off(text, at);
}

static void append(struct text *text, const char *line, size_t len)
{
	size_t before = text->len;

	text_append_bytes(text, line, len);
	text_append_bytes(text, "\n", 1);
	if (text->error && text->at) { /* half a line is none */
		text->len = before;
		text->at[before] = '\0';
	}
	text->error = 0;
}

static void keep_mark(struct lines *lines, const char *line, size_t len)
{
	struct hvlog_line parsed;

	hvlog_line_parse(line, len, &parsed);
	if (!hvlog_line_tells(&parsed))
		return;
	make_room(&lines->marks, len + 1, HVLOG_MARKS_BYTES);
	append(&lines->marks, line, len);
}

/* The older half is dropped, except the lines that explain an end. */
static void shorten(struct lines *lines)
{
	struct text *latest = &lines->latest;
	size_t at = 0;

	while (at < latest->len / 2) {
		size_t len = (size_t)(strchr(latest->at + at, '\n') -
				      latest->at) - at;

		keep_mark(lines, latest->at + at, len);
		at += len + 1;
	}
	cut_off(latest, at);
	lines->cut = true;
}

static void add(struct hvlog *log, uint32_t domid, const char *line,
		size_t len)
{
	struct lines *lines = take(log, domid);

	lines->used = ++log->moment;
	if (lines->latest.len + len + 1 > HVLOG_DOMAIN_BYTES)
		shorten(lines);
	append(&lines->latest, line, len);
}

/* An empty line separates it from the hypervisor's lines of another time. */
static void add_lead(struct hvlog *log)
{
	const struct lines *lines = find(log, log->last);

	if (lines && log->before_lead != log->last)
		add(log, log->last, "", 0);
	add(log, log->last, log->lead, log->lead_len);
}

/* Noise of saving and restoring; reading the registers causes it, too. */
static bool is_noise(const struct hvlog_line *line)
{
	return line->len > 3 && memcmp(line->said, "HVM", 3) == 0 &&
	       (memmem(line->said, line->len, " save: ", 7) ||
		memmem(line->said, line->len, " restore: ", 10));
}

static void take_xen_line(struct hvlog *log, const struct hvlog_line *line)
{
	if (hvlog_line_leads(line)) {
		memcpy(log->lead, log->line, log->len);
		log->lead_len = log->len;
		log->before_lead = log->last;
		return;
	}
	if (line->domid)
		log->last = line->domid;
	else if (!hvlog_line_goes_on(line))
		log->last = 0;
	if (log->last && log->lead_len)
		add_lead(log);
	log->lead_len = 0;
	if (log->last)
		add(log, log->last, log->line, log->len);
}

static void end_line(struct hvlog *log)
{
	struct hvlog_line line;

	if (log->len && log->line[log->len - 1] == '\r')
		log->len--;
	hvlog_line_parse(log->line, log->len, &line);
	if (line.by_guest && line.domid)
		add(log, line.domid, log->line, log->len);
	else if (line.by_xen && !is_noise(&line))
		take_xen_line(log, &line);
	log->len = 0;
}

void hvlog_feed(struct hvlog *log, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' && !log->skip)
			end_line(log);
		else if (bytes[i] == '\n')
			log->skip = false;
		else if (!log->skip && bytes[i] && log->len < sizeof(log->line))
			log->line[log->len++] = bytes[i];
	}
}

void hvlog_note_gap(struct hvlog *log)
{
	log->skip = true;
	log->len = log->lead_len = 0;
	log->last = 0;
}

int hvlog_get(const struct hvlog *log, uint32_t domid, struct text *text)
{
	const struct lines *lines = find(log, domid);

	if (!lines || !lines->latest.len)
		return -ENOENT;
	text_append_lines(text, text_get(&lines->marks), lines->marks.len);
	if (lines->cut)
		text_append(text, "...\n");
	text_append_lines(text, text_get(&lines->latest), lines->latest.len);
	return text->error;
}

void hvlog_forget(struct hvlog *log, uint32_t domid)
{
	for (size_t i = 0; i < HVLOG_DOMAINS; i++)
		if (domid && log->lines[i].domid == domid)
			drop(&log->lines[i]);
	if (log->last == domid)
		log->last = 0;
}
