/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cores that an operator requests: outside of incidents, each by a separate
 * worker.  The results of the last few are kept for the clients; the cores
 * stay.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "keeper.h"

#define REMEMBERED 16

static unsigned int count_busy(const struct keeper *keeper, const uint8_t *uuid)
{
	const struct keeper_capture *capture;
	unsigned int count = 0;

	LIST_EACH(capture, &keeper->captures, struct keeper_capture, node)
		count += !capture->done &&
			 (!uuid || uuid_equal(capture->id.uuid, uuid));
	return count;
}

static void forget_oldest(struct keeper *keeper)
{
	struct keeper_capture *capture;
	unsigned int count = 0;

	LIST_EACH(capture, &keeper->captures, struct keeper_capture, node)
		count++;
	LIST_EACH(capture, &keeper->captures, struct keeper_capture, node)
		if (count > REMEMBERED && capture->done) {
			list_remove(&capture->node);
			free(capture);
			count--;
		}
}

const struct keeper_capture *keeper_capture_find(const struct keeper *keeper,
						 const char *path)
{
	const struct keeper_capture *capture;

	LIST_EACH(capture, (struct list *)&keeper->captures,
		  const struct keeper_capture, node)
		if (strcmp(capture->path, path) == 0)
			return capture;
	return NULL;
}

/* By a file, or by a capture that somebody may still ask for. */
static bool is_taken(const struct keeper *keeper, const char *path)
{
	return keeper_capture_find(keeper, path) || access(path, F_OK) == 0;
}

/* As an incident's core is named; no incident has the number 0.  Of two within
 * a second the later one has the next. */
static void name_core(const struct keeper *keeper,
		      struct keeper_capture *capture)
{
	char uuid[UUID_TEXT_BYTES], when[32];
	time_t at = time(NULL);
	struct tm tm;

	do {
		gmtime_r(&at, &tm);
		strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
		snprintf(capture->path, sizeof(capture->path),
			 "%s/%s-%s-0.core", keeper->settings->core_dir,
			 uuid_format(capture->id.uuid, uuid), when);
		at++;
	} while (is_taken(keeper, capture->path));
}

int keeper_capture_start(struct keeper *keeper, const struct domain *domain,
			 bool live, const struct keeper_capture **ret_capture)
{
	struct keeper_capture *capture;
	int r;

	if (count_busy(keeper, domain->info.id.uuid))
		return -EALREADY;
	if (count_busy(keeper, NULL) >= REMEMBERED)
		return -EBUSY;
	capture = calloc(1, sizeof(*capture));
	if (!capture)
		return -ENOMEM;
	capture->id = domain->info.id;
	text_copy(capture->name, sizeof(capture->name), domain->guest->name);
	/* Paused or stopped already, it needs nothing from us. */
	capture->pauses = !live && !domain->info.paused &&
			  !domain->info.shutdown;
	name_core(keeper, capture);
	list_init(&capture->node);
	r = keeper_worker_capture(keeper, capture);
	if (r < 0) {
		free(capture);
		return r;
	}
	list_append(&keeper->captures, &capture->node);
	forget_oldest(keeper);
	*ret_capture = capture;
	return 0;
}

void keeper_capture_tell(struct keeper_capture *capture, const char *progress)
{
	text_copy(capture->text, sizeof(capture->text), progress);
}

void keeper_capture_done(struct keeper_capture *capture, int rc,
			 const char *text, const struct capture_facts *facts)
{
	capture->done = true;
	capture->rc = rc;
	if (facts)
		capture->facts = *facts;
	text_copy(capture->text, sizeof(capture->text), text);
	log_event(rc ? LOG_LEVEL_ERROR : LOG_LEVEL_NOTICE, "captured",
		  LOG_TEXT("domain", capture->name),
		  LOG_INT("domid", capture->id.domid),
		  LOG_UUID("uuid", capture->id.uuid),
		  LOG_TEXT("core", rc ? "" : capture->path), LOG_INT("rc", rc),
		  LOG_TEXT("text", text));
}

/* The worker was to let the domain run again. */
void keeper_capture_lost(struct keeper *keeper, struct keeper_capture *capture,
			 const char *how)
{
	if (capture->pauses)
		keeper_pause_look(keeper);
	keeper_capture_done(capture, -EPIPE, how, NULL);
}

void keeper_capture_close(struct keeper *keeper)
{
	struct keeper_capture *capture;

	LIST_EACH(capture, &keeper->captures, struct keeper_capture, node)
		free(capture);
}
