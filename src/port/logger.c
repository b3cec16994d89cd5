/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A xentoollog_logger that forwards to base/log and remembers the last few
 * errors.  Escapes nothing: that is the sink's job.
 */
#include "port/logger.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define LOGGER_KEEP 4
#define LOGGER_LINE_BYTES 400

struct logger {
	struct xentoollog_logger base; /* first: libraries see only this */
	char kept[LOGGER_KEEP][LOGGER_LINE_BYTES];
	unsigned int count; /* of all errors since they were last taken */
};

_Static_assert((int)XTL_DEBUG == LOG_LEVEL_DEBUG &&
	       (int)XTL_PROGRESS == LOG_LEVEL_PROGRESS &&
	       (int)XTL_ERROR == LOG_LEVEL_ERROR &&
	       (int)XTL_CRITICAL == LOG_LEVEL_CRITICAL,
	       "our levels are xentoollog's");

static void logger_message(struct xentoollog_logger *base,
			   xentoollog_level level, int errnoval,
			   const char *context, const char *format, va_list al)
{
	struct logger *logger = (struct logger *)base;
	char line[LOGGER_LINE_BYTES];
	size_t len;

	/* libxl is talkative at debug level: do not even format that. */
	if ((int)level < (int)log_least() && level < XTL_ERROR)
		return;
	vsnprintf(line, sizeof(line), format, al);
	len = strcspn(line, "\n");
	line[len] = '\0';
	if (errnoval >= 0)
		snprintf(line + len, sizeof(line) - len, ": %s",
			 strerror(errnoval));
	if (level >= XTL_ERROR)
		strcpy(logger->kept[logger->count++ % LOGGER_KEEP], line);
	log_emit((enum log_level)level, "toolstack-message",
		 (const struct log_field[]){ LOG_TEXT("from", context),
					     LOG_TEXT("text", line), { 0 } });
}

static void logger_progress(struct xentoollog_logger *base,
			    const char *context, const char *doing_what,
			    int percent, unsigned long done,
			    unsigned long total)
{
	/* A progress bar is useless in a log. */
	(void)base, (void)context, (void)doing_what;
	(void)percent, (void)done, (void)total;
}

static void logger_destroy(struct xentoollog_logger *base)
{
	free(base);
}

struct xentoollog_logger *logger_new(void)
{
	struct logger *logger = calloc(1, sizeof(*logger));

	if (!logger)
		return NULL;
	logger->base.vmessage = logger_message;
	logger->base.progress = logger_progress;
	logger->base.destroy = logger_destroy;
	return &logger->base;
}

void logger_free(struct xentoollog_logger *base)
{
	free(base);
}

void logger_take_errors(struct xentoollog_logger *base, struct text *why)
{
	struct logger *logger = (struct logger *)base;
	unsigned int first = logger->count > LOGGER_KEEP ?
			     logger->count - LOGGER_KEEP : 0;

	for (unsigned int i = first; i < logger->count; i++)
		text_printf(why, "%s%s", i > first ? "; " : "",
			    logger->kept[i % LOGGER_KEEP]);
	logger->count = 0;
}
