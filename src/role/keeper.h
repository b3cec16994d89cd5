/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the keeper's files share.  The keeper never calls anything that can
 * block on xenstored: hypercalls, its own files and sockets only.
 */
#ifndef ROLE_KEEPER_H
#define ROLE_KEEPER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "core/engine.h"
#include "core/host.h"
#include "core/transition.h"
#include "port/hv.h"
#include "role/unit.h"
#include "role/wire.h"
#include "store/store.h"

struct control;
struct keeper_eject;
struct keeper_fallback;
struct keeper_hooks;
struct keeper_hvlog;
struct keeper_probe;
struct keeper_retreat;
struct keeper_takeover;
struct metrics;
struct notify;

struct child;

/* What its owner does, who is the DATA of the two watchers. */
struct child_calls {
	void (*readable)(struct ev_loop *loop, ev_io *io, int events);
	/* Its deadline has passed, and no message of it waits.  NULL: it has no
	 * deadline. */
	void (*deadline)(struct child *child);
	/* It has ended; unread messages may remain.  Use
	 * keeper_child_forget(). */
	void (*ended)(struct child *child);
};

/* A process of another role and its socket: a child of the keeper, or a process
 * in its own unit that the service manager started. */
struct child {
	const struct child_calls *calls;
	const char *role;
	void *data;
	bool is_there;		/* started, or asked for, and not forgotten */
	bool is_unit, has_ended;
	pid_t pid;		/* 0: none, or unknown yet */
	int pidfd;		/* a unit's; below 0: none */
	int fd;			/* our end; -1: none */
	int status;		/* as from wait(); -1: unknown */
	double limit_s;		/* from when it begins; 0: it has, or none */
	int64_t due_ms;		/* of the deadline, CLOCK_MONOTONIC */
	bool is_spared;		/* it had more time, as we were late */
	ev_child exited;
	ev_io unit_ended;
	ev_io readable;
	ev_timer deadline;
	ev_timer again;		/* reads again, after a want of memory */
};

struct keeper_worker {
	struct list node;
	struct keeper *keeper;
	struct child child;
	uint64_t incident;	/* its number; 0: spare, or a side job */
	uint64_t order;		/* the current order; 0: idle */
	bool has_begun;		/* and it said so */
	uint32_t jobs;		/* incidents and side jobs that it had */
	const char *how;	/* why it was killed; NULL: it was not */
	char core_path[SETTINGS_PATH_BYTES + 128]; /* of the dump ordered */
	char progress[256];
	struct keeper_capture *capture;	/* its side job; NULL: none */
	struct keeper_eject *eject;	/* the same */
};

/* A core that an operator asked for. */
struct keeper_capture {
	struct list node;
	struct domain_id id;
	char name[DOMAIN_NAME_BYTES];
	char path[SETTINGS_PATH_BYTES + 128];
	bool pauses, done;
	int rc;			/* DONE: 0, or -errno */
	char text[256];		/* the progress; DONE: what was found */
	struct capture_facts facts;
};

struct keeper {
	struct ev_loop *loop;
	const char *config_dir;
	char spawn_dir[UNIT_PATH_BYTES]; /* sockets of units; "": no units */
	struct settings *settings;
	struct hv *hv;
	struct hv_host host;
	char boot[64];			/* names the host's present boot */
	struct store *store;
	struct keeper_fallback *fallback;
	struct list configs;		/* in memory, see keeper_config.c */
	struct engine *engine;
	struct control *control;
	int64_t started_ms;		/* wall clock */

	struct child watcher;
	ev_timer watcher_again;
	bool watcher_ready;
	bool watcher_asked;		/* pinged, and has not answered yet */
	int64_t watcher_ready_ms;	/* since when, monotonic */
	unsigned int watcher_losses;	/* in a row */
	char toolstack[32];		/* its version */

	struct list workers;
	struct list claims;		/* other supervisors we wait for */
	int64_t owners_ms;		/* when xl's monitors were last listed */
	struct list captures;		/* the newest last */
	struct list ejects;		/* what comes next first */
	ev_timer eject_due;
	struct list models;		/* device models */
	ev_timer pause_again;

	uint32_t unrecorded;		/* incidents, at the last report */
	uint32_t written;		/* since old ones were removed */
	bool disk_full;			/* below the records, at the last report */
	ev_timer due;			/* the engine's next time */
	ev_timer poll;			/* while there is no watcher */
	ev_signal hup, term, interrupt;
	uint32_t hook_failures;		/* since we started */
	char hook_failed[256];		/* the last one */
	struct keeper_hooks *hooks;	/* NULL: no hooks */
	struct metrics *metrics;
	struct keeper_probe *probe;	/* NULL: none could be made */
	struct keeper_retreat *retreat;	/* NULL: none could be made */
	struct keeper_takeover *takeover; /* NULL: none could be made */
	struct keeper_hvlog *hvlog;	/* NULL: none could be made */
	ev_timer metrics_moment;
	int metrics_error;		/* the last one */
	struct notify *notify;		/* the service manager */
	ev_timer beat;			/* to it */
};

