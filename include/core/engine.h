/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor's mind: takes what is known (lists, configurations,
 * results, time) and says what to do, through a table of calls.  No I/O, no
 * clock, no Xen: the daemon and the simulation drive the same code.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/caps.h"
#include "core/domain.h"
#include "core/incident.h"
#include "core/peer.h"
#include "core/settings.h"

struct engine;

/* Both clocks of one moment, in ms. */
struct engine_time {
	int64_t mono_ms;	/* never goes back, goes on during suspend */
	int64_t wall_ms;	/* since 1970, may jump */
};

/* What lasts of one guest, by uuid, over its domains and our restarts. */
struct guest {
	struct list node, bucket_node;
	uint8_t uuid[UUID_BYTES];
	char name[DOMAIN_NAME_BYTES];
	struct budget budget;
	struct domain_id run;	/* the domain it runs in; domid 0: none known */
	int64_t run_ms;		/* monotonic: it runs since then at least */
	bool hold;		/* maintenance, by the operator */
	bool disowned;		/* another supervises it, says the operator */
	bool adopted;		/* ours, says the operator, whatever else says */
	enum peer peer;		/* who made its newest domain */
	bool has_config;	/* a configuration is stored for it */
	struct domain_config config;
	struct domain_id config_of;	/* told it; domid 0: nobody yet */
	bool twins;		/* several domains of its uuid run, or did */
	bool twins_told;	/* and that was told since */
	struct incident *incident;	/* the open one */
	uint32_t domains;		/* in the table, that point here */
	bool dirty;
};

/* What a HVM guest's devices are made by; all zeros: nothing known. */
struct device_model {
	uint32_t pid;		/* a process of dom0's */
	uint32_t domid;		/* or a stub domain */
};

/* One domain in the hypervisor's list. */
struct domain {
	struct list asking_node;	/* while DOWN and undecided */
	struct domain_info info;
	enum life_state state;
	struct guest *guest;
	struct incident *incident;	/* the open one about this domain */
	char name[DOMAIN_NAME_BYTES];	/* "" until known */
	bool ran;			/* a list showed it running */
	int64_t seen_ms;		/* monotonic, when first listed */
	int64_t down_ms;		/* monotonic, when seen shut down */
	uint64_t down_cpu_ns;		/* its CPU time then: names a shutdown */
	uint8_t down_code;		/* and its reason */
	enum peer peer;			/* who made it */
	bool monitored;			/* a live xl monitor has it */
	uint32_t monitor;		/* that one's process; 0: not known */
	bool marked;			/* who did has left its marks */
	uint8_t hinted_reason;
	bool hinted;			/* an event told the reason */
	bool left_alone;		/* this shutdown is, by its name */
	bool configured;		/* this domain's configuration came */
	bool named;			/* its name is its own, not the record's */
	struct device_model model_end;	/* whose end ended it */
	uint32_t serves;		/* as the stub domain of that one; or 0 */
	bool config_waits;		/* and is not the guest's yet */
	int64_t ask_again_ms;		/* DOWN: when to ask once more */
};

enum engine_claim { ENGINE_CLAIM_NONE, ENGINE_CLAIM_OTHER, ENGINE_CLAIM_UNSETTLED };

/* What the engine tells about; the glue logs it and runs hooks. */
#define ENGINE_NOTE_LIST(X)                                                 \
	X(DOMAIN_SEEN, "domain-seen")                                       \
	X(DOMAIN_GONE, "domain-gone")                                       \
	X(ACTION_UNSUPPORTED, "action-unsupported")                         \
	X(ACTION_MOOT, "action-moot") /* the same of a mere default */      \
	X(DOMAIN_FOREIGN, "domain-foreign")                                 \
	X(DOMAIN_ASIDE, "domain-suspended")                                 \
	X(MODEL_DOWN, "stub-domain-down") /* its guest runs without */      \
	X(SAME_UUID, "same-uuid")	/* as another that runs */          \
	X(SAME_UUID_OVER, "same-uuid-over")                                 \
	X(INCIDENT_OPENED, "incident-opened")                               \
	X(CRASH_FOUND, "crash-found")	/* a reboot was one */              \
	X(STEP_BEGUN, "step-begun")                                         \
	X(STEP_DONE, "step-done")                                           \
	X(STEP_FAILED, "step-failed")                                       \
	X(WORKER_LOST, "worker-lost")                                       \
	X(FELL_BACK, "fell-back")	/* restart-first: not this time */  \
	X(INCIDENT_WAITS, "incident-waits")                                 \
	X(INCIDENT_HELD, "incident-held")                                   \
	X(INCIDENT_OURS, "incident-ours") /* xl's monitor has ended */      \
	X(INCIDENT_CLOSED, "incident-closed")                               \
	X(CRASH_MISSED, "crash-missed")                                     \
	X(NO_MEMORY, "no-memory")

