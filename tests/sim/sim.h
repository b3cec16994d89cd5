/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the simulation's files share: a host with guests, a toolstack and a
 * daemon that may die at any moment, all driven by one seed.  Real are the
 * engine, the policy, the store; the rest is the model.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"
#include "core/host.h"
#include "core/retreat.h"
#include "store/store.h"

#define SIM_GUESTS_MAX 5	/* at the begin */
#define SIM_GUESTS_ALL 12	/* with those that another hand adds */
#define SIM_DOMAINS_MAX 1024
#define SIM_WORKERS_MAX 64
#define SIM_MESSAGES_MAX 128
#define SIM_SHUTS_MAX 1024
#define SIM_EVENTS_MAX 96
#define SIM_STARTS_MAX 256
#define SIM_TALLIES_MAX 1024
#define SIM_NEVER INT64_MAX
#define SIM_DOMIDS 24		/* few, so that they come again soon */

/* --- the world --- */

/* One shutdown of one domain: what has to be accounted for. */
struct sim_shut {
	int domain;		/* its index */
	struct domain_id id;	/* a copy's changes */
	uint8_t code;
	uint64_t cpu_ns;
	bool owed;		/* a list showed it to the living daemon */
	bool left;		/* to another supervisor */
	bool theirs;		/* which has had the guest since before it */
	int64_t at;
	uint32_t boot;		/* in which it was */
	uint64_t incident;	/* that speaks of it; 0: none */
	bool durable;		/* and is on record */
	bool closed;		/* and is over */
	enum peer peer;		/* who is to see to it */
};

struct sim_domain {
	bool listed;
	struct domain_id id, first_id; /* a rename changes the one */
	int guest;		/* whose, or whose copy */
	uint32_t boot;		/* of the host, in which it was built */
	bool hvm, shutdown, dying, paused, built;
	bool released;		/* it has no devices any more */
	bool theirs;		/* another hand builds it, or built it */
	bool second;		/* from the guest's second file */
	int64_t told_at;	/* a daemon its configuration; or -1 */
	int64_t aside_at;	/* the same, and it is no record; or -1 */
	int64_t beside_at;	/* a list had another of its uuid; or -1 */
	bool shown;		/* running, by the last list */
	int64_t asked_at;	/* to power off; or -1 */
	bool refused;		/* by the hypervisor */
	enum peer peer;		/* and left its mark */
	bool complete;		/* and it needs but be let run */
	int64_t built_at;	/* when it is complete, and when it runs */
	uint32_t paused_ms;	/* between the two */
	bool spoiled;		/* it is given up instead */
	uint8_t code;
	uint64_t cpu_ns;
	int64_t made_at;
	int64_t run_at;		/* monotonic; while it runs */
	int64_t known_run_at;	/* the same, as far as the daemon can know */
	int64_t shut_at, gone_at, fate_at;
	uint8_t fate;
	int shut;		/* the last one; -1: none */
};

struct sim_starts {
	int64_t at[SIM_STARTS_MAX];
	int count;
};

struct sim_guest {
	uint8_t uuid[UUID_BYTES];
	struct domain_config config;
	struct domain_config second; /* another file of that uuid */
	bool hvm;
	bool bad;		/* falls again soon after each start */
	bool foreign;		/* another supervisor lives */
	int64_t foreign_at;	/* when that one, or the peer, restarts it */
	enum peer peer;		/* another toolstack that makes it, mostly */
	bool had_twins;		/* ever: several domains with its uuid */
	bool twins, twins_told;	/* the daemon must know, and said so */
	bool twins_before;	/* the last list */
	bool second_came;	/* ever: a domain from the second file */
	bool known;		/* its configuration is on record */
	int known_of;		/* which domain's it is */
	bool unsure;		/* or was to be, and the disk would not */
	bool held;		/* by the operator, for all that is known */
	bool stuck;		/* neither its core nor its end comes on */
	/* our starts that were attempted: what counts against the budget at
	 * least, and what may count at most */
	struct sim_starts least, most;
	uint32_t asked_boot;	/* the last in which the operator let it go on */
	uint32_t noted_boot;	/* the same, where that is on record */
	uint32_t tries;		/* orders to start it, ever */
	uint64_t counted;	/* among them before it was ordered: of this incident */
	bool granted;		/* one, by the operator */
	uint64_t attempt;	/* the incident of the one under way; 0: none */
	uint64_t may_repeat;	/* and of one that may be done again unpaid */
	uint64_t last_attempt;
};