/* --- keeper.c --- */
struct engine_time keeper_now(const struct keeper *keeper);
void keeper_scan(struct keeper *keeper);
void keeper_rearm(struct keeper *keeper);
/* Updates the host's capabilities for the engine; the core directory may
 * change. */
void keeper_look_at_caps(struct keeper *keeper);
/* Fires once, SECONDS from now, whether or not it runs already: libev's own
 * setter puts a timer that runs out of its order, and others with it. */
void keeper_set_timer(struct keeper *keeper, ev_timer *timer, double seconds);

/* Begins again with what the records hold, as after a restart of the daemon. */
void keeper_start_over(struct keeper *keeper);
/* --- keeper_lock.c --- */
struct keeper_lock {
	int host, run_dir;	/* descriptors; -1: not held */
};
/* Returns 0, or -errno after logging the reason. */
int keeper_lock_take(const char *run_dir, struct keeper_lock *ret_lock);
void keeper_lock_release(struct keeper_lock *lock);

/* --- keeper_child.c --- */
void keeper_child_init(struct child *child, const struct child_calls *calls,
		       void *data);
int keeper_child_spawn(struct keeper *keeper, struct child *child,
		       const char *role);
/* Its deadline is in SECONDS, or that long after its start if it has not
 * started yet; the start itself has a separate timeout. */
void keeper_child_limit(struct keeper *keeper, struct child *child,
			double seconds);
/* Its deadline, in whatever state it is. */
void keeper_child_set_due(struct keeper *keeper, struct child *child,
			  double seconds);
/* What it says to its owner; errors as wire_recv()'s.  After -EAGAIN the owner
 * is called again, also when memory was wanting. */
int keeper_child_recv(struct keeper *keeper, struct child *child,
		      struct wire_msg *ret_msg);
/* Closes the keeper's end: the child then ends by itself, and its end is
 * reported. */
void keeper_child_close(struct keeper *keeper, struct child *child);
/* Its end is not reported. */
void keeper_child_forget(struct keeper *keeper, struct child *child);
/* Its end follows, unless the kernel keeps it. */
void keeper_child_kill(struct keeper *keeper, struct child *child);
/* Kills it and forgets it.  A process that the kernel blocks is logged. */
void keeper_child_end(struct keeper *keeper, struct child *child);
/* At the keeper's end: waits until the manager has started it, or for a short
 * time. */
void keeper_child_await(struct child *child);

/* --- keeper_watcher.c --- */
void keeper_watcher_start(struct keeper *keeper);
void keeper_watcher_stop(struct keeper *keeper);
void keeper_watcher_ping(struct keeper *keeper);

/* --- keeper_probe.c --- */
void keeper_probe_start(struct keeper *keeper);
void keeper_probe_stop(struct keeper *keeper);
/* Requests a probe; keeper_probe_is_fresh() says whether the last one is
 * recent. */
void keeper_probe_ask(struct keeper *keeper);
bool keeper_probe_is_fresh(const struct keeper *keeper);
/* The number of the first look at the host that begins after this call. */
int64_t keeper_probe_next_look(const struct keeper *keeper);
/* True when that look is over, and when the prober cannot look. */
bool keeper_probe_has_looked(const struct keeper *keeper, int64_t look);

struct keeper_probe_state {
	enum host_health health;
	int64_t since_ms;	/* wall clock, to show */
	int64_t seen_ms;	/* the last look; 0: none yet */
	const struct host_evidence *evidence;
	const struct host_trouble *trouble; /* number 0: none */
	bool stuck;		/* the prober itself does not come back */
	enum ports_level ports_level;
	int32_t ports_grown;	/* in use more than PORTS_MINUTES ago */
	int64_t ports_minutes;
};
void keeper_probe_state(const struct keeper *keeper,
			struct keeper_probe_state *ret_state);

/* How far one came, into the record of the host's trouble. */
void keeper_probe_note_retreat(struct keeper *keeper, enum retreat_state state,
			       const char *text);

/* --- keeper_retreat.c --- */
void keeper_retreat_open(struct keeper *keeper);
void keeper_retreat_close(struct keeper *keeper);
/* Begins one; stops one that has not come to its command.  NULL, or why not. */
const char *keeper_retreat_start(struct keeper *keeper);
const char *keeper_retreat_cancel(struct keeper *keeper);
/* After each probe of the host: starts a retreat that is due, ends one that is
 * not needed. */
void keeper_retreat_judge(struct keeper *keeper);
void keeper_retreat_show(const struct keeper *keeper, const char **ret_state,
			 struct text *text);

