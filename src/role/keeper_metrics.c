/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The metrics file: written a moment after something changed, so that a
 * burst is one write and an idle host has none.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "keeper.h"
#include "role/metrics.h"

#define MOMENT_S 1.

static void look_around(struct keeper *keeper, struct metrics_now *ret_now)
{
	struct metrics_now now = {
		.started_ms = keeper->started_ms,
		.toolstack = engine_toolstack_answers(keeper->engine),
		.workers = engine_working(keeper->engine),
	};
	struct keeper_fallback_state records;
	struct keeper_probe_state state;
	struct domain *const *domains;
	const struct incident *incident;
	const struct guest *guest;

	keeper_probe_state(keeper, &state);
	keeper_fallback_state(keeper, &records);
	now.temporary = records.since_ms != 0;
	now.host = state.health;
	now.ports = state.evidence->ports;
	now.domains = (uint32_t)engine_domains(keeper->engine, &domains);
	for (uint32_t i = 0; i < now.domains; i++)
		now.foreign[engine_owner(keeper->engine, domains[i])]++;
	LIST_EACH(incident, (struct list *)engine_incidents(keeper->engine),
		  const struct incident, node)
		now.cases[incident->state]++;
	LIST_EACH(guest, (struct list *)engine_guests(keeper->engine),
		  const struct guest, node)
		now.held_guests += guest->hold;
	*ret_now = now;
}

/* Logged once, not at each attempt. */
static void on_moment(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct keeper *keeper = timer->data;
	struct metrics_now now;
	struct text text = { 0 };
	int r;

	(void)loop;
	(void)events;
	look_around(keeper, &now);
	metrics_format(keeper->metrics, &now, &text);
	r = metrics_save(keeper->settings->metrics_file, &text);
	text_free(&text);
	if (r < 0 && r != keeper->metrics_error)
		log_event(LOG_LEVEL_WARN, "metrics-not-written",
			  LOG_TEXT("path", keeper->settings->metrics_file),
			  LOG_TEXT("error", strerror(-r)));
	keeper->metrics_error = r;
}

void keeper_metrics_changed(struct keeper *keeper)
{
	if (!keeper->metrics || ev_is_active(&keeper->metrics_moment))
		return;
	keeper_set_timer(keeper, &keeper->metrics_moment, MOMENT_S);
}

void keeper_metrics_note(struct keeper *keeper, enum engine_note note,
			 const struct incident *incident)
{
	struct stat st = { 0 };

	if (!keeper->metrics)
		return;
	if (incident && note == ENGINE_NOTE_STEP_DONE &&
	    incident->core_path[0] && stat(incident->core_path, &st))
		st.st_size = 0;
	if (incident)
		metrics_count(keeper->metrics, note, incident, st.st_size);
	keeper_metrics_changed(keeper);
}

void keeper_metrics_answer(struct keeper *keeper,
			   const struct host_evidence *evidence)
{
	if (keeper->metrics)
		metrics_count_answer(keeper->metrics, evidence->took_ms,
				     evidence->answer == HOST_ANSWER_CAME);
}

void keeper_metrics_open(struct keeper *keeper)
{
	ev_init(&keeper->metrics_moment, on_moment);
	keeper->metrics_moment.data = keeper;
	keeper->metrics = metrics_new();
}

/* Figures of a daemon that has ended would be taken for its health. */
void keeper_metrics_close(struct keeper *keeper)
{
	ev_timer_stop(keeper->loop, &keeper->metrics_moment);
	remove(keeper->settings->metrics_file);
	metrics_free(keeper->metrics);
	keeper->metrics = NULL;
}