struct sim_worker {
	bool used;
	bool orphan;		/* of a daemon that died */
	bool locked;
	bool is_taken;		/* the order, by a worker that can do it */
	int phase;
	int64_t at;		/* of the next phase */
	int64_t deadline;
	uint64_t order;
	int64_t ordered_at;
	uint64_t number;	/* of the incident */
	enum step step;
	struct domain_id id, other;
	uint8_t copy_uuid[UUID_BYTES];
	int guest;
	bool second;		/* file to start the guest from */
	int domain;		/* that it builds */
	uint32_t chance;
};

/* Why an incident may be held. */
#define SIM_CAUSE_LIST(X)                                 \
	X(NONE, "for no cause")                           \
	X(OPERATOR, "the operator holds the guest")       \
	X(BUDGET, "its starts are spent")                 \
	X(BOOT, "the host was booted before its start")   \
	X(FAILED, "its step failed often enough")         \
	X(TWIN, "several domains have its uuid")          \
	X(UNTOLD, "they had, and its file is not told")

enum sim_cause {
#define X(name, text) SIM_CAUSE_##name,
	SIM_CAUSE_LIST(X)
#undef X
};

/* What the model has seen of one incident's present step. */
struct sim_tally {
	uint64_t number;
	enum step step;
	uint32_t failed, lost, refused;
	bool unsure;		/* when opened: whose the record is */
	uint32_t tries_before;	/* its guest's, when it was opened */
	enum sim_cause cause;	/* it is held for */
	int64_t ready_at;	/* since then it waits for others alone */
	int64_t wait_ms;	/* how long that may take */
	int64_t core_at;	/* since then its core has been due; 0: never */
};

enum sim_message_kind { SIM_HINT, SIM_CONFIG };

struct sim_message {
	bool used;
	enum sim_message_kind kind;
	int64_t at;
	int domain;
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	uint8_t code;
};

/* --- the daemon --- */

struct sim_daemon {
	bool up;
	bool dead;		/* killed inside a call, which still returns */
	int64_t up_at, began_at;
	uint32_t workers;
	struct store *store;
	uint64_t interrupted;	/* operations, when it was opened */
	bool was_parked;
	struct engine *engine;
	uint64_t calls, kill_at_call;
	int64_t poll_at, watcher_at, hang_at, beat_at;
	bool watcher;
	bool told_away;		/* what the engine was told */
	int64_t told_at;
	bool in_call;
};

/* --- the retreat from a host whose xenstored is dead --- */

struct sim_retreat {
	/* the daemon's */
	struct retreat_course course;
	struct host_trouble trouble;
	int64_t look_at, tick_at, core_at;
	bool inside;		/* the course: who is killed there returns */
	bool judges;		/* what begins now begins by itself */

	/* the world's */
	bool dead;
	int64_t dead_until;	/* then it was hung only */
	int64_t well_at;	/* since then it answers */
	int64_t looked_at;	/* this daemon's last look at that; or 0 */
	int64_t ran_at;		/* when the command ends */
	bool reboots;		/* the host */

	/* the model's, of this failure */
	int64_t noticed_at;
	uint32_t boot;		/* in which it was noticed */
	bool noticed;		/* and that is on record */
	bool open;		/* no daemon has seen its end */
	bool lasts;		/* one of an earlier boot, on record */
	bool lost;		/* one has, and the disk would not have it */
	bool unsure;		/* what is on record */
	uint32_t starts, commands;
	bool cut;		/* the daemon was killed while it began one */
	int64_t begun_at;	/* the last, or when it was gone on with */
	enum retreat_state known; /* on record */
};

/* --- the schedule --- */

#define SIM_EVENT_LIST(X)                                         \
	X(SHUT, "a guest shuts down")                             \
	X(BAD, "a guest turns bad or good")                       \
	X(OTHER_DESTROY, "another hand destroys a domain")        \
	X(OTHER_CREATE, "another hand starts a guest")            \
	X(REPLACE, "a domid comes to mean another domain")        \
	X(RESUME, "a domain that was down is resumed")            \
	X(SUSPEND, "a domain is suspended")                       \
	X(FOREIGN, "another supervisor comes or goes")            \
	X(KILL, "the daemon is killed")                           \
	X(KILL_IN_CALL, "the daemon is killed inside a call")     \
	X(KILL_IN_WRITE, "the daemon is killed inside a write")   \
	X(WATCHER, "the watcher dies")                            \
	X(AWAY, "xenstored stops answering or answers again")     \
	X(FULL, "the disk is full, or is not any more")           \
	X(CLOCK, "the wall clock jumps")                          \
	X(HOLD, "the operator holds")                             \
	X(RELEASE, "the operator releases")                       \
	X(RETRY, "the operator retries")                          \
	X(WORKER, "a worker dies")                                \
	X(DEAF, "watcher messages are lost")                      \
	X(SWEEP, "the list is looked at")                         \
	X(STUCK, "storage hangs, or works again")                 \
	X(REBOOT, "the host is reset")                            \
	X(TWIN, "another hand starts a second of one uuid")       \
	X(NAMESAKE, "another hand starts a guest with another uuid") \
	X(DEAD, "xenstored dies for good")                        \
	X(RETREAT, "the operator retreats, or stops that")

