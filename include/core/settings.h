/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's settings as plain data, and the table of every key.  Pure:
 * reading files is port/conf.
 */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "core/action.h"
#include "core/capture.h"
#include "core/domain.h"
#include "core/peer.h"
#include "core/reason.h"

#define SETTINGS_PATH_BYTES 256

/* Which domains Xenvigil supervises. */
enum settings_adopt {
	SETTINGS_ADOPT_NONE,	/* only those that the operator adopted */
	SETTINGS_ADOPT_ORPHANS,	/* those without another supervisor */
	SETTINGS_ADOPT_XL,	/* these, and those that an xl monitor has */
};

/* The shutdowns after which evidence is collected. */
enum settings_report {
	SETTINGS_REPORT_NONE,
	SETTINGS_REPORT_CRASH,
	SETTINGS_REPORT_REBOOT,	/* also: a HVM guest's may be a panic */
};

/* The meaning of the end of a running guest's device model. */
enum settings_model {
	SETTINGS_MODEL_CRASH,	/* the guest counts as crashed */
	SETTINGS_MODEL_LOG,	/* the end is recorded, nothing else */
};

/* What may be set for one guest, or for all of them. */
struct guest_settings {
	enum action on[REASON_COUNT];	/* ACTION_NONE: as the toolstack has */
	enum settings_report report;
	uint32_t grace_s;		/* 0 to 3600 */
	uint32_t restart_limit;		/* restarts in a window, 0 to 64 */
	uint32_t restart_window_s;	/* 1 to 86400 */
	uint32_t backoff_min_s;		/* 0 to 3600 */
	uint32_t backoff_max_s;		/* 0 to 86400 */
	uint32_t healthy_s;		/* 1 to 86400: then the count restarts */
	uint32_t loop_cores;		/* cores taken in one loop, 0 to 1000 */
	enum settings_model on_model_end;
	uint32_t core_wait_s;		/* for a worker to take it, to 86400 */
	int restart_first;		/* 1: a coredump-restart starts first */
	int resume_after_boot;		/* 1: a start of another boot is done */
	int reattach_devices;		/* 1: its guests get theirs again */
	struct capture_order capture;	/* total, free: not a guest's */
};

/* domains.d/NAME.conf */
struct settings_guest {
	struct list node;
	char name[DOMAIN_NAME_BYTES];
	struct guest_settings guest;
};

struct settings {
	struct guest_settings guest;	/* for guests without their own file */
	struct list guests;		/* of struct settings_guest */
	int log_target;			/* enum log_target */
	int log_level;			/* enum log_level */
	enum settings_adopt adopt;
	enum peer_stance peers[PEER_COUNT];
	enum reason unknown_reason;	/* what an undefined code counts as */
	uint32_t sweep_s;		/* 30 to 3600 */
	uint32_t workers_max;		/* 1 to 64; 0: the number of CPUs + 1 */
	uint32_t keep_incidents;	/* 1000 to 10000000 */
	uint32_t keep_days;		/* 1 to 36500 */
	uint32_t keep_guests;		/* 100 to 1000000: without a domain */
	uint32_t records_total_mib;	/* 64 to 1048576 */
	uint32_t deadline_s[STEP_COUNT];/* 1 to 86400 */
	uint32_t hook_s;		/* 1 to 3600: for each hook */
	uint32_t core_total_mib;	/* 0: no bound */
	uint32_t core_free_percent;	/* 0 to 90 */
	uint32_t ports_percent;		/* 1 to 100 */
	uint32_t retreat_s;		/* 1 to 86400: to power off in */
	uint32_t retreat_after_s;	/* 0 to 86400; 0: only on command */
	int retreat_cores;		/* 1: of guests that did not power off */
	char retreat_command[SETTINGS_PATH_BYTES]; /* "" : none */
	char xl_program[SETTINGS_PATH_BYTES]; /* "": xlv searches for it */
	char state_dir[SETTINGS_PATH_BYTES];
	char core_dir[SETTINGS_PATH_BYTES];
	char run_dir[SETTINGS_PATH_BYTES];
	char metrics_file[SETTINGS_PATH_BYTES];
};

enum setting_kind {
	SETTING_SECONDS,	/* uint32_t, a whole number of seconds */
	SETTING_COUNT,		/* uint32_t */
	SETTING_ACTION,		/* enum action, by name; "toolstack": none */
	SETTING_REASON,		/* enum reason, by name */
	SETTING_WORD,		/* int: least + the index into words */
	SETTING_PATH,		/* absolute, at most MOST bytes; LEAST 0: or "" */
};

/* One key of a configuration file. */
struct setting_key {
	const char *name;
	enum setting_kind kind;
	size_t offset;		/* into guest_settings or settings */
	bool per_guest;		/* into guest_settings; allowed in domains.d */
	uint32_t least, most;
	const char *const *words; /* SETTING_WORD, NULL-ended */
	const char *meaning;	/* one line for --list-settings */
};

extern const struct setting_key settings_keys[];
extern const unsigned int settings_keys_count;

#define SETTINGS_WHY_BYTES 256 /* enough for each RET_WHY below */

/* NULL: there is no such key. */
const struct setting_key *settings_find_key(const char *name);

/* The defaults.  NULL when there is no memory. */
struct settings *settings_new(void);
void settings_free(struct settings *settings);

/* Adds a guest with the defaults of SETTINGS.  NULL: no memory. */
struct settings_guest *settings_add_guest(struct settings *settings,
					  const char *name);

/* The settings of the domain NAME: its own file has priority. */
const struct guest_settings *settings_for(const struct settings *settings,
					  const char *name);

/*
 * Sets KEY in BASE (a struct settings or guest_settings, by key->per_guest)
 * from TEXT.  Returns 0, or -EINVAL with *RET_WHY saying what is accepted.
 */
int settings_set(const struct setting_key *key, void *base, const char *text,
		 char *ret_why, size_t why_size);

/*
 * Checks that the keys fit each other.  Returns 0, or -EINVAL with the two keys
 * that do not in RET_KEYS and the reason in *RET_WHY.
 */
int settings_check_guest(const struct guest_settings *guest,
			 const char *ret_keys[2], char *ret_why,
			 size_t why_size);

#endif
