/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The retreat from a host whose toolstack hangs: which guests were asked to power
 * off, and which did.  Pure; sends no request itself.
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

#endif
