/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine makes all decisions.  Input: lists of domains, configurations,
 * results of steps, the time.  Output: calls through a table.  No I/O, no clock,
 * no Xen, so that the daemon and the simulation run the same code.
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
	int64_t mono_ms;	/* never goes back; includes suspend */
	int64_t wall_ms;	/* since 1970, may jump */
};

/* One guest, by uuid.  It outlives its domains and the daemon. */
struct guest {
	struct list node, bucket_node;
	uint8_t uuid[UUID_BYTES];
	char name[DOMAIN_NAME_BYTES];
	struct budget budget;
	struct domain_id run;	/* the domain it runs in; domid 0: unknown */
	int64_t run_ms;		/* monotonic: it has run at least since then */
	bool hold;		/* maintenance, by the operator */
	bool disowned;		/* by the operator: left to another supervisor */
	bool adopted;		/* by the operator: Xenvigil supervises it */
	enum peer peer;		/* the toolstack that made its newest domain */
	bool has_config;	/* a configuration is stored for it */
	struct domain_config config;
	struct domain_id config_of;	/* the domain that config is of; domid 0: none */
	bool twins;		/* several domains with its uuid run, or ran */
	bool twins_told;	/* and this was reported */
	struct incident *incident;	/* the open one */
	uint32_t domains;		/* in the table, that point to this guest */
	bool dirty;
};

/* What emulates the devices of a HVM guest; all zeros: unknown. */
struct device_model {
	uint32_t pid;		/* a process in dom0 */
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
	uint64_t down_cpu_ns;		/* its CPU time then: identifies the shutdown */
	uint8_t down_code;		/* and its reason */
	enum peer peer;			/* the toolstack that made it */
	bool monitored;			/* a live xl monitor has it */
	uint32_t monitor;		/* the monitor's process; 0: unknown */
	bool marked;			/* the peer has left its marks */
	uint8_t hinted_reason;
	bool hinted;			/* an event has given the reason */
	bool left_alone;		/* its name says: ignore this shutdown */
	bool configured;		/* this domain's configuration came */
	bool named;			/* name is this domain's, not from the record */
	struct device_model model_end;	/* the device model whose end stopped it */
	uint32_t serves;		/* the domid that it is the stub domain of; or 0 */
	bool config_waits;		/* and the guest does not have it yet */
	bool unsure;			/* the record may be another domain's */
	int64_t ask_again_ms;		/* DOWN: when to ask again */
};

enum engine_claim { ENGINE_CLAIM_NONE, ENGINE_CLAIM_OTHER, ENGINE_CLAIM_UNSETTLED };

/* What the engine reports; the daemon logs it and runs hooks. */
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
	X(FELL_BACK, "fell-back")	/* restart-first is not possible */ \
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
	 * Order INCIDENT's current step from a worker.  The answer comes by
	 * engine_result() or engine_lost() with ORDER.  Returns 0, or -errno
	 * when no worker is available: -EAGAIN and -ENOMEM are retried
	 * without a limit, others a few times.
	 */
	int (*order)(void *ctx, const struct incident *incident,
		     uint64_t order);
	/* No further step follows soon: its worker may exit. */
	void (*dismiss)(void *ctx, const struct incident *incident);
	/*
	 * Write INCIDENT, and in the same transaction PAYER (NULL: none), the
	 * guest whose budget has just paid for the start or got the payment
	 * back.  Returns 0, or -errno: then both stay dirty.
	 */
	int (*record)(void *ctx, struct incident *incident,
		      struct guest *payer);
	int (*record_guest)(void *ctx, struct guest *guest);
	/* Does another supervisor have the domain, and as which process (0:
	 * unknown)?  The daemon may call engine_freed() when it has ended. */
	enum engine_claim (*claimed)(void *ctx, const struct domain *domain,
				     uint32_t *ret_pid);
	/* Which other toolstack made the domain?  -errno: unknown now.
	 * NULL: this host has no other toolstack. */
	int (*made_by)(void *ctx, const struct domain *domain,
		       enum peer *ret_peer);
	void (*note)(void *ctx, enum engine_note note,
		     const struct domain *domain,
		     const struct incident *incident, const char *text);
	/* The cause in the hypervisor's log, escaped, when INCIDENT opens; a
	 * report may find a better one.  NULL: never called. */
	void (*cause)(void *ctx, const struct incident *incident,
		      char ret_panic[EVIDENCE_PANIC_BYTES]);
	/*
	 * Record the configuration of DOMAIN, which was not recorded before
	 * because of engine_config_waits().  -ENOENT: there is none.  NULL:
	 * never called.
	 */
	int (*take_config)(void *ctx, const struct domain *domain,
			   struct domain_config *ret_config);
	/* Ask whether xenstored answers; the answer comes by
	 * engine_set_toolstack().  NULL: the last answer stays valid. */
	void (*probe)(void *ctx);
	/* A number below RANGE (range > 0), for jitter. */
	uint32_t (*random)(void *ctx, uint32_t range);
	void *ctx;
};

