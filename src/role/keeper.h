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
struct keeper_hooks;
struct keeper_hvlog;
struct keeper_probe;
struct keeper_retreat;
struct metrics;
struct notify;

struct child;

/* What its owner does, who is the DATA of the two watchers. */
struct child_calls {
	void (*readable)(struct ev_loop *loop, ev_io *io, int events);
	/* NULL for one that is never limited. */
	void (*deadline)(struct ev_loop *loop, ev_timer *timer, int events);
	/* It is no more, but for what it said; keeper_child_forget() it. */
	void (*ended)(struct child *child);
};

/* A process of another role and its socket: a child of ours, or one in a unit
 * of its own that the service manager started for us. */
struct child {
	const struct child_calls *calls;
	const char *role;
	void *data;
	bool is_there;		/* started, or asked for, and not forgotten */
	bool is_unit, has_ended;
	pid_t pid;		/* 0: none, or not known yet */
	int pidfd;		/* a unit's; below 0: none */
	int fd;			/* our end; -1: none */
	int status;		/* as wait() has it; -1: not known */
	double limit_s;		/* from when it begins; 0: it has, or none */
	ev_child exited;
	ev_io unit_ended;
	ev_io readable;
	ev_timer deadline;
};

struct keeper_worker {
	struct list node;
	struct keeper *keeper;
	struct child child;
	uint64_t incident;	/* its number; 0: spare, or a side job */
	uint64_t order;		/* under way; 0: idle */
	uint32_t jobs;		/* incidents and side jobs that it had */
	const char *how;	/* why it was killed; NULL: it was not */
	char core_path[SETTINGS_PATH_BYTES + 128]; /* of the dump ordered */
	char progress[256];
	struct keeper_capture *capture;	/* its side job; NULL: none */
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
	struct store *store;
	struct engine *engine;
	struct control *control;
	int64_t started_ms;		/* wall clock */

	struct child watcher;
	ev_timer watcher_again;
	bool watcher_ready;
	bool watcher_asked;		/* pinged, and has not answered yet */
	unsigned int watcher_losses;	/* in a row */
	char toolstack[32];		/* its version */

	struct list workers;
	struct list claims;		/* other supervisors we wait for */
	struct list captures;		/* the newest last */

	uint32_t unrecorded;		/* incidents, when last told */
	bool disk_full;			/* below the records, when last told */
	ev_timer due;			/* the engine's next time */
	ev_timer poll;			/* while there is no watcher */
	ev_signal hup, term, interrupt;
	uint32_t hook_failures;		/* since we started */
	char hook_failed[256];		/* the last one */
	struct keeper_hooks *hooks;	/* NULL: none are told */
	struct metrics *metrics;
	struct keeper_probe *probe;	/* NULL: none could be made */
	struct keeper_retreat *retreat;	/* NULL: none could be made */
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
/* Fires once, SECONDS from now, whether or not it runs already: libev's own
 * setter puts a timer that runs out of its order, and others with it. */
void keeper_set_timer(struct keeper *keeper, ev_timer *timer, double seconds);

/* --- keeper_child.c --- */
void keeper_child_init(struct child *child, const struct child_calls *calls,
		       void *data);
int keeper_child_spawn(struct keeper *keeper, struct child *child,
		       const char *role);
/* Its deadline comes in SECONDS, or if it is not begun yet that long after it
 * is, for which the service manager has a time of its own. */
void keeper_child_limit(struct keeper *keeper, struct child *child,
			double seconds);
/* What it says to its owner; errors as wire_recv()'s. */
int keeper_child_recv(struct keeper *keeper, struct child *child,
		      struct wire_msg *ret_msg);
/* No more is said to it: it ends by itself, and that is told. */
void keeper_child_close(struct keeper *keeper, struct child *child);
/* Its end will not be told. */
void keeper_child_forget(struct keeper *keeper, struct child *child);
/* Its end follows, unless the kernel keeps it. */
void keeper_child_kill(struct keeper *keeper, struct child *child);
/* Kills it and forgets it.  One that the kernel keeps is told of. */
void keeper_child_end(struct keeper *keeper, struct child *child);
/* Until the manager has begun it, or a moment has passed: when we end. */
void keeper_child_await(struct child *child);

/* --- keeper_watcher.c --- */
void keeper_watcher_start(struct keeper *keeper);
void keeper_watcher_stop(struct keeper *keeper);
void keeper_watcher_ping(struct keeper *keeper);

/* --- keeper_probe.c --- */
void keeper_probe_start(struct keeper *keeper);
void keeper_probe_stop(struct keeper *keeper);
/* Looks soon; keeper_probe_is_fresh() tells when that was a moment ago. */
void keeper_probe_ask(struct keeper *keeper);
bool keeper_probe_is_fresh(const struct keeper *keeper);

struct keeper_probe_state {
	enum host_health health;
	int64_t since_ms;	/* wall clock */
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
/* After each look at the host: begins one that is due, ends one in vain. */
void keeper_retreat_judge(struct keeper *keeper);
void keeper_retreat_show(const struct keeper *keeper, const char **ret_state,
			 struct text *text);

/* --- keeper_adopt.c: both return NULL, or why not. --- */
const char *keeper_adopt(struct keeper *keeper, const struct guest *guest);
const char *keeper_disown(struct keeper *keeper, const struct guest *guest);

/* --- keeper_worker.c --- */
int keeper_worker_order(struct keeper *keeper,
			const struct incident *incident, uint64_t order);
void keeper_worker_dismiss(struct keeper *keeper,
			   const struct incident *incident);
int keeper_worker_capture(struct keeper *keeper,
			  struct keeper_capture *capture);
void keeper_worker_eject(struct keeper *keeper, const struct domain_id *id,
			 const char *vdev);
const char *keeper_worker_progress(const struct keeper *keeper,
				   uint64_t order);
/* Lets them finish what they are at; nobody waits for them. */
void keeper_worker_leave(struct keeper *keeper);

/* --- keeper_evidence.c --- */
void keeper_evidence_store(struct keeper *keeper, uint64_t incident,
			   const struct wire_msg *msg);
/* Whose doing it was; *RET_TASK stays as it is when it is not known. */
void keeper_evidence_task(struct keeper *keeper, uint64_t incident,
			  struct kernel_task *ret_task);

/* --- keeper_calls.c --- */
extern const struct engine_calls keeper_calls;
void keeper_calls_drop_claims(struct keeper *keeper);

/* --- keeper_records.c --- */
int keeper_records_open(struct keeper *keeper);
/* Loads what the store holds into the engine. */
int keeper_records_restore(struct keeper *keeper);
/* The engine's calls. */
int keeper_records_incident(void *ctx, struct incident *incident,
			    struct guest *payer);
int keeper_records_guest(void *ctx, struct guest *guest);
/* Says when incidents stand in memory only, and when no longer. */
void keeper_records_tell(struct keeper *keeper);

/* --- keeper_hook.c --- */
void keeper_hook_open(struct keeper *keeper);
void keeper_hook_note(struct keeper *keeper, enum engine_note note,
		      const struct incident *incident);
void keeper_hook_toolstack(struct keeper *keeper, bool answers);
/* Told at once, and once, until the toolstack is back. */
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

/* --- keeper_notify.c --- */
void keeper_notify_open(struct keeper *keeper);
void keeper_notify_ready(struct keeper *keeper);
void keeper_notify_beat(struct keeper *keeper);
void keeper_notify_reloading(struct keeper *keeper);
void keeper_notify_stopping(struct keeper *keeper);
void keeper_notify_close(struct keeper *keeper);

#endif
