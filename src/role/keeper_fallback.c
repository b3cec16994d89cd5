/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The temporary records while the database is unusable.  They start from the
 * known state and the readable part of the database, and end when the database
 * is back.  Decides nothing about guests.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "keeper.h"

#define AGAIN_MIN_S 1.
#define AGAIN_MAX_S 60.
#define CALM_MS 60000 /* a database that did so long is well */

struct keeper_fallback {
	struct keeper *keeper;
	ev_timer again;
	double wait_s;
	int64_t back_ms;	/* monotonic, since the database is back */
	int64_t since_ms;	/* wall clock; 0: it is in use */
	bool untold;		/* hooks and metrics do not know yet */
	bool damaged;		/* as its pages were read */
	bool knew;		/* the database was read before it failed */
	uint64_t first_number;	/* above those that it may have */
	char why[256];
};

/* --- telling --- */

static void log_temporary(const struct keeper_fallback *fallback)
{
	log_event(LOG_LEVEL_ERROR, "records-temporary",
		  LOG_TEXT("path", store_path(fallback->keeper->store)),
		  LOG_TEXT("text", fallback->why));
}

/* Not from inside the engine, which may have called. */
static bool report_change(struct keeper_fallback *fallback)
{
	if (!fallback->untold)
		return false;
	fallback->untold = false;
	keeper_hook_records(fallback->keeper, fallback->since_ms != 0);
	keeper_metrics_changed(fallback->keeper);
	return true;
}

void keeper_fallback_state(const struct keeper *keeper,
			   struct keeper_fallback_state *ret_state)
{
	const struct keeper_fallback *fallback = keeper->fallback;

	*ret_state = (struct keeper_fallback_state){
		.since_ms = fallback->since_ms,
		.why = fallback->since_ms ? fallback->why : "",
		.path = store_path(keeper->store),
	};
}

uint64_t keeper_fallback_first_number(const struct keeper *keeper)
{
	return keeper->fallback->first_number;
}

/* --- there --- */

/* STORE holds what is needed to go on. */
static void use(struct keeper_fallback *fallback, struct store *store,
		const char *why)
{
	struct keeper *keeper = fallback->keeper;
	struct engine_time now = keeper_now(keeper);

	store_close(keeper->store);
	keeper->store = store;
	fallback->since_ms = now.wall_ms;
	fallback->untold = true;
	text_copy(fallback->why, sizeof(fallback->why), why);
	if (now.mono_ms - fallback->back_ms > CALM_MS)
		fallback->wait_s = AGAIN_MIN_S;
	log_temporary(fallback);
	keeper_set_timer(keeper, &fallback->again, 0.);
}

static int open_temporary(struct keeper *keeper, struct store **ret_store)
{
	struct text why = { 0 };
	int r = store_open_temporary(keeper->settings->run_dir, keeper->boot,
				     ret_store, &why);

	if (r < 0 || text_get(&why)[0])
		log_event(LOG_LEVEL_WARN, "temporary-records",
			  LOG_TEXT("text", text_get(&why)));
	text_free(&why);
	return r;
}

/* A disk that hangs before it fails is asked once, not for each guest. */
static void carry_guest(struct keeper *keeper, struct store *to,
			const struct guest *guest, bool *readable)
{
	const char *kept = keeper_config_kept(keeper, guest->uuid);
	char *json = NULL;
	int r;

	if (!kept && *readable) {
		r = store_get_config(keeper->store, guest->uuid, &json);
		*readable = r == 0 || r == -ENOENT;
	}
	store_record_guest(to, guest);
	if (kept || json || guest->has_config)
		store_set_config(to, guest->uuid, &guest->config,
				 kept ?: json);
	free(json);
}

static void carry_over(struct keeper *keeper, struct store *to)
{
	const struct incident *incident;
	const struct guest *guest;
	bool readable = true;

	LIST_EACH(guest, (struct list *)engine_guests(keeper->engine),
		  const struct guest, node)
		carry_guest(keeper, to, guest, &readable);
	LIST_EACH(incident, (struct list *)engine_incidents(keeper->engine),
		  const struct incident, node)
		store_record(to, incident);
}

bool keeper_fallback_on(struct keeper *keeper, int error)
{
	struct keeper_fallback *fallback = keeper->fallback;
	struct store *to;

	if (error >= 0 || error == -ENOMEM || fallback->since_ms ||
	    !keeper->engine || open_temporary(keeper, &to) < 0)
		return false;
	carry_over(keeper, to);
	fallback->knew = true;
	fallback->damaged = error == -EBADMSG;
	use(fallback, to, strerror(-error));
	return true;
}