enum sim_event_kind {
#define X(name, text) SIM_EVENT_##name,
	SIM_EVENT_LIST(X)
#undef X
	SIM_EVENT_COUNT
};

struct sim_event {
	uint32_t wait_ms;
	uint8_t kind;
	uint32_t arg;
};

/* One thing that fails once, in the daemon's own calls. */
#define SIM_TROUBLE_LIST(X)                                  \
	X(NONE, "none")                                      \
	X(MEMORY, "an allocation of ours")                   \
	X(SQLITE, "an allocation of SQLite's")               \
	X(CALL, "a call of the engine's")

enum sim_trouble {
#define X(name, text) SIM_TROUBLE_##name,
	SIM_TROUBLE_LIST(X)
#undef X
	SIM_TROUBLE_COUNT
};

struct sim_plan {
	uint64_t seed;
	enum sim_trouble trouble;
	uint64_t trouble_at;	/* which one; 0: none */
	bool steady;		/* the wall clock is never stepped */
	int count;
	struct sim_event events[SIM_EVENTS_MAX];
};

/* --- all of it --- */

struct sim {
	uint64_t seed, draws;
	int64_t mono, wall_offset;
	uint32_t boot;
	int64_t boot_at;	/* zero of the boot's clock */
	bool steady;
	uint64_t decisions;	/* a hash of all of them, and when */
	uint32_t clock_steps;
	enum sim_trouble trouble;
	uint64_t trouble_at, trouble_count; /* those there were */
	int64_t trouble_seen;	/* monotonic, when it failed */
	bool faults;		/* false: nothing goes wrong any more */
	bool away, full;
	int guest_count;
	struct sim_guest guests[SIM_GUESTS_ALL];
	int domain_count;
	struct sim_domain domains[SIM_DOMAINS_MAX];
	uint32_t next_domid;
	int shut_count;
	struct sim_shut shuts[SIM_SHUTS_MAX];
	struct sim_worker workers[SIM_WORKERS_MAX];
	struct sim_message messages[SIM_MESSAGES_MAX];
	struct sim_tally tallies[SIM_TALLIES_MAX];
	struct sim_daemon daemon;
	struct sim_retreat retreat;
	struct store *parked;	/* of the daemon that died, still open */
	struct settings *settings;
	uint64_t ticks, same_ms;
	int64_t last_tick;
	int64_t room_at;	/* since then it is not full any more */
	uint64_t cores;		/* taken, for the figures */
	uint64_t closed, kills, starts;
	uint64_t stale_hints, spurious; /* incidents that rest on these */
	bool failed, verbose;
	char why[512];
};

/* sim_plan.c: what happens, from the seed; making a failing one short. */
void sim_plan_make(struct sim_plan *plan, uint64_t seed);
void sim_plan_print(const struct sim_plan *plan);
void sim_plan_shrink(struct sim_plan *plan,
		     bool (*fails)(const struct sim_plan *plan));
void sim_plan_apply(struct sim *s, const struct sim_event *event);

/* sim_run.c: one schedule from its begin to rest. */
void sim_run(struct sim *s, const struct sim_plan *plan, bool verbose);
void sim_run_until(struct sim *s, int64_t until);

/* sim_trouble.c: memory that runs out.  Counts while ARMED. */
void sim_trouble_init(void);
void sim_trouble_arm(struct sim *s); /* NULL: disarms */
bool sim_trouble_strikes(struct sim *s, enum sim_trouble kind);
bool sim_trouble_is_fresh(const struct sim *s);
const char *sim_trouble_name(enum sim_trouble trouble);

