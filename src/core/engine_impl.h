/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engine's files share.  Included by src/core/engine*.c only.
 */
#ifndef CORE_ENGINE_IMPL_H
#define CORE_ENGINE_IMPL_H

#include "core/engine.h"

#define ENGINE_BUCKETS 1024

/* How long a decision waits for the domain's configuration. */
#define ENGINE_CONFIG_WAIT_MS 10000
/* How soon to ask again who owns a domain, and to write what would not. */
#define ENGINE_ASK_AGAIN_MS 1000
#define ENGINE_RECORD_AGAIN_MS 5000
/* Workers lost on one step before the incident is held. */
#define ENGINE_LOSSES_MAX 3

struct engine {
	const struct settings *settings;
	const struct engine_calls *calls;
	struct caps caps;
	uint32_t workers_max;
	bool toolstack;			/* xenstored answers */
	bool scanned;			/* the first list has been seen */

	struct domain **domains;	/* sorted by domid */
	size_t domain_count;
	struct list asking;		/* domains without a decision */

	struct list guests;
	struct list buckets[ENGINE_BUCKETS]; /* of guests, by uuid */

	struct list incidents;		/* open */
	struct list closed;		/* closed, not recorded yet */
	struct list remembered;		/* closed before we started */
	struct list queue;		/* QUEUED, in their order */
	uint64_t next_number, next_order;
	uint32_t working, dumping;
	int64_t record_again_ms;	/* INT64_MAX: nothing to write */
};

/* --- engine.c --- */
void engine_record(struct engine *e, struct incident *incident,
		   struct engine_time now);
void engine_record_guest(struct engine *e, struct guest *guest,
			 struct engine_time now);
void engine_tell(struct engine *e, enum engine_note note,
		 const struct domain *domain, const struct incident *incident,
		 const char *text);
struct guest *engine_need_guest(struct engine *e, const uint8_t *uuid);

/* --- engine_life.c --- */
void engine_life_event(struct engine *e, struct domain *domain,
		       enum life_event event, struct engine_time now);
int engine_life_scan(struct engine *e, const struct domain_info *list,
		     size_t count, struct engine_time now);
struct domain *engine_life_find(const struct engine *e, uint32_t domid);
void engine_life_ask_due(struct engine *e, struct engine_time now);
void engine_life_ask_guest(struct engine *e, const struct guest *guest,
			   struct engine_time now);
void engine_life_free(struct domain *domain);

/* --- engine_case.c --- */
void engine_case_event(struct engine *e, struct incident *incident,
		       enum case_event event, struct engine_time now);
void engine_case_open(struct engine *e, struct domain *domain,
		      const struct policy_verdict *verdict,
		      struct engine_time now);
/* A crash that nobody could act on any more: recorded, closed. */
void engine_case_open_missed(struct engine *e, struct domain *domain,
			     uint8_t reason_code, struct engine_time now);
void engine_case_run_due(struct engine *e, struct engine_time now);
void engine_case_result(struct engine *e, struct incident *incident,
			const struct engine_result *result,
			struct engine_time now);
void engine_case_lost(struct engine *e, struct incident *incident,
		      const char *how, struct engine_time now);
struct guest *engine_case_guest(const struct engine *e,
				const struct incident *incident);

/* --- engine_queue.c --- */
void engine_queue_add(struct engine *e, struct incident *incident);
/* Starts what may start. */
void engine_queue_pump(struct engine *e, struct engine_time now);

#endif
