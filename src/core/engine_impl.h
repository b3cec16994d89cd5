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
/* The wait before asking again for a domain's supervisor, and before writing
 * again what could not be written. */
#define ENGINE_ASK_AGAIN_MS 1000
#define ENGINE_RECORD_AGAIN_MS 5000
/* The interval of asking whether another supervisor still has a domain. */
#define ENGINE_RECLAIM_MS 30000
/* How long it is believed that xenstored answers. */
#define ENGINE_FRESH_MS 1000
/* Attempts at one step, by lost workers or failed, before it is held; the
 * first wait between failed ones. */
#define ENGINE_ATTEMPTS_MAX 3
/* The wait for a worker doubles so often, from ENGINE_ASK_AGAIN_MS on. */
#define ENGINE_UNBEGUN_DOUBLINGS 3
/* A step that takes longer gives its place to another; so many may. */
#define ENGINE_SLOW_MS 1000
#define ENGINE_SLOW_MAX 256
/* The number of dump attempts before the plan continues without a core. */
#define ENGINE_DUMPS_MAX 2
#define ENGINE_ATTEMPT_WAIT_MS 2000
/* A vCPU may go on for a moment when its domain counts as shut down; one
 * that used more than this has run again. */
#define ENGINE_CPU_SLACK_NS 10000000ull

struct engine {
	const struct settings *settings;
	const struct engine_calls *calls;
	struct caps caps;
	uint32_t workers_max;
	bool toolstack;			/* xenstored answers */
	bool probing;			/* and is asked once more */
	int64_t toolstack_ms;		/* when that was last reported */
	int64_t back_ms;		/* and when it began to */
	bool scanned;			/* the first list has been seen */
	bool blind;			/* the last could not be had */
	int64_t look_again_ms;		/* BLIND: when to ask for one */

	struct domain **domains;	/* sorted by domid */
	size_t domain_count;
	struct list asking;		/* domains without a decision */

	struct list guests;
	uint32_t twins;			/* guests with that mark */
	struct list buckets[ENGINE_BUCKETS]; /* of guests, by uuid */

	struct list incidents;		/* open */
	struct list closed;		/* closed, not recorded yet */
	struct list remembered;		/* closed before we started */
	struct list queue;		/* QUEUED, in their order */
	struct list at_work;		/* WORKING, by queue_node */
	int64_t pumped_ms;		/* when the queue was last processed */
	uint64_t next_number, next_order;
	uint32_t working, dumping;
	int64_t record_again_ms;	/* INT64_MAX: nothing to write */
};

/* --- engine_record.c --- */
void engine_record(struct engine *e, struct incident *incident,
		   struct engine_time now);
/* With PAYER, which has just paid for the start or got that back (NULL: none),
 * in one piece. */
void engine_record_paid(struct engine *e, struct incident *incident,
			struct guest *payer, struct engine_time now);
/* Records a closed incident, out of all lists, and frees it in time. */
void engine_record_closed(struct engine *e, struct incident *incident,
			  struct engine_time now);
void engine_record_guest(struct engine *e, struct guest *guest,
			 struct engine_time now);
/* Soon enough: what is lost with it makes us stricter, never looser. */
void engine_record_guest_later(struct engine *e, struct guest *guest,
			       struct engine_time now);
void engine_record_dirty(struct engine *e, struct engine_time now);
void engine_tell(struct engine *e, enum engine_note note,
		 const struct domain *domain, const struct incident *incident,
		 const char *text);

/* --- engine_guest.c --- */
/* Finds or makes it.  NULL: no memory. */
struct guest *engine_guest_need(struct engine *e, const uint8_t *uuid);
/* Frees it when nothing is known of it that the store does not know. */
void engine_guest_drop(struct engine *e, struct guest *guest);
void engine_guest_drop_unused(struct engine *e);
/* DOMAIN is the guest's that has its uuid now: a rename changes that. */
void engine_guest_adopt(struct engine *e, struct domain *domain);
void engine_guest_configure(struct guest *guest,
			    const struct domain_config *config);
/* It runs in the domain ID as of now. */
void engine_guest_runs(struct guest *guest, const struct domain_id *id,
		       struct engine_time now);

/* --- engine_life.c --- */
void engine_life_event(struct engine *e, struct domain *domain,
		       enum life_event event, struct engine_time now);
struct domain *engine_life_find(const struct engine *e, uint32_t domid);
/* Records with OUTCOME that DOMAIN crashed again while its incident was open. */
void engine_life_fell_again(struct engine *e, struct domain *domain,
			    enum outcome outcome, struct engine_time now);
