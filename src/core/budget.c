/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounded restarts: a sliding window over the start times and a doubling
 * wait.  Only a healthy run resets it, never a successful start.
 */
#include "core/budget.h"

#include <string.h>

void budget_reset(struct budget *budget)
{
	memset(budget, 0, sizeof(*budget));
}

void budget_note_run(struct budget *budget, const struct guest_settings *set,
		     int64_t ran_ms)
{
	if (ran_ms >= (int64_t)set->healthy_s * 1000)
		budget_reset(budget);
}

static uint32_t starts_in_window(const struct budget *budget,
				 uint32_t window_s, int64_t now_ms)
{
	int64_t since = now_ms - (int64_t)window_s * 1000;
	uint32_t i, n = 0;

	for (i = 0; i < budget->count; i++)
		n += budget->at_ms[i] > since;
	return n;
}

/* More starts than are remembered could never be counted. */
uint32_t budget_left(const struct budget *budget,
		     const struct guest_settings *set, int64_t now_ms)
{
	uint32_t limit = set->restart_limit < BUDGET_LIMIT_MAX ?
			 set->restart_limit : BUDGET_LIMIT_MAX;
	uint32_t starts = starts_in_window(budget, set->restart_window_s,
					   now_ms);

	return starts < limit ? limit - starts : 0;
}

bool budget_allows(const struct budget *budget,
		   const struct guest_settings *set, int64_t now_ms)
{
	return budget_left(budget, set, now_ms) > 0;
}

uint32_t budget_delay_of_streak_ms(uint32_t streak,
				   const struct guest_settings *set)
{
	uint64_t delay_ms = (uint64_t)set->backoff_min_s * 1000;
	uint64_t most_ms = (uint64_t)set->backoff_max_s * 1000;

	if (streak == 0)
		return 0;
	while (--streak && delay_ms < most_ms)
		delay_ms *= 2;
	return delay_ms < most_ms ? delay_ms : most_ms;
}

uint32_t budget_delay_ms(const struct budget *budget,
			 const struct guest_settings *set)
{
	return budget_delay_of_streak_ms(budget->streak, set);
}

void budget_spend(struct budget *budget, int64_t now_ms)
{
	if (budget->count == BUDGET_LIMIT_MAX) {
		memmove(budget->at_ms, budget->at_ms + 1,
			(BUDGET_LIMIT_MAX - 1) * sizeof(budget->at_ms[0]));
		budget->count--;
	}
	budget->at_ms[budget->count++] = now_ms;
	if (budget->streak < UINT32_MAX)
		budget->streak++;
}

void budget_take_back(struct budget *budget)
{
	if (budget->count)
		budget->at_ms[--budget->count] = 0;
	if (budget->streak)
		budget->streak--;
}

void budget_carry_over(struct budget *budget)
{
	memset(budget->at_ms, 0, sizeof(budget->at_ms));
}

/* A guest that ran in between had the time to become healthy. */
bool budget_is_over(const struct budget *budget,
		    const struct guest_settings *set, int64_t now_ms)
{
	uint32_t window_s = set->restart_window_s > set->healthy_s ?
		set->restart_window_s : set->healthy_s;

	return starts_in_window(budget, window_s, now_ms) == 0;
}

void budget_note_start(struct budget *budget, int64_t now_ms)
{
	if (budget->count)
		budget->at_ms[budget->count - 1] = now_ms;
}
