/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The restart budget of one guest: how many starts in a window, how long to
 * wait before the next.  Pure: the time is an argument.
 */
#ifndef CORE_BUDGET_H
#define CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/settings.h"

#define BUDGET_LIMIT_MAX 64

/*
 * Times are monotonic milliseconds since the host's boot: a wall clock that
 * jumps must neither forgive a crash loop nor invent one.
 */
struct budget {
	uint32_t count;			/* of at_ms */
	uint32_t streak;		/* starts since the last healthy run */
	int64_t at_ms[BUDGET_LIMIT_MAX];/* the latest starts, oldest first */
};

/* The guest ran for RAN_MS before it went down: healthy wipes the slate. */
void budget_note_run(struct budget *budget, const struct guest_settings *set,
		     int64_t ran_ms);

/* How many starts more it has at NOW_MS. */
uint32_t budget_left(const struct budget *budget,
		     const struct guest_settings *set, int64_t now_ms);

/* May it be started once more at NOW_MS? */
bool budget_allows(const struct budget *budget,
		   const struct guest_settings *set, int64_t now_ms);

/*
 * The wait before the next start, without jitter, in ms: none before the
 * first, then backoff_min doubling up to backoff_max.
 */
uint32_t budget_delay_ms(const struct budget *budget,
			 const struct guest_settings *set);

/* The same for a given STREAK, for printing the sequence. */
uint32_t budget_delay_of_streak_ms(uint32_t streak,
				   const struct guest_settings *set);

/* Counts one start. */
void budget_spend(struct budget *budget, int64_t now_ms);

/* The start counted last was never begun. */
void budget_take_back(struct budget *budget);

/* Do its starts count for nothing any more, unless the guest runs? */
bool budget_is_over(const struct budget *budget,
		    const struct guest_settings *set, int64_t now_ms);

/* The start counted last took until now: from here its window runs. */
void budget_note_start(struct budget *budget, int64_t now_ms);

void budget_reset(struct budget *budget);

/* The host was booted since: all starts count as made when it was. */
void budget_carry_over(struct budget *budget);

#endif