/* Decides on the domains that are due.  Returns whether there was one. */
bool engine_life_ask_due(struct engine *e, struct engine_time now);
void engine_life_ask_guest(struct engine *e, const struct guest *guest,
			   struct engine_time now);

/* --- engine_foreign.c --- */
/* Finds the toolstack that made DOMAIN. -errno: unknown now. */
int engine_foreign_look(struct engine *e, struct domain *domain);
/* The same, until its maker's marks have to be there. */
void engine_foreign_note(struct engine *e, struct domain *domain);
enum peer_stance engine_foreign_stance(const struct engine *e,
				       const struct domain *domain);
/* Does another supervisor handle the next shutdown of GUEST? */
bool engine_foreign_is(const struct engine *e, const struct guest *guest);
/* Does another supervisor have DOMAIN now? */
enum engine_claim engine_foreign_claim(struct engine *e,
				       struct domain *domain);
/* The supervisor of INCIDENT, of DOMAIN. */
void engine_foreign_open(const struct engine *e, const struct domain *domain,
			 struct incident *incident);
/* INCIDENT is left to the xl monitor: it waits until the monitor acts or
 * ends. */
bool engine_foreign_keeps(const struct incident *incident);
void engine_foreign_await(struct engine *e, struct incident *incident,
			  struct engine_time now);
/* The monitor has given DOMAIN, of which it was, another uuid. */
void engine_foreign_renamed(struct engine *e, struct domain *domain,
			    struct engine_time now);

/* --- engine_scan.c --- */
int engine_scan_merge(struct engine *e, const struct domain_info *list,
		      size_t count, struct engine_time now);
void engine_scan_free(struct engine *e, struct domain *domain);
/* Somebody tears it down: DOMAIN's entry says so. */
void engine_scan_dying(struct engine *e, struct domain *domain,
		       struct engine_time now);
/* A domain that any process still builds does not run yet. */
bool engine_scan_is_half_built(const struct domain_info *info);
/* Has it run, by INFO, since the shutdown that we know of? */
enum life_event engine_scan_event(const struct domain_info *info);
bool engine_scan_is_about(const struct incident *incident,
			  const struct domain_info *info);
bool engine_scan_ran_since(const struct domain *domain,
			   const struct domain_info *info);

/* --- engine_case.c --- */
void engine_case_event(struct engine *e, struct incident *incident,
		       enum case_event event, struct engine_time now);
void engine_case_run_due(struct engine *e, struct engine_time now);
/* Takes one that is QUEUED to where its next step puts it. */
void engine_case_proceed(struct engine *e, struct incident *incident,
			 struct engine_time now);
/* The same at its begin: after the report, a person has the time to look. */
void engine_case_begin(struct engine *e, struct incident *incident,
		       struct engine_time now);
void engine_case_hold(struct engine *e, struct incident *incident,
		      const char *why, struct engine_time now);
/* A restart-first goes on in the ordinary order, from its core on. */
void engine_case_fall_back(struct engine *e, struct incident *incident,
			   const char *why);
/* One for which there was no worker in its time: it goes on without. */
void engine_case_skip_core(struct engine *e, struct incident *incident,
			   struct engine_time now);
void engine_case_postpone(struct engine *e, struct incident *incident,
			  uint32_t delay_ms, struct engine_time now);
struct guest *engine_case_guest(const struct engine *e,
				const struct incident *incident);
const struct guest_settings *engine_case_settings(const struct engine *e,
						  const struct incident *incident);

/* --- engine_taken.c --- */
/* INCIDENT has its start before it: is DOMAIN its guest, by another's start?
 * Then there is nothing to be started.  Returns whether it is. */
bool engine_taken_note(struct engine *e, struct incident *incident,
		       const struct domain *domain, struct engine_time now);
/* The same, of any domain. */
bool engine_taken_find(struct engine *e, struct incident *incident,
		       struct engine_time now);

/* DOMAIN's name became known, or it started to run: checks each incident whose
 * guest has that name. */
void engine_taken_named(struct engine *e, const struct domain *domain,
			struct engine_time now);
/* The same for incidents that began to wait since the last list. */
void engine_taken_look(struct engine *e, struct engine_time now);

/* Does it run?  A domain that its builder has not unpaused yet does not. */
bool engine_taken_runs(const struct domain_info *info);

