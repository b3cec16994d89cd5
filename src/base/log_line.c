/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formats events for stderr, syslog and the journal, every value escaped.
 * Writes to memory only and never allocates.
 */
#include "base/log_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/text.h"
#include "base/uuid.h"
#include "log_ids.h"

#define IDENTIFIER "xenvigild"

/* Kept free at the end: the mark in its longest form, a newline, a NUL. */
#define CUT_MARK " cut=yes"
#define CUT_FIELD "XENVIGIL_CUT=yes\n"
#define RESERVE (sizeof(CUT_FIELD) + 2)

static void line_start(struct log_line *line, size_t cap)
{
	line->len = 0;
	line->cap = cap;
	line->cut = false;
}

/* All of S, or nothing and nothing after it either. */
static bool line_put(struct log_line *line, const char *s, size_t keep)
{
	size_t len = strlen(s);

	if (line->cut || line->len + len + keep + RESERVE > line->cap) {
		line->cut = true;
		return false;
	}
	memcpy(line->at + line->len, s, len);
	line->len += len;
	return true;
}

__attribute__((format(printf, 2, 3)))
static void line_printf(struct log_line *line, const char *fmt, ...)
{
	char buf[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	line_put(line, buf, 0);
}

/* Into what was kept free, whether or not anything was cut. */
static void line_finish(struct log_line *line, const char *mark,
			const char *end)
{
	size_t room = line->cap - line->len;
	int len = snprintf(line->at + line->len, room, "%s%s",
			   line->cut ? mark : "", end);

	line->len += len;
}

/* Escaped, and when it is too long cut after a whole escape. */
static void line_put_escaped(struct log_line *line, const char *text,
			     size_t keep)
{
	size_t left = strlen(text);
	char out[TEXT_ESCAPE_BYTES];

	while (left) {
		size_t used = text_escape_next(text, left, out);

		if (!line_put(line, out, keep))
			return;
		text += used;
		left -= used;
	}
}

static bool is_plain(const char *text)
{
	/* Longer ones are quoted, so that they may be cut. */
	enum { PLAIN_BYTES_MAX = 256 };
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._:/@%+,-";

	size_t len = strspn(text, plain);

	return len > 0 && len <= PLAIN_BYTES_MAX && text[len] == '\0';
}

/*
 * " key=value".  Only a quoted value may be cut: half of a number or of a
 * name would be taken for another.
 */
static void line_put_field(struct log_line *line, const char *key,
			   const char *value)
{
	size_t before = line->len;

	line_printf(line, " %s=", key);
	if (is_plain(value)) {
		if (!line_put(line, value, 0))
			line->len = before;
	} else if (line_put(line, "\"", 1)) {
		line_put_escaped(line, value, 1);
		line->at[line->len++] = '"'; /* its place was kept free */
	} else {
		line->len = before;
	}
}

/* The value as text; NULL when the field is to be left out. */
static const char *field_value(const struct log_field *field,
			       char buf[UUID_TEXT_BYTES])
{
	switch (field->kind) {
	case LOG_FIELD_TEXT:
		return field->text;
	case LOG_FIELD_INT:
		snprintf(buf, UUID_TEXT_BYTES, "%" PRId64, field->number);
		return buf;
	case LOG_FIELD_UUID:
		return field->uuid ? uuid_format(field->uuid, buf) : NULL;
	}
	return NULL;
}

/* "level role event key=value ..." */
static void line_put_event(struct log_line *line,
			   const struct log_record *record)
{
	char buf[UUID_TEXT_BYTES];

	line_printf(line, "%s %s %s", log_level_name(record->level),
		    record->role, record->event);
	for (const struct log_field *f = record->fields; f->key; f++) {
		const char *value = field_value(f, buf);

		if (value)
			line_put_field(line, f->key, value);
	}
}

int log_line_severity(enum log_level level)
{
	if (level >= LOG_LEVEL_CRITICAL)
		return LOG_CRIT;
	if (level >= LOG_LEVEL_ERROR)
		return LOG_ERR;
	if (level >= LOG_LEVEL_WARN)
		return LOG_WARNING;
	if (level >= LOG_LEVEL_NOTICE)
		return LOG_NOTICE;
	return level >= LOG_LEVEL_PROGRESS ? LOG_INFO : LOG_DEBUG;
}

void log_line_format(struct log_line *line, const struct log_record *record,
		     const char *prefix)
{
	char day[32] = "";
	struct tm tm;

	if (gmtime_r(&record->time.tv_sec, &tm))
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	line_start(line, sizeof(line->at));
	line_printf(line, "%s%s.%03ldZ ", prefix, day,
		    record->time.tv_nsec / 1000000);
	line_put_event(line, record);
	line_finish(line, CUT_MARK, "\n");
}

void log_line_format_syslog(struct log_line *line,
			    const struct log_record *record)
{
	char day[32] = "";
	struct tm tm;

	if (localtime_r(&record->time.tv_sec, &tm))
		strftime(day, sizeof(day), "%b %e %H:%M:%S", &tm);
	line_start(line, sizeof(line->at));
	line_printf(line, "<%d>%s " IDENTIFIER "[%ld]: ",
		    LOG_DAEMON | log_line_severity(record->level), day,
		    (long)getpid());
	line_put_event(line, record);
	line_finish(line, CUT_MARK, "");
}

/* "worker-pid" becomes XENVIGIL_WORKER_PID: the journal takes no other form. */
static void line_put_journal_name(struct log_line *line, const char *key)
{
	char name[64];
	size_t i;

	for (i = 0; key[i] && i < sizeof(name) - 1; i++) {
		char c = key[i];

		name[i] = c >= 'a' && c <= 'z' ? c - 'a' + 'A' :
			  c >= '0' && c <= '9' ? c : '_';
	}
	name[i] = '\0';
	line_printf(line, "XENVIGIL_%s=", name);
}

/* Escaped as everywhere, so that no value can hold a newline and a name. */
static void line_put_journal_field(struct log_line *line, const char *key,
				   const char *value)
{
	size_t before = line->len;

	line_put_journal_name(line, key);
	line_put_escaped(line, value, 1);
	if (line->cut)
		line->len = before;
	else
		line->at[line->len++] = '\n';
}

/* NULL: the catalog does not know it. */
static const char *catalog_id(const char *event)
{
	static const struct {
		const char *event, *id;
	} ids[] = {
#define X(event, id) { event, id },
		LOG_IDS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		if (strcmp(ids[i].event, event) == 0)
			return ids[i].id;
	return NULL;
}

void log_line_format_journal(struct log_line *line,
			     const struct log_record *record)
{
	char buf[UUID_TEXT_BYTES];
	const char *id = catalog_id(record->event);
	struct log_line message;

	/* Half of the packet at most: the fields hold the same once more. */
	line_start(&message, sizeof(message.at) / 2);
	line_put_event(&message, record);
	line_finish(&message, CUT_MARK, "");

	line_start(line, sizeof(line->at));
	line_printf(line, "PRIORITY=%d\nSYSLOG_IDENTIFIER=" IDENTIFIER "\nMESSAGE=",
		    log_line_severity(record->level));
	line_put(line, message.at, 1);
	line->at[line->len++] = '\n';
	if (id)
		line_printf(line, "MESSAGE_ID=%s\n", id);
	line_put_journal_field(line, "role", record->role);
	line_put_journal_field(line, "event", record->event);
	for (const struct log_field *f = record->fields; f->key; f++) {
		const char *value = field_value(f, buf);

		if (value)
			line_put_journal_field(line, f->key, value);
	}
	line_finish(line, CUT_FIELD, "");
}
