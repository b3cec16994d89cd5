/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures for Prometheus: counted from the engine's notes, written as a text
 * file for node_exporter's textfile collector.  Knows no clock and no loop.
 */
#ifndef ROLE_METRICS_H
#define ROLE_METRICS_H

#include "base/text.h"
#include "core/engine.h"
#include "core/host.h"
#include "core/ports.h"

/* Names beyond this are counted together, as the domain "". */
#define METRICS_DOMAINS_MAX 1000

struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* CORE_BYTES: the size of the core, if NOTE reports a complete one. */
void metrics_count(struct metrics *metrics, enum engine_note note,
		   const struct incident *incident, int64_t core_bytes);

/* xenstored's time to answer one request; not CAME: it did not in that time. */
void metrics_count_answer(struct metrics *metrics, int64_t took_ms, bool came);

/* What is so now. */
struct metrics_now {
	int64_t started_ms;	/* wall clock */
	bool toolstack;		/* xenstored and libxl answer */
	bool temporary;		/* the records are not in the database */
	enum host_health host;
	struct ports ports;	/* none used: not counted */
	uint32_t domains, workers;
	uint32_t cases[CASE_STATE_COUNT]; /* open incidents by state */
	uint32_t held_guests;	/* by the operator */
	uint32_t foreign[PEER_COUNT]; /* domains left to their toolstack */
};

/* Appends all of it. */
void metrics_format(const struct metrics *metrics,
		    const struct metrics_now *now, struct text *text);

/* Writes PATH completely or not at all; every user may read it. */
int metrics_save(const char *path, const struct text *text);

#endif
