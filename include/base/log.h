/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log: one event a line, key=value, to stderr, syslog or the journal.
 * Not for src/core, which reports by return values and notes.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

/* The same order and names as libxentoollog's levels (xentoollog.h). */
enum log_level {
	LOG_LEVEL_DEBUG = 1,
	LOG_LEVEL_VERBOSE,
	LOG_LEVEL_DETAIL,
	LOG_LEVEL_PROGRESS,
	LOG_LEVEL_INFO,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_CRITICAL,
};

enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG, LOG_TARGET_JOURNAL };

/*
 * One key and its value.  A string is escaped when it is written; NULL
 * leaves the field out.  Keys are lower-case literals of the program.
 */
struct log_field {
	const char *key;
	enum { LOG_FIELD_TEXT, LOG_FIELD_INT, LOG_FIELD_UUID } kind;
	const char *text;
	int64_t number;
	const uint8_t *uuid;
};

#define LOG_TEXT(k, v) { .key = (k), .kind = LOG_FIELD_TEXT, .text = (v) }
#define LOG_INT(k, v) { .key = (k), .kind = LOG_FIELD_INT, .number = (v) }
#define LOG_UUID(k, v) { .key = (k), .kind = LOG_FIELD_UUID, .uuid = (v) }

/*
 * Writes one event.  EVENT is a literal of lower-case words joined by '-'.
 * Never fails visibly; keeps errno.
 *	log_event(LOG_LEVEL_WARN, "worker-lost", LOG_INT("domid", 7));
 */
#define log_event(level, event, ...)                                  \
	log_emit((level), (event),                                    \
		 (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { 0 } })

void log_emit(enum log_level level, const char *event,
	      const struct log_field *fields);

/* Sets the target and the lowest level.  Each line has ROLE. */
void log_setup(enum log_target target, enum log_level least, const char *role);

enum log_level log_least(void);

/* "info" and the like.  The parser returns 0, or -EINVAL. */
const char *log_level_name(enum log_level level);
int log_level_parse(const char *name, enum log_level *ret_level);
int log_target_parse(const char *name, enum log_target *ret_target);

#endif