/* Reads everything that can be read.  An unknown number starts above every
 * counted one: at the seconds since 1970. */
static void salvage(struct keeper_fallback *fallback, struct store *to)
{
	const struct settings *set = fallback->keeper->settings;
	int r = store_salvage(to, set->state_dir, set->run_dir,
			      &fallback->first_number);

	fallback->knew = r == 0;
	if (r == 0)
		return;
	fallback->first_number =
		(uint64_t)keeper_now(fallback->keeper).wall_ms / 1000;
	log_event(LOG_LEVEL_ERROR, "records-unread",
		  LOG_TEXT("directory", set->state_dir),
		  LOG_TEXT("error", strerror(-r)));
}

int keeper_fallback_start(struct keeper *keeper, int error, const char *why)
{
	struct store *to;
	int r;

	if (keeper->fallback->since_ms)
		return error; /* these are no better */
	keeper->fallback->damaged = error == -EBADMSG;
	r = open_temporary(keeper, &to);

	if (r < 0)
		return r;
	salvage(keeper->fallback, to);
	use(keeper->fallback, to, why);
	return 0;
}

/* --- and back --- */

static void wait_more(struct keeper_fallback *fallback, const char *why)
{
	if (strcmp(fallback->why, why) != 0) {
		text_copy(fallback->why, sizeof(fallback->why), why);
		log_temporary(fallback);
	}
	keeper_set_timer(fallback->keeper, &fallback->again, fallback->wait_s);
	fallback->wait_s = fallback->wait_s * 2 < AGAIN_MAX_S ?
		fallback->wait_s * 2 : AGAIN_MAX_S;
}

static void take_back(struct keeper_fallback *fallback, struct store *store)
{
	struct keeper *keeper = fallback->keeper;
	struct engine_time now = keeper_now(keeper);

	store_discard(keeper->store);
	keeper->store = store;
	log_event(LOG_LEVEL_NOTICE, "records-back",
		  LOG_TEXT("path", store_path(store)),
		  LOG_INT("seconds", (now.wall_ms - fallback->since_ms) / 1000));
	fallback->since_ms = 0;
	fallback->back_ms = now.mono_ms;
	fallback->untold = true;
	keeper_records_reserve(keeper);
	if (!fallback->knew)
		keeper_start_over(keeper);
	report_change(fallback);
	keeper_rearm(keeper);
}

/* Only incidents without a running step can start again from the records. */
static bool is_at_rest(const struct keeper_fallback *fallback)
{
	const struct keeper *keeper = fallback->keeper;

	return fallback->knew || (engine_working(keeper->engine) == 0 &&
				  list_empty(&keeper->captures));
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper_fallback *fallback = timer->data;
	struct keeper *keeper = fallback->keeper;
	struct store *store = NULL;
	struct text why = { 0 };
	int r;

	(void)loop;
	(void)events;
	if (report_change(fallback) || !is_at_rest(fallback)) {
		wait_more(fallback, fallback->why);
		return;
	}
	r = keeper_records_open_store(keeper, fallback->damaged, &store, &why);
	if (r == 0)
		r = store_take_over(store, keeper->store, fallback->knew);
	if (r == 0) {
		take_back(fallback, store);
	} else {
		store_close(store);
		wait_more(fallback, text_get(&why)[0] ? text_get(&why) :
							strerror(-r));
	}
	text_free(&why);
}

int keeper_fallback_open(struct keeper *keeper)
{
	struct keeper_fallback *fallback = calloc(1, sizeof(*fallback));

	if (!fallback)
		return -ENOMEM;
	fallback->keeper = keeper;
	fallback->wait_s = AGAIN_MIN_S;
	fallback->back_ms = keeper_now(keeper).mono_ms - CALM_MS;
	fallback->first_number = 1;
	ev_init(&fallback->again, on_again);
	fallback->again.data = fallback;
	keeper->fallback = fallback;
	return 0;
}

void keeper_fallback_close(struct keeper *keeper)
{
	if (!keeper->fallback)
		return;
	ev_timer_stop(keeper->loop, &keeper->fallback->again);
	free(keeper->fallback);
	keeper->fallback = NULL;
}