/*
 * Every call that may start a step (a result, a lost worker, a configuration, a
 * due time, the operator) acts on the last list.  Call engine_scan() before each:
 * a domain may have run and crashed again since the last list.
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
 * Does xenstored answer?  While it does not, only steps start that do not need
 * it.  An old answer is requested again before any other step starts.
 */
void engine_set_toolstack(struct engine *engine, bool answers,
			  struct engine_time now);

/*
 * Loads the records, before the first scan.  INCIDENT then belongs to the engine;
 * GUEST is copied.  A closed incident is kept only so that its domain is not
 * handled again.
 */
int engine_restore_guest(struct engine *engine, const struct guest *guest);
int engine_restore(struct engine *engine, struct incident *incident,
		   struct engine_time now);
void engine_set_next_number(struct engine *engine, uint64_t number);

/*
 * Takes the hypervisor's whole list, sorted by domid: the truth.  -ENOMEM: a part
 * was not processed; scan again.
 */
int engine_scan(struct engine *engine, const struct domain_info *list,
		size_t count, struct engine_time now);

/* The list could not be read.  Until the next list nothing is decided and no step
 * starts, because all knowledge is old. */
void engine_unseen(struct engine *engine, struct engine_time now);

/* Events: hints only. */
void engine_hint(struct engine *engine, uint32_t domid, uint8_t reason_code);
int engine_config(struct engine *engine, uint32_t domid,
		  const uint8_t uuid[UUID_BYTES],
		  const struct domain_config *config, struct engine_time now);
/* Its name and the toolstack that made it (PEER_NONE: unknown), from xenstore; the
 * name in a configuration has priority. */
void engine_named(struct engine *engine, uint32_t domid,
		  const uint8_t uuid[UUID_BYTES], const char *name,
		  enum peer peer, struct engine_time now);
/* Does the recorded configuration of UUID belong to another domain that runs?  Then
 * the configuration of DOMID must not replace it. */
bool engine_config_waits(const struct engine *engine, uint32_t domid,
			 const uint8_t uuid[UUID_BYTES]);
/* The process PID is a live xl monitor of the domain. */
void engine_monitored(struct engine *engine, uint32_t domid, uint32_t pid);
/* The other supervisor of the domain has ended. */
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

/* Does CAUSE, the panic text of an incident, say that a device model ended? */
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

/* The worker was lost before it began: nothing was done, and no attempt counts. */
void engine_unbegun(struct engine *engine, uint64_t order, const char *how,
		    struct engine_time now);

/* Does everything that is due; call it at engine_due_ms() and after input. */
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

/* Forgets the starts of guests whose budget is full again, and forgets those of
 * these guests that have no domain.  Must not be called from an engine call. */
void engine_forget(struct engine *engine, struct engine_time now);

/* Leaves the guest to another supervisor, or ends that.  -EALREADY: no change;
 * -EBUSY: it has an open incident. */
int engine_disown(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		  bool disowned, struct engine_time now);
/* Supervises it from its next shutdown on, although a peer made it. */
int engine_adopt(struct engine *engine, const uint8_t uuid[UUID_BYTES],
		 struct engine_time now);
/* Do the setting adopt and the operator allow actions on it? */
bool engine_acts_on(const struct engine *engine, const struct guest *guest);
/* May we detach and attach devices of DOMAIN, which runs? */
bool engine_may_reattach(const struct engine *engine,
			 const struct domain *domain);
/* Did a peer make it, and is it left to that peer? */
bool engine_is_foreign(const struct engine *engine,
		       const struct domain *domain);
/* The peer or xl monitor that supervises it; PEER_NONE: neither. */
enum peer engine_owner(const struct engine *engine,
		       const struct domain *domain);

/* For display.  The lists belong to the engine: read only. */
const struct domain *engine_domain(const struct engine *engine,
				   uint32_t domid);
size_t engine_domains(const struct engine *engine,
		      struct domain *const **ret_domains);
const struct list *engine_incidents(const struct engine *engine);
const struct list *engine_guests(const struct engine *engine);
const struct guest *engine_guest(const struct engine *engine,
				 const uint8_t uuid[UUID_BYTES]);
uint32_t engine_working(const struct engine *engine);
/* Incidents that could not be recorded yet (a full disk). */
uint32_t engine_unrecorded(const struct engine *engine);
bool engine_toolstack_answers(const struct engine *engine);

/* The policy's input for this domain or guest, as of now. */
void engine_policy_input(const struct engine *engine,
			 const struct guest *guest, const char *name,
			 uint8_t reason_code, struct policy_input *ret_input);

#endif
