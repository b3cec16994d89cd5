/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Xen's libraries have to say, sent to our log; their last error lines
 * are kept for whoever reports the failure.
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
