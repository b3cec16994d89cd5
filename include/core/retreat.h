/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ordered retreat from a host whose toolstack is gone: who was asked to
 * power off, who did, and who did not.  Pure; asks nobody itself.
 */
#ifndef CORE_RETREAT_H
#define CORE_RETREAT_H

#include "base/text.h"
#include "core/domain.h"
#include "core/settings.h"

#define RETREAT_STATE_LIST(X)                                             \
	X(NONE, "none")                                                   \
	X(WAITING, "waiting")	/* for the guests that were asked */      \
	X(EVIDENCE, "evidence")	/* of those that did not end is taken */  \
	X(COMMAND, "command")	/* the operator's runs */                 \
	X(OVER, "over")

enum retreat_state {
#define X(name, text) RETREAT_##name,
	RETREAT_STATE_LIST(X)
#undef X
	RETREAT_STATE_COUNT
};

/* How long it gets in words, on record. */
#define RETREAT_TEXT_BYTES 8192

const char *retreat_state_name(enum retreat_state state);
int retreat_state_parse(const char *name, enum retreat_state *ret_state);

enum retreat_fate {
	RETREAT_FATE_ASKED,	/* by its power button */
	RETREAT_FATE_DEAF,	/* has none: only xenstore reaches it */
	RETREAT_FATE_REFUSED,	/* the hypervisor did not press it */
	RETREAT_FATE_ENDED,	/* was asked, and powered off */
	RETREAT_FATE_FELL,	/* was asked, and ended in another way */
	RETREAT_FATE_LEFT,	/* was asked, and did not in its time */
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

/* Those of LIST that run.  Returns 0, or -ENOMEM.  retreat_clear() it. */
int retreat_begin(struct retreat *retreat, const struct domain_info *list,
		  size_t count);
void retreat_clear(struct retreat *retreat);

/*
 * What became of those asked since: those gone or shut down have ended.
 * Returns how many did, that had not when it was last called.
 */
size_t retreat_look(struct retreat *retreat, const struct domain_info *list,
		    size_t count);

/* Is anybody still being waited for?  Those that are become LEFT. */
bool retreat_is_waiting(const struct retreat *retreat);
void retreat_give_up(struct retreat *retreat);

/*
 * The next one LEFT, or crashed when it was asked, of which no evidence was
 * taken; NULL: none.
 */
struct retreat_guest *retreat_next_left(struct retreat *retreat);

/* Who was asked, and what came of it.  Names are escaped. */
void retreat_tell(const struct retreat *retreat, struct text *text);

#endif
