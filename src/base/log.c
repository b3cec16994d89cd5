/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decides whether an event is logged, and to where.  For single-threaded
 * processes; formats nothing itself (log_line.c), opens nothing (log_sink.c).
 */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log_line.h"
#include "base/log_sink.h"
#include "base/text.h"

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_VERBOSE] = "verbose",
	[LOG_LEVEL_DETAIL] = "detail",
	[LOG_LEVEL_PROGRESS] = "progress",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_CRITICAL] = "critical",
};

static const char *const target_names[] = {
	[LOG_TARGET_STDERR] = "stderr",
	[LOG_TARGET_SYSLOG] = "syslog",
	[LOG_TARGET_JOURNAL] = "journal",
};

static struct {
	enum log_target target;
	enum log_level least;
	char role[32];
	int64_t dropped; /* events lost since the last that got through */
} state = { LOG_TARGET_STDERR, LOG_LEVEL_INFO, "-", 0 };

void log_setup(enum log_target target, enum log_level least, const char *role)
{
	state.target = target;
	state.least = least;
	snprintf(state.role, sizeof(state.role), "%s", role);
}

enum log_level log_least(void)
{
	return state.least;
}

const char *log_level_name(enum log_level level)
{
	if (level < LOG_LEVEL_DEBUG || level > LOG_LEVEL_CRITICAL)
		return "unknown";
	return level_names[level];
}

int log_level_parse(const char *name, enum log_level *ret_level)
{
	const enum log_level first = LOG_LEVEL_DEBUG;
	unsigned int i;
	int r = text_find(level_names + first, ARRAY_LEN(level_names) - first,
			  name, &i);

	if (r == 0)
		*ret_level = first + i;
	return r;
}

int log_target_parse(const char *name, enum log_target *ret_target)
{
	return text_find(target_names, ARRAY_LEN(target_names), name,
			 ret_target);
}

static int write_stderr(const struct log_record *record)
{
	struct log_line line;
	char prefix[8] = "";

	if (log_sink_is_journal_stream())
		snprintf(prefix, sizeof(prefix), "<%d>",
			 log_line_severity(record->level));
	log_line_format(&line, record, prefix);
	return log_sink_write(line.at, line.len);
}

/* What syslog or the journal does not take goes to stderr, not to nowhere. */
static int deliver(const struct log_record *record)
{
	struct log_line line;

	if (state.target == LOG_TARGET_STDERR)
		return write_stderr(record);
	if (state.target == LOG_TARGET_SYSLOG)
		log_line_format_syslog(&line, record);
	else
		log_line_format_journal(&line, record);
	if (log_sink_send(state.target, line.at, line.len) == 0)
		return 0;
	return write_stderr(record);
}

static void report_dropped(const struct timespec *time)
{
	const struct log_field fields[] = {
		LOG_INT("count", state.dropped), { 0 }
	};
	const struct log_record record = {
		LOG_LEVEL_WARN, state.role, "log-dropped", fields, *time
	};

	if (deliver(&record) == 0)
		state.dropped = 0;
}

void log_emit(enum log_level level, const char *event,
	      const struct log_field *fields)
{
	int saved_errno = errno;
	struct log_record record = {
		.level = level, .role = state.role,
		.event = event, .fields = fields,
	};

	if (level < state.least)
		return;
	clock_gettime(CLOCK_REALTIME, &record.time);
	if (deliver(&record))
		state.dropped++;
	else if (state.dropped)
		report_dropped(&record.time);
	errno = saved_errno;
}
