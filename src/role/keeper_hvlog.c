/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's log as the keeper follows it: read on what happens anyway,
 * never by a timer, so that the lines of a domain are there when it crashes
 * although the ring has wrapped.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/hvlog.h"
#include "keeper.h"

#define CHUNK_BYTES (16u << 10)
#define CHUNKS_MAX 64 /* a ring that is filled while we read has no end */

struct keeper_hvlog {
	struct hvlog *log;
	uint32_t at;	/* in the ring */
	int error;	/* the last one */
	char chunk[CHUNK_BYTES];
};

static int read_chunk(struct keeper *keeper)
{
	struct keeper_hvlog *hvlog = keeper->hvlog;
	bool lost = false;
	int n = hv_read_log(keeper->hv, &hvlog->at, hvlog->chunk,
			    sizeof(hvlog->chunk), &lost);

	if (n > 0 && lost)
		hvlog_note_gap(hvlog->log);
	if (n > 0)
		hvlog_feed(hvlog->log, hvlog->chunk, (size_t)n);
	return n;
}

/* Logged at the first failure, not each time. */
static void note_error(struct keeper_hvlog *hvlog, int error)
{
	if (error && error != hvlog->error)
		log_event(LOG_LEVEL_WARN, "hypervisor-log-unread",
			  LOG_TEXT("error", strerror(-error)));
	hvlog->error = error;
}

void keeper_hvlog_read(struct keeper *keeper)
{
	int n = CHUNK_BYTES;

	if (!keeper->hvlog)
		return;
	for (int i = 0; n == CHUNK_BYTES && i < CHUNKS_MAX; i++)
		n = read_chunk(keeper);
	note_error(keeper->hvlog, n < 0 ? n : 0);
}

void keeper_hvlog_open(struct keeper *keeper)
{
	struct keeper_hvlog *hvlog = calloc(1, sizeof(*hvlog));

	if (hvlog)
		hvlog->log = hvlog_new();
	if (hvlog && hvlog->log) {
		keeper->hvlog = hvlog;
		keeper_hvlog_read(keeper);
		return;
	}
	free(hvlog);
	log_event(LOG_LEVEL_WARN, "hypervisor-log-unread",
		  LOG_TEXT("error", strerror(ENOMEM)));
}

void keeper_hvlog_close(struct keeper *keeper)
{
	if (!keeper->hvlog)
		return;
	hvlog_free(keeper->hvlog->log);
	free(keeper->hvlog);
	keeper->hvlog = NULL;
}

static const char *missing(const struct keeper *keeper)
{
	if (!keeper->hvlog)
		return "the hypervisor's log could not be followed";
	if (keeper->hvlog->error)
		return strerror(-keeper->hvlog->error);
	return "the hypervisor logged nothing about this domain";
}

static int get_lines(const struct keeper *keeper, uint32_t domid,
		     struct text *lines)
{
	int r = keeper->hvlog ? hvlog_get(keeper->hvlog->log, domid, lines) :
				-ENOENT;

	if (r)
		text_free(lines);
	return r;
}

static void store(struct keeper *keeper, const struct incident *incident,
		  enum evidence_kind kind, const char *text, const char *why)
{
	struct evidence evidence = {
		.kind = kind, .at_ms = keeper_now(keeper).wall_ms,
		.source = kind == EVIDENCE_PANIC &&
			  engine_model_is_cause(text) ?
			  "the device model's process" : "the hypervisor's log",
		.text = text, .missing = why,
	};
	int r = keeper_records_evidence(keeper, incident->number, &evidence);

	if (r < 0)
		log_event(LOG_LEVEL_WARN, "evidence-not-written",
			  LOG_INT("incident", (int64_t)incident->number),
			  LOG_TEXT("kind", evidence_kind_name(evidence.kind)),
			  LOG_TEXT("error", strerror(-r)));
}

/* The cause from the guest's kernel comes later and replaces this one.  The log
 * was just read for the incident's cause. */
static void attach(struct keeper *keeper, const struct incident *incident)
{
	struct text lines = { 0 };

	if (get_lines(keeper, incident->id.domid, &lines))
		store(keeper, incident, EVIDENCE_HV_LOG, "", missing(keeper));
	else
		store(keeper, incident, EVIDENCE_HV_LOG, text_get(&lines), "");
	if (incident->panic[0])
		store(keeper, incident, EVIDENCE_PANIC, incident->panic, "");
	text_free(&lines);
}

void keeper_hvlog_cause(void *ctx, const struct incident *incident,
			char ret_panic[EVIDENCE_PANIC_BYTES])
{
	struct keeper *keeper = ctx;
	struct text lines = { 0 }, cause = { 0 };

	keeper_hvlog_read(keeper);
	if (get_lines(keeper, incident->id.domid, &lines) == 0 &&
	    hvlog_cause(text_get(&lines), &cause) == 0)
		text_copy(ret_panic, EVIDENCE_PANIC_BYTES, text_get(&cause));
	text_free(&lines);
	text_free(&cause);
}

void keeper_hvlog_note(struct keeper *keeper, enum engine_note note,
		       const struct domain *domain,
		       const struct incident *incident)
{
	if (incident && (note == ENGINE_NOTE_INCIDENT_OPENED ||
			 note == ENGINE_NOTE_CRASH_MISSED))
		attach(keeper, incident);
	else if (keeper->hvlog && domain && note == ENGINE_NOTE_DOMAIN_GONE)
		hvlog_forget(keeper->hvlog->log, domain->info.id.domid);
}