/* --- keeper_adopt.c: each returns NULL, or why not. --- */
const char *keeper_adopt(struct keeper *keeper, const struct guest *guest);
const char *keeper_disown(struct keeper *keeper, const struct guest *guest);
/* The guest's domain that is not being torn down; NULL: none. */
const struct domain *keeper_domain_of(struct keeper *keeper,
				      const struct guest *guest);
/* Why keeper_adopt() would not, when MONITOR (0: none) has it; NULL: it would.
 * It changes nothing. */
const char *keeper_adopt_refuses(struct keeper *keeper,
				 const struct guest *guest, pid_t monitor);
/* From its live monitor PID, for the setting adopt. */
const char *keeper_adopt_from_monitor(struct keeper *keeper,
				      const struct domain *domain, pid_t pid);

/* --- keeper_takeover.c --- */
void keeper_takeover_open(struct keeper *keeper);
/* A guest or the setting is new: looks soon. */
void keeper_takeover_look(struct keeper *keeper);
void keeper_takeover_close(struct keeper *keeper);

/* --- keeper_worker.c --- */
int keeper_worker_order(struct keeper *keeper,
			const struct incident *incident, uint64_t order);
void keeper_worker_dismiss(struct keeper *keeper,
			   const struct incident *incident);
int keeper_worker_capture(struct keeper *keeper,
			  struct keeper_capture *capture);
int keeper_worker_eject(struct keeper *keeper, const struct domain_id *id,
			const char *vdev, struct keeper_eject *eject);
const char *keeper_worker_progress(const struct keeper *keeper,
				   uint64_t order);
/* Lets them finish their current step, without waiting for them. */
void keeper_worker_leave(struct keeper *keeper);

/* --- keeper_evidence.c --- */
void keeper_evidence_store(struct keeper *keeper, uint64_t incident,
			   const struct wire_msg *msg);
/* The task that panicked; *RET_TASK is untouched if it is unknown. */
void keeper_evidence_task(struct keeper *keeper, uint64_t incident,
			  struct kernel_task *ret_task);

/* --- keeper_calls.c --- */
extern const struct engine_calls keeper_calls;
/* The query for the supervisor of DOMAIN, for port/owner. */
struct owner_query;
void keeper_owner_query(struct keeper *keeper, const struct domain *domain,
			struct owner_query *ret_query);
void keeper_calls_drop_claims(struct keeper *keeper);
/* With each beat: which domains a live xl monitor has, by what is new. */
void keeper_calls_look_at_owners(struct keeper *keeper);

/* --- keeper_records.c --- */
int keeper_records_open(struct keeper *keeper);
/* WHY is text when 0 is returned as well: what was damaged. */
int keeper_records_open_store(struct keeper *keeper, bool suspect,
			      struct store **ret_store, struct text *why);
/* Without it a full disk means temporary records. */
void keeper_records_reserve(struct keeper *keeper);
/* The file may be removed while nothing is written. */
void keeper_records_check(struct keeper *keeper);
/* One more: old ones are removed after some. */
void keeper_records_written(struct keeper *keeper);
int keeper_records_host(struct keeper *keeper, struct host_trouble *trouble);
int keeper_records_evidence(struct keeper *keeper, uint64_t incident,
			    const struct evidence *evidence);
/* Loads what the store holds into the engine. */
int keeper_records_restore(struct keeper *keeper);
/* The engine's calls. */
int keeper_records_incident(void *ctx, struct incident *incident,
			    struct guest *payer);
int keeper_records_guest(void *ctx, struct guest *guest);
/* Says when incidents stand in memory only, and when no longer. */
void keeper_records_tell(struct keeper *keeper);

/* --- keeper_fallback.c --- */
int keeper_fallback_open(struct keeper *keeper);
void keeper_fallback_close(struct keeper *keeper);
/* The database cannot be opened or read, for WHY: there are temporary
 * records. */
int keeper_fallback_start(struct keeper *keeper, int error, const char *why);
/* The store says ERROR (0: none).  True: there are temporary records now, do
 * it once more. */
bool keeper_fallback_on(struct keeper *keeper, int error);
/* No incident of the database that cannot be read has it, or a later one. */
uint64_t keeper_fallback_first_number(const struct keeper *keeper);
struct keeper_fallback_state {
	int64_t since_ms;	/* wall clock; 0: they are where they belong */
	const char *why, *path;
};
void keeper_fallback_state(const struct keeper *keeper,
			   struct keeper_fallback_state *ret_state);

/* --- keeper_config.c --- */
/* In memory as well, from when the guest has an incident until it has none. */
void keeper_config_keep(struct keeper *keeper, const uint8_t *uuid);
void keeper_config_drop(struct keeper *keeper, const uint8_t *uuid);
void keeper_config_close(struct keeper *keeper);
const char *keeper_config_kept(const struct keeper *keeper,
			       const uint8_t *uuid); /* NULL */
