/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where lines of the log go.  Internal to the log; a reader that is stuck
 * costs a bounded wait once, never the process.
 */
#ifndef BASE_LOG_SINK_H
#define BASE_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

/* Is standard error a stream of the journal, which understands "<N>"? */
bool log_sink_is_journal_stream(void);

/* The whole line to standard error.  Returns 0, or -errno: it was dropped. */
int log_sink_write(const char *line, size_t len);

/* One packet to syslog or the journal.  Returns 0, or -errno. */
int log_sink_send(enum log_target target, const char *packet, size_t len);

/* Another address than the system's, for tests; the socket is closed. */
void log_sink_set_path(enum log_target target, const char *path);

#endif