/* sim_world.c */
uint32_t sim_random(struct sim *s, uint32_t range);
bool sim_chance(struct sim *s, uint32_t percent); /* never without faults */
void sim_fail(struct sim *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sim_say(struct sim *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sim_world_init(struct sim *s);
struct engine_time sim_now(const struct sim *s);
void sim_world_reset(struct sim *s);
int sim_build(struct sim *s, int guest, bool second);
/* By another hand: complete after TAKES_MS, or given up then. */
int sim_build_theirs(struct sim *s, int guest, uint32_t takes_ms,
		     bool spoiled);
/* One more of its uuid, under another name. */
void sim_build_twin(struct sim *s, int guest);
void sim_unpause(struct sim *s, int domain);
void sim_shut(struct sim *s, int domain, uint8_t code);
void sim_resume(struct sim *s, int domain);
void sim_destroy(struct sim *s, int domain, uint32_t takes_ms);
void sim_replace(struct sim *s, int domain, int guest);
int sim_guest_of(const struct sim *s, const uint8_t *uuid); /* -1: none */
int sim_find_uuid(const struct sim *s, const uint8_t *uuid);
int sim_find_domid(const struct sim *s, uint32_t domid);
uint64_t sim_cpu_ns(const struct sim *s, const struct sim_domain *domain);
void sim_fill(const struct sim *s, const struct sim_domain *domain,
	      struct domain_info *ret_info);
size_t sim_list(const struct sim *s, struct domain_info *ret_list);
int64_t sim_world_due(const struct sim *s);
void sim_world_tick(struct sim *s);

/* sim_worker.c */
int sim_worker_order(struct sim *s, const struct incident *incident,
		     uint64_t order, bool second);
int64_t sim_worker_due(const struct sim *s);
void sim_worker_tick(struct sim *s);
void sim_worker_kill(struct sim *s, int index);
void sim_worker_orphan_all(struct sim *s);
void sim_worker_end_all(struct sim *s);

/* sim_host.c: the daemon's glue, as src/role has it. */
void sim_host_start(struct sim *s);
void sim_host_kill(struct sim *s);
void sim_host_reset(struct sim *s); /* the whole machine */
void sim_host_scan(struct sim *s);
void sim_host_result(struct sim *s, const struct sim_worker *worker, int rc,
		     const struct domain_id *new_id);
void sim_host_lost(struct sim *s, const struct sim_worker *worker);
void sim_host_unbegun(struct sim *s, const struct sim_worker *worker);
void sim_host_enter(struct sim *s); /* around what calls the engine */
void sim_host_leave(struct sim *s);
void sim_host_look_for_death(struct sim *s, int r);
void sim_host_freed(struct sim *s, int guest);
void sim_host_operate(struct sim *s, enum sim_event_kind kind, int guest);
void sim_host_release_copies(struct sim *s);
int64_t sim_host_due(const struct sim *s);
void sim_host_tick(struct sim *s);

/* sim_calls.c: what the engine calls. */
const struct engine_calls *sim_calls(struct sim *s);

bool sim_calls_count(struct sim *s); /* one more: are we dead? */

/* sim_retreat.c: a host whose xenstored is dead for good. */
void sim_retreat_init(struct sim *s);
void sim_retreat_die(struct sim *s, uint32_t arg);
void sim_retreat_mend(struct sim *s);
void sim_retreat_open(struct sim *s);
void sim_retreat_forget(struct sim *s);
void sim_retreat_operate(struct sim *s, bool cancel);
int64_t sim_retreat_due(const struct sim *s);
void sim_retreat_tick(struct sim *s);

/* sim_leave.c: what must hold while a host is left. */
void sim_leave_asks(struct sim *s, int domain, bool refused);
void sim_leave_begun(struct sim *s);
void sim_leave_resumed(struct sim *s);
void sim_leave_recorded(struct sim *s, enum retreat_state state, int r);
void sim_leave_noticed(struct sim *s, int r);
void sim_leave_died(struct sim *s);
void sim_leave_ended(struct sim *s, int r);
void sim_leave_command(struct sim *s);
void sim_leave_looked(struct sim *s);
void sim_leave_read(struct sim *s, const struct host_trouble *trouble);
void sim_leave_opened(struct sim *s, int r);
void sim_leave_check_order(struct sim *s, const struct incident *incident);

/* sim_watcher.c */
void sim_watcher_probe(void *ctx);
void sim_watcher_tick(struct sim *s);
void sim_host_event(struct sim *s, int domain, bool introduced, uint8_t code);
void sim_host_lose_watcher(struct sim *s);

/* Made part of what the run decided. */
void sim_host_note_decision(struct sim *s, unsigned int kind,
			    const struct incident *incident);

/* sim_check.c: what must never be. */
void sim_check_listed(struct sim *s);
void sim_check_opened(struct sim *s, const struct incident *incident);
void sim_check_recorded(struct sim *s, const struct incident *incident);
void sim_check_closed(struct sim *s, const struct incident *incident);
void sim_check_half_built(struct sim *s, int domain);
void sim_check_start(struct sim *s, int domain);
void sim_check_alone(struct sim *s, int guest);
void sim_check_freed(struct sim *s, int guest);
enum action sim_check_expected(const struct sim *s,
			       const struct domain_config *config,
			       enum reason reason);
void sim_check_killed(struct sim *s);
void sim_check_restored(struct sim *s);
void sim_check_rest(struct sim *s);

const struct sim_shut *sim_check_look_up(const struct sim *s, uint64_t number);
struct sim_shut *sim_check_find(struct sim *s, uint64_t number);
bool sim_check_was_full(const struct sim *s); /* or is */

/* sim_order.c: what must be so when a step is begun. */
void sim_check_order(struct sim *s, const struct incident *incident);
/* A start of the boot before waits for a person's word. */
bool sim_check_asks(const struct sim *s, const struct incident *incident);
enum peer sim_check_peer(const struct sim *s, const struct incident *incident);
const struct sim_domain *sim_check_find_copy(const struct sim *s,
					     const struct incident *incident);
void sim_check_teardown(struct sim *s, int domain,
			const struct sim_worker *worker);
void sim_check_other_teardown(struct sim *s, int domain);

/* sim_budget.c: no more starts than are allowed. */
void sim_budget_spent(struct sim *s, const struct incident *incident);
void sim_budget_paid(struct sim *s, const struct incident *incident);
void sim_budget_ordered(struct sim *s, const struct incident *incident);
void sim_budget_heard(struct sim *s, const struct sim_worker *worker, int rc);
void sim_budget_written(struct sim *s, const struct incident *incident);
void sim_budget_killed(struct sim *s);
void sim_budget_started(struct sim *s);
void sim_budget_booted(struct sim *s);
void sim_budget_runs(struct sim *s, int guest);
void sim_budget_closed(struct sim *s, const struct incident *incident);
void sim_budget_forgive(struct sim *s, int guest);
void sim_budget_ran(struct sim *s, int domain);
/* In the last WINDOW_MS. */
uint32_t sim_budget_count(const struct sim *s, const struct sim_starts *starts,
			  int64_t window_ms);

/* sim_held.c: nothing is held without a cause. */
struct sim_tally *sim_held_tally(struct sim *s, uint64_t number);
void sim_held_opened(struct sim *s, const struct incident *incident);
void sim_held_heard(struct sim *s, uint64_t number, enum step step, int rc);
void sim_held_refused(struct sim *s, const struct incident *incident);
void sim_held_lost(struct sim *s, uint64_t number, enum step step);
void sim_held_check(struct sim *s, const struct incident *incident);
void sim_held_rest(struct sim *s);

/* sim_owner.c: whose a domain is. */
enum peer sim_owner_peer(const struct sim *s, int domain); /* sees to it */
bool sim_owner_ignores(const struct sim *s, int domain);
int sim_owner_listed(const struct sim *s, int guest);
void sim_owner_listing(struct sim *s);
void sim_owner_unlisted(struct sim *s);
void sim_owner_check_told(struct sim *s);
void sim_owner_told(struct sim *s, const struct domain *domain);
void sim_owner_forget(struct sim *s);
void sim_owner_check_order(struct sim *s, const struct incident *incident,
			   enum peer peer);
void sim_owner_end_twins(struct sim *s);

/* sim_file.c: from which file a domain is, and of whose record. */
#define SIM_JSON_FIRST "{}"
#define SIM_JSON_SECOND "{ }"
const struct domain_config *sim_file_of(const struct sim *s, int domain);
int sim_file_set(struct sim *s, int domain); /* on record: 0, or -errno */
bool sim_file_next(const struct sim *s, int guest); /* the second? */
void sim_file_listed(struct sim *s);
/* Could the daemon know that the record is another domain's? */
bool sim_file_is_unsure(const struct sim *s, const struct incident *incident);
void sim_file_check_told(struct sim *s, int domain, bool waits);
void sim_file_check_order(struct sim *s, const struct incident *incident);
void sim_file_check_start(struct sim *s, const struct incident *incident,
			  bool second);

/* sim_name.c: guests of one name. */
const char *sim_name_of(const struct sim *s, int domain); /* NULL: a copy */
int sim_name_find(const struct sim *s, const char *name); /* -1: none */
bool sim_name_is_shared(const struct sim *s, int guest);
void sim_name_add(struct sim *s, uint32_t arg);
void sim_name_clear(struct sim *s);
void sim_name_listed(struct sim *s);
void sim_name_check(struct sim *s);
void sim_name_check_taken(struct sim *s, const struct incident *incident);

/* sim_wait.c: nothing waits long for others. */
void sim_wait_note(struct sim *s);
void sim_wait_check(struct sim *s, int64_t now);

#endif
