/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One event as bytes of bounded length.  Internal to the log; writes to
 * memory only and never allocates.
 */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/log.h"

/*
 * 4 KiB is also PIPE_BUF: one line is one atomic write, which a pipe that
 * polls as writable takes whole.
 */
#define LOG_LINE_BYTES 4096

struct log_line {
	size_t len;
	size_t cap;	/* of at, that may be used */
	bool cut;	/* something did not fit; the last words say so */
	char at[LOG_LINE_BYTES];
};

/* An event before it is formatted. */
struct log_record {
	enum log_level level;
	const char *role;
	const char *event;
	const struct log_field *fields;
	struct timespec time;
};

/* syslog's severity, 0 to 7. */
int log_line_severity(enum log_level level);

/* "TIME level role event key=value ..." and a newline, after PREFIX. */
void log_line_format(struct log_line *line, const struct log_record *record,
		     const char *prefix);

/* The same without a time, after the header that syslog wants; no newline. */
void log_line_format_syslog(struct log_line *line,
			    const struct log_record *record);

/* The journal's own protocol: NAME=value lines, one packet. */
void log_line_format_journal(struct log_line *line,
			     const struct log_record *record);

#endif