enum engine_note {
#define X(name, text) ENGINE_NOTE_##name,
	ENGINE_NOTE_LIST(X)
#undef X
	ENGINE_NOTE_COUNT
};

const char *engine_note_name(enum engine_note note);

/* No call may call the engine back. */
struct engine_calls {
	/*
	 * Have a worker do INCIDENT's present step; the answer comes by
	 * engine_result() or engine_lost() with ORDER.  Returns 0, or -errno
	 * when no worker could be had: -EAGAIN and -ENOMEM are asked again
	 * for ever, others a few times.
	 */
	int (*order)(void *ctx, const struct incident *incident,
		     uint64_t order);
	/* No further step follows soon: its worker may go. */
	void (*dismiss)(void *ctx, const struct incident *incident);
	/*
	 * Make durable, with the guest that has just paid for the start, or
	 * got its payment back (NULL: none), in one piece.  Returns 0, or
	 * -errno: then both stay dirty.
	 */
	int (*record)(void *ctx, struct incident *incident,
		      struct guest *payer);
	int (*record_guest)(void *ctx, struct guest *guest);
	/* Does another supervisor have the domain, and as which process (0:
	 * not known)?  The glue may call engine_freed() when that has ended. */
	enum engine_claim (*claimed)(void *ctx, const struct domain *domain,
				     uint32_t *ret_pid);
	/* Which other toolstack made the domain?  -errno: not known now.
	 * NULL: no other one is there. */
	int (*made_by)(void *ctx, const struct domain *domain,
		       enum peer *ret_peer);
	void (*note)(void *ctx, enum engine_note note,
		     const struct domain *domain,
		     const struct incident *incident, const char *text);
	/* What the hypervisor says of INCIDENT's end, escaped, when it opens;
	 * a report may find better.  NULL: it is never asked. */
	void (*cause)(void *ctx, const struct incident *incident,
		      char ret_panic[EVIDENCE_PANIC_BYTES]);
	/*
	 * DOMAIN's configuration, which engine_config_waits() had kept out of
	 * the records, belongs there now.  -ENOENT: there is none.  NULL:
	 * none is ever kept.
	 */
	int (*take_config)(void *ctx, const struct domain *domain,
			   struct domain_config *ret_config);
	/* Ask whether xenstored answers; the answer comes by
	 * engine_set_toolstack().  NULL: what was told last is believed. */
	void (*probe)(void *ctx);
	/* A number below RANGE (range > 0), for jitter. */
	uint32_t (*random)(void *ctx, uint32_t range);
	void *ctx;
};

/*
 * What may begin a step (a result, a lost worker, a configuration, a due
 * time, the operator) acts on what the last list showed.  Give a new one
 * before each: a domain may have run and fallen again meanwhile.
 *
 * SETTINGS and CALLS stay the caller's and must outlive the engine. */
struct engine *engine_new(const struct settings *settings,
			  const struct engine_calls *calls);
void engine_free(struct engine *engine);

void engine_set_settings(struct engine *engine,
			 const struct settings *settings);
void engine_set_caps(struct engine *engine, const struct caps *caps);
void engine_set_workers(struct engine *engine, uint32_t workers_max);

/*
 * Does xenstored answer?  While not, only steps that do without it start;
 * and a word that is old is asked for again before any other does.
 */
void engine_set_toolstack(struct engine *engine, bool answers,
			  struct engine_time now);

/*
 * What the records hold, before the first scan.  INCIDENT becomes the
 * engine's; GUEST is copied.  A closed incident is remembered only so that
 * its domain is not handled again.
 */
int engine_restore_guest(struct engine *engine, const struct guest *guest);
int engine_restore(struct engine *engine, struct incident *incident,
		   struct engine_time now);
void engine_set_next_number(struct engine *engine, uint64_t number);

/*
 * The hypervisor's whole list, sorted by domid: the truth.  -ENOMEM: a part
 * was not taken in; scan again.
 */
int engine_scan(struct engine *engine, const struct domain_info *list,
		size_t count, struct engine_time now);

/* The list could not be had.  Until the next nothing is decided and no step
 * begins: what is known is of the past. */
void engine_unseen(struct engine *engine, struct engine_time now);

/* Events: hints only. */
void engine_hint(struct engine *engine, uint32_t domid, uint8_t reason_code);
int engine_config(struct engine *engine, uint32_t domid,
		  const uint8_t uuid[UUID_BYTES],
		  const struct domain_config *config, struct engine_time now);
