/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The restart budget of one guest: the number of starts in a window, and the
 * backoff before the next start.  Pure: the time is an argument.
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

/* The guest ran for RAN_MS before it went down: a healthy run resets the count. */
void budget_note_run(struct budget *budget, const struct guest_settings *set,
		     int64_t ran_ms);

/* The number of starts left at NOW_MS. */
uint32_t budget_left(const struct budget *budget,
		     const struct guest_settings *set, int64_t now_ms);

/* May it be started again at NOW_MS? */
bool budget_allows(const struct budget *budget,
		   const struct guest_settings *set, int64_t now_ms);

/*
 * The backoff before the next start, without jitter, in ms: none before the first
 * start, then backoff_min, doubled each time up to backoff_max.
 */
uint32_t budget_delay_ms(const struct budget *budget,
			 const struct guest_settings *set);

/* The same for a given STREAK, for printing the sequence. */
uint32_t budget_delay_of_streak_ms(uint32_t streak,
				   const struct guest_settings *set);

/* Counts one start. */
void budget_spend(struct budget *budget, int64_t now_ms);

/* Takes back the last counted start, which never began. */
void budget_take_back(struct budget *budget);

/* Are all its starts too old to count, unless the guest runs? */
bool budget_is_over(const struct budget *budget,
		    const struct guest_settings *set, int64_t now_ms);

/* The last counted start took until now: its window starts now. */
void budget_note_start(struct budget *budget, int64_t now_ms);

void budget_reset(struct budget *budget);

/* The host was rebooted: all starts count as made at the boot. */
void budget_carry_over(struct budget *budget);

#endif