void keeper_config_set(struct keeper *keeper, const uint8_t *uuid,
		       const struct domain_config *config, const char *json);
/* *RET_JSON is malloc()ed.  -ENOENT: none is known; -EAGAIN: it cannot be
 * read now. */
int keeper_config_get(struct keeper *keeper, const uint8_t *uuid,
		      char **ret_json);
/* A configuration from the watcher.  It is recorded for the guest, or kept
 * in memory while another domain with the uuid runs; the engine fetches it
 * later. */
void keeper_config_told(struct keeper *keeper, const struct wire_msg *msg);
int keeper_config_take(void *ctx, const struct domain *domain,
		       struct domain_config *ret_config);

/* --- keeper_hook.c --- */
void keeper_hook_records(struct keeper *keeper, bool temporary);
void keeper_hook_open(struct keeper *keeper);
void keeper_hook_note(struct keeper *keeper, enum engine_note note,
		      const struct incident *incident);
void keeper_hook_toolstack(struct keeper *keeper, bool answers);
/* Logged at once, and only once until the toolstack is back. */
void keeper_hook_host_hung(struct keeper *keeper);
void keeper_hook_close(struct keeper *keeper);

/* --- keeper_metrics.c --- */
void keeper_metrics_open(struct keeper *keeper);
void keeper_metrics_note(struct keeper *keeper, enum engine_note note,
			 const struct incident *incident);
void keeper_metrics_answer(struct keeper *keeper,
			   const struct host_evidence *evidence);
void keeper_metrics_changed(struct keeper *keeper);
void keeper_metrics_close(struct keeper *keeper);

/* --- keeper_deadline.c --- */
/* Seconds that a worker may take for ORDER: the setting of its step, and more
 * for a guest with much memory. */
uint32_t keeper_deadline_s(const struct keeper *keeper,
			   const struct wire_msg *order);

/* --- keeper_reattach.c --- */
/* Names in MSG the domains whose devices a REATTACH may touch. */
int keeper_reattach_prepare(const struct keeper *keeper, struct wire_msg *msg);

/* --- keeper_capture.c --- */
int keeper_capture_start(struct keeper *keeper, const struct domain *domain,
			 bool live, const struct keeper_capture **ret_capture);
/* NULL: it is forgotten, so it has ended. */
const struct keeper_capture *keeper_capture_find(const struct keeper *keeper,
						 const char *path);
void keeper_capture_tell(struct keeper_capture *capture, const char *progress);
void keeper_capture_done(struct keeper_capture *capture, int rc,
			 const char *text, const struct capture_facts *facts);
void keeper_capture_lost(struct keeper *keeper, struct keeper_capture *capture,
			 const char *how);
void keeper_capture_close(struct keeper *keeper);

/* --- keeper_eject.c --- */
void keeper_eject_open(struct keeper *keeper);
void keeper_eject_ask(struct keeper *keeper, const struct domain_id *id,
		      const char *vdev);
/* Its worker answered, or is lost. */
void keeper_eject_done(struct keeper *keeper, struct keeper_eject *eject);
void keeper_eject_close(struct keeper *keeper);

/* --- keeper_pause.c --- */
void keeper_pause_open(struct keeper *keeper);
/* Unpauses domains that a dead worker paused. */
void keeper_pause_look(struct keeper *keeper);
void keeper_pause_close(struct keeper *keeper);

/* --- keeper_cores.c --- */
void keeper_cores_clean(struct keeper *keeper);

/* --- keeper_hvlog.c --- */
void keeper_hvlog_open(struct keeper *keeper);
/* Takes in what the hypervisor has logged since the last time. */
void keeper_hvlog_read(struct keeper *keeper);
void keeper_hvlog_note(struct keeper *keeper, enum engine_note note,
		       const struct domain *domain,
		       const struct incident *incident);
/* The engine's call. */
void keeper_hvlog_cause(void *ctx, const struct incident *incident,
			char ret_panic[EVIDENCE_PANIC_BYTES]);
void keeper_hvlog_close(struct keeper *keeper);

/* --- keeper_model.c --- */
/* The watcher's report of the process of a device model. */
void keeper_model_take(struct keeper *keeper, const struct wire_msg *msg);
void keeper_model_note(struct keeper *keeper, enum engine_note note,
		       const struct domain *domain);
void keeper_model_close(struct keeper *keeper);

/* --- keeper_notify.c --- */
void keeper_notify_open(struct keeper *keeper);
void keeper_notify_ready(struct keeper *keeper);
void keeper_notify_beat(struct keeper *keeper);
void keeper_notify_reloading(struct keeper *keeper);
void keeper_notify_stopping(struct keeper *keeper);
void keeper_notify_close(struct keeper *keeper);

#endif