/* Its name, and who else made it (PEER_NONE: not known), as xenstore has them;
 * a configuration's name goes before. */
void engine_named(struct engine *engine, uint32_t domid,
		  const uint8_t uuid[UUID_BYTES], const char *name,
		  enum peer peer, struct engine_time now);
/* Is the record of UUID another domain's, which runs?  Then the one that DOMID
 * has must not replace it. */
bool engine_config_waits(const struct engine *engine, uint32_t domid,
			 const uint8_t uuid[UUID_BYTES]);
/* The process PID, a live xl monitor, has the domain. */
void engine_monitored(struct engine *engine, uint32_t domid, uint32_t pid);
/* The other supervisor of it, whoever that was, has ended. */
void engine_freed(struct engine *engine, uint32_t domid,
		  struct engine_time now);

enum engine_model {
	ENGINE_MODEL_LATER,	/* ask again: it does not run at present */
	ENGINE_MODEL_CRASH,	/* have the hypervisor crash it */
	ENGINE_MODEL_TOLD,	/* it is on record, or nothing is to be done */
};

/* Its device model has ended, and no other was begun. */
enum engine_model engine_model_ended(struct engine *engine, uint32_t domid,
				     const uint8_t uuid[UUID_BYTES],
				     const struct device_model *model,
				     struct engine_time now);

/*
 * The domain STUB is the device model of DOMID: no guest by itself.  Returns
 * whether it runs; when it is down later, that is noted (MODEL_DOWN).
 */
bool engine_model_stub(struct engine *engine, uint32_t domid, uint32_t stub,
		       struct engine_time now);

/* Is it CAUSE, as an incident has it then? */
bool engine_model_is_cause(const char *cause);

struct engine_result {
	int rc;			/* 0, or -errno */
	const char *text;	/* what was found */
	struct domain_id new_id;/* CREATE, RENAME */
	const char *core_path;	/* DUMP */
	const struct capture_facts *core; /* DUMP; NULL: not known */
	const char *panic;	/* REPORT, escaped; NULL: none was found */
	bool printed;		/* PANIC is what was on its console: a program
				 * of the guest's may have written it */
};

void engine_result(struct engine *engine, uint64_t order,
		   const struct engine_result *result, struct engine_time now);
void engine_lost(struct engine *engine, uint64_t order, const char *how,
		 struct engine_time now);

/* The same, but it had not begun: nothing was done, and nothing is counted. */
void engine_unbegun(struct engine *engine, uint64_t order, const char *how,
		    struct engine_time now);

/* Does what time has come for; call at engine_due_ms() and after input. */
void engine_run(struct engine *engine, struct engine_time now);

/* When engine_run() is due next, monotonic; INT64_MAX: never. */
int64_t engine_due_ms(const struct engine *engine);

/* The operator.  Return 0, -ENOENT (no such guest), -EALREADY. */
int engine_hold(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		struct engine_time now);
int engine_release(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		   struct engine_time now);
int engine_retry(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		 struct engine_time now);

/* Forgets the starts of guests whose budget is whole again, and of them those
 * without a domain.  Not from a call of the engine's. */
void engine_forget(struct engine *engine, struct engine_time now);

/* Whose it is.  -EALREADY: it is so; -EBUSY: an incident of it is open. */
int engine_disown(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		  bool disowned, struct engine_time now);
/* Ours from its next shutdown on, though a peer made it. */
int engine_adopt(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		 struct engine_time now);
/* May anything be done about it?  By the setting adopt, and the operator. */
bool engine_acts_on(const struct engine *engine, const struct guest *guest);
/* A peer's, and left to it? */
bool engine_is_foreign(const struct engine *engine,
		       const struct domain *domain);
/* The same of a live xl monitor's.  PEER_NONE: it is left to none of them. */
enum peer engine_owner(const struct engine *engine,
		       const struct domain *domain);

/* For showing.  The lists are the engine's: read only. */
const struct domain *engine_domain(const struct engine *engine,
				   uint32_t domid);
size_t engine_domains(const struct engine *engine,
		      struct domain *const **ret_domains);
const struct list *engine_incidents(const struct engine *engine);
const struct list *engine_guests(const struct engine *engine);
const struct guest *engine_guest(const struct engine *engine,
				 const uint8_t uuid[UUID_BYTES]);
uint32_t engine_working(const struct engine *engine);
/* Incidents that could not be written down yet (a full disk). */
uint32_t engine_unrecorded(const struct engine *engine);
bool engine_toolstack_answers(const struct engine *engine);

/* The policy's input for this domain or guest as things stand. */
void engine_policy_input(const struct engine *engine,
			 const struct guest *guest, const char *name,
			 uint8_t reason_code, struct policy_input *ret_input);

#endif
