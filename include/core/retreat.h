/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The retreat from a host whose toolstack hangs: which guests were asked to power
 * off, and which did (retreat.c); the sequence of its states (retreat_course.c).
 * Pure; sends requests through a table of calls only.
 */
#ifndef CORE_RETREAT_H
#define CORE_RETREAT_H

#include "base/text.h"
#include "core/domain.h"
#include "core/settings.h"

#define RETREAT_STATE_LIST(X)                                             \
	X(NONE, "none")                                                   \
	X(WAITING, "waiting")	/* for the guests that were asked */      \
	X(EVIDENCE, "evidence")	/* is collected of those still running */ \
	X(COMMAND, "command")	/* the operator's command runs */         \
	X(OVER, "over")

enum retreat_state {
#define X(name, text) RETREAT_##name,
	RETREAT_STATE_LIST(X)
#undef X
	RETREAT_STATE_COUNT
};

struct host_trouble;

/* The size of its text in the records. */
#define RETREAT_TEXT_BYTES 8192

const char *retreat_state_name(enum retreat_state state);
int retreat_state_parse(const char *name, enum retreat_state *ret_state);

enum retreat_fate {
	RETREAT_FATE_ASKED,	/* by its power button */
	RETREAT_FATE_DEAF,	/* has none: only xenstore reaches it */
	RETREAT_FATE_REFUSED,	/* the hypervisor did not press it */
	RETREAT_FATE_ENDED,	/* was asked, and powered off */
	RETREAT_FATE_FELL,	/* was asked, and crashed or rebooted */
	RETREAT_FATE_LEFT,	/* was asked, and still runs at the end */
};

struct retreat_guest {
	struct domain_id id;
	char name[DOMAIN_NAME_BYTES];
	enum retreat_fate fate;
	enum reason reason;	/* of FELL, if not gone */
	bool gone, paused;
	uint64_t cpu_time_ns, cpu_used_ns; /* when asked, and since then */
	bool captured;		/* or it was tried */
	char core[SETTINGS_PATH_BYTES + 128]; /* "": none, ... */
	char no_core[128];	/* ... and why, if one was tried; or "" */
};

struct retreat {
	struct retreat_guest *guest;
	size_t count;
};

/* Starts with the running domains of LIST.  0, or -ENOMEM.  retreat_clear() it. */
int retreat_begin(struct retreat *retreat, const struct domain_info *list,
		  size_t count);
void retreat_clear(struct retreat *retreat);

/*
 * Updates the guests that were asked: those gone or shut down have ended.  Returns
 * how many have ended since the last call.
 */
size_t retreat_look(struct retreat *retreat, const struct domain_info *list,
		    size_t count);

/* Is a guest still waited for?  retreat_give_up(): these guests become LEFT. */
bool retreat_is_waiting(const struct retreat *retreat);
void retreat_give_up(struct retreat *retreat);

/*
 * The next guest that is LEFT, or crashed when it was asked, without a core; NULL:
 * none.
 */
struct retreat_guest *retreat_next_left(struct retreat *retreat);

/* The guests and the result for each, in words.  Names are escaped. */
void retreat_tell(const struct retreat *retreat, struct text *text);

/* --- the course: what follows upon what --- */

#define RETREAT_NOTE_LIST(X)                                              \
	X(BEGUN, "retreat-begun")                                         \
	X(RESUMED, "retreat-resumed")                                     \
	X(LEFT, "retreat-left")                                           \
	X(COMMAND, "retreat-command")                                     \
	X(OVER, "retreat-over")

enum retreat_note {
#define X(name, text) RETREAT_NOTE_##name,
	RETREAT_NOTE_LIST(X)
#undef X
};

const char *retreat_note_name(enum retreat_note note);

struct retreat_course;

/* What the course asks for.  No call may call it back. */
struct retreat_calls {
	/* The hypervisor's list of now, which the engine has taken in. */
	int (*list)(void *ctx, const struct domain_info **ret_list,
		    size_t *ret_count);
	/* Name GUEST, and press its power button if it is to be ASKED. */
	int (*ask)(void *ctx, struct retreat_guest *guest);
	/* Begin GUEST's core.  Returns whether it is under way; if not,
	 * GUEST says why. */
	bool (*capture)(void *ctx, struct retreat_guest *guest);
	/* Is it still under way?  If not, GUEST says what came of it. */
	bool (*captures)(void *ctx, struct retreat_guest *guest);
	/* Begin the operator's command; retreat_course_ran() tells its end. */
	int (*command)(void *ctx, const char *path);
	/* How far it came: into the record of the host's trouble. */
	void (*record)(void *ctx, enum retreat_state state, const char *text);
	void (*note)(void *ctx, enum retreat_note note,
		     enum retreat_state state, const char *text);
	void *ctx;
};

struct retreat_course {
	const struct retreat_calls *calls;
	enum retreat_state state;
	struct retreat list;
	int64_t due_ms;		/* of WAITING, monotonic */
	struct retreat_guest *of;	/* whose core is being taken */
	bool past;		/* the host was well meanwhile: its end is no
				 * part of what the host has now */
	char before[RETREAT_TEXT_BYTES / 2]; /* what came before it, or "" */
	char end[256];		/* how it ended, or "" */
};

/* The operator's word.  Returns NULL, or why it is not done. */
const char *retreat_course_start(struct retreat_course *course, bool well,
				 const struct settings *settings,
				 int64_t now_ms);
const char *retreat_course_cancel(struct retreat_course *course);

/* The host was looked at.  TROUBLE is what it has, or NULL: it is well. */
void retreat_course_judge(struct retreat_course *course,
			  const struct host_trouble *trouble,
			  const struct settings *settings, int64_t now_ms);

/* Time goes by; call it as long as retreat_course_is_ticking(). */
bool retreat_course_is_ticking(const struct retreat_course *course);
void retreat_course_tick(struct retreat_course *course,
			 const struct settings *settings, int64_t now_ms);

/* The command has ended, in these words. */
void retreat_course_ran(struct retreat_course *course, const char *how);

void retreat_course_tell(const struct retreat_course *course,
			 struct text *text);

#endif