/* --- engine_twin.c --- */
/* Looks for guests of which several domains run, and for their end. */
void engine_twin_update(struct engine *e, struct engine_time now);
/* The same of GUEST alone: one of its domains' configurations came. */
void engine_twin_told(struct engine *e, struct guest *guest,
		      struct engine_time now);
/* DOMAIN's configuration was set aside: it is the record from now on, if no
 * other's has to be. */
void engine_twin_take(struct engine *e, struct domain *domain);
/* There are several of GUEST, says its record. */
void engine_twin_restore(struct engine *e, struct guest *guest);
/* INCIDENT is held until there is one. */
bool engine_twin_keeps(struct engine *e, const struct incident *incident,
		       struct engine_time now);
void engine_twin_hold(struct engine *e, struct incident *incident,
		      struct engine_time now);

/* --- engine_takeup.c --- */
/* The incidents that were restored go on, but for those that have to ask. */
void engine_takeup(struct engine *e, struct engine_time now);
/* Has its start to wait for a person, since the host was booted before it? */
bool engine_takeup_asks(const struct engine *e,
			const struct incident *incident);
/* That is why INCIDENT stays held. */
void engine_takeup_note_boot(struct engine *e, struct incident *incident,
			     struct engine_time now);

/* --- engine_open.c --- */
void engine_open_case(struct engine *e, struct domain *domain,
		      const struct policy_verdict *verdict,
		      struct engine_time now);
/* A crash that came too late for an action: recorded and closed. */
void engine_open_missed(struct engine *e, struct domain *domain,
			uint8_t reason_code, enum outcome outcome,
			struct engine_time now);

/* Its device model has ended, and it runs on: recorded, closed. */
void engine_open_model(struct engine *e, struct domain *domain,
		       const char *why, struct engine_time now);

/* --- engine_model.c --- */
bool engine_model_is_known(const struct device_model *model);
void engine_model_cause(const struct device_model *model,
			char ret_panic[EVIDENCE_PANIC_BYTES]);

/* --- engine_step.c --- */
/* Orders the step, or holds the incident if the budget forbids the start. */
void engine_step_start(struct engine *e, struct incident *incident,
		       struct engine_time now);
/* Effects of the table. */
void engine_step_begin(struct engine *e, struct incident *incident,
		       struct engine_time now);
void engine_step_advance(struct engine *e, struct incident *incident,
			 struct engine_time now);
void engine_step_cope(struct engine *e, struct incident *incident,
		      struct engine_time now);
void engine_step_again(struct engine *e, struct incident *incident,
		       struct engine_time now);
/* Was no answer heard to the last attempt at a start?  One that is known to
 * have failed has nothing to do with what runs now. */
bool engine_step_is_unheard(const struct incident *incident);
/* The guest runs, perhaps by a start whose result was lost.  Then its window
 * starts now. */
void engine_step_note_unheard(struct engine *e,
			      const struct incident *incident,
			      struct engine_time now);
/* The guest runs: there is only its domain that was set aside to be ended.
 * Returns false when there is no such. */
bool engine_step_pass(struct engine *e, struct incident *incident,
		      struct engine_time now);
/* The result of a worker. */
void engine_step_result(struct engine *e, struct incident *incident,
			const struct engine_result *result,
			struct engine_time now);
void engine_step_lost(struct engine *e, struct incident *incident,
		      const char *how, struct engine_time now);
void engine_step_unbegun(struct engine *e, struct incident *incident,
			 const char *how, struct engine_time now);

/* --- engine_report.c --- */
/* Sets the verdict, and what goes with it; both may change it. */
void engine_report_open(struct engine *e, struct incident *incident,
			const struct policy_verdict *verdict);
/* By what is known now, where nothing was done for the first verdict. */
void engine_report_decide_again(struct engine *e, struct incident *incident);
/* Its domain has the copy's name: an earlier worker renamed it, but the rename
 * is not recorded. */
void engine_report_copy(struct engine *e, struct incident *incident);
/* The same while it works: a step found the domain under that name.  False if
 * it did not, or if the plan is past that point. */
bool engine_report_became_copy(struct engine *e, struct incident *incident);
void engine_report_take(struct engine *e, struct incident *incident,
			const struct engine_result *result);

/* --- engine_queue.c --- */
void engine_queue_add(struct engine *e, struct incident *incident,
		      struct engine_time now);
bool engine_queue_needs_toolstack(const struct incident *incident);
/* Starts what may start. */
void engine_queue_pump(struct engine *e, struct engine_time now);
/* When time alone lets more start. */
int64_t engine_queue_due_ms(const struct engine *e);

#endif
