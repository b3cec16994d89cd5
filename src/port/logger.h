/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends the messages of Xen's libraries to the log, and keeps their last error
 * lines for the text of a failure.
 */
#ifndef PORT_LOGGER_H
#define PORT_LOGGER_H

#include <xentoollog.h>

#include "base/text.h"

/* NULL: no memory.  Must outlast every handle that was opened with it. */
struct xentoollog_logger *logger_new(void);
void logger_free(struct xentoollog_logger *logger);

/* Appends the kept error lines to WHY, oldest first, and forgets them. */
void logger_take_errors(struct xentoollog_logger *logger, struct text *why);

#endif
