/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core/budget as properties over random histories: it really trips, only a
 * healthy run forgives, the delays double up to their end.
 */
#include <stdlib.h>
#include <string.h>

#include "core/budget.h"

#include "tap.h"

#define ROUNDS 2000

static struct guest_settings some_settings(void)
{
	return (struct guest_settings){
		.restart_limit = rand() % (BUDGET_LIMIT_MAX + 1),
		.restart_window_s = 1 + rand() % 1000,
		.backoff_min_s = rand() % 5,
		.backoff_max_s = 5 + rand() % 300,
		.healthy_s = 1 + rand() % 1000,
	};
}

/* A loop that starts whenever it may: never more than the limit in any
 * window, counted here from all starts there ever were. */
static unsigned int worst_window(const struct guest_settings *set,
				 unsigned int starts)
{
	static int64_t at_ms[512];
	struct budget budget = { 0 };
	int64_t now = 1000000;
	unsigned int worst = 0;

	for (unsigned int i = 0; i < starts; now += rand() % 20000) {
		unsigned int in_window = 0;

		if (!budget_allows(&budget, set, now))
			continue;
		budget_spend(&budget, now);
		at_ms[i++] = now;
		for (unsigned int j = 0; j < i; j++)
			in_window += at_ms[j] >
				     now - (int64_t)set->restart_window_s * 1000;
		if (in_window > worst)
			worst = in_window;
	}
	return worst;
}

static void test_trips(void)
{
	unsigned int over = 0, never = 0;

	for (int round = 0; round < ROUNDS / 10; round++) {
		struct guest_settings set = some_settings();

		set.restart_limit = 1 + rand() % BUDGET_LIMIT_MAX;
		over += worst_window(&set, 200) > set.restart_limit;
	}
	ok(over == 0, "no window ever has more starts than the limit");
	for (unsigned int limit = 0; limit <= 2 * BUDGET_LIMIT_MAX; limit++) {
		struct guest_settings set = { .restart_limit = limit,
					      .restart_window_s = 600 };
		struct budget budget = { 0 };
		unsigned int n = 0;

		while (n < 1000 && budget_allows(&budget, &set, 5000000 + n)) {
			budget_spend(&budget, 5000000 + n);
			n++;
		}
		never += n != (limit < BUDGET_LIMIT_MAX ? limit :
							  BUDGET_LIMIT_MAX);
	}
	ok(never == 0, "every limit trips after exactly its starts, also one "
	   "beyond what is remembered");
}

static void test_window(void)
{
	struct guest_settings set = { .restart_limit = 2,
				      .restart_window_s = 10 };
	struct budget budget = { 0 };

	budget_spend(&budget, 100000);
	budget_spend(&budget, 105000);
	ok(!budget_allows(&budget, &set, 109999), "spent within the window");
	ok(budget_left(&budget, &set, 109999) == 0 &&
	   budget_left(&budget, &set, 110000) == 1, "and so many are left");
	ok(budget_allows(&budget, &set, 110000), "allowed when one left it");
	ok(!budget_allows(&budget, &set, 0), "a time before them forgives "
	   "nothing");
	budget_note_start(&budget, 120000);
	ok(budget.at_ms[0] == 100000 && budget.at_ms[1] == 120000,
	   "a start is dated by its end");
	budget_carry_over(&budget);
	ok(!budget_allows(&budget, &set, 9999) &&
	   budget_allows(&budget, &set, 10000) && budget.streak == 2,
	   "after a boot of the host they count from there");
}

static void test_taken_back(void)
{
	struct guest_settings set = { .restart_limit = 1,
				      .restart_window_s = 10 };
	struct budget budget = { 0 };

	budget_spend(&budget, 100000);
	budget_take_back(&budget);
	ok(budget_allows(&budget, &set, 100000) && budget.streak == 0 &&
	   budget.at_ms[0] == 0, "a start that is taken back counts for nothing");
	budget_take_back(&budget);
	ok(budget.count == 0 && budget.streak == 0,
	   "nothing more is taken back than there is");
}

static void test_health(void)
{
	unsigned int wrong = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct guest_settings set = some_settings();
		struct budget budget = { 0 }, before;
		int64_t ran_ms = rand() % 2000000;
		bool healthy = ran_ms >= (int64_t)set.healthy_s * 1000;

		for (int i = rand() % 90; i >= 0; i--)
			budget_spend(&budget, rand());
		before = budget;
		budget_note_run(&budget, &set, ran_ms);
		wrong += healthy ? budget.count || budget.streak :
				   memcmp(&before, &budget, sizeof(before)) != 0;
	}
	ok(wrong == 0, "a healthy run wipes the slate, a shorter one leaves it");
}

static void test_delays(void)
{
	struct guest_settings set = { .backoff_min_s = 1,
				      .backoff_max_s = 300 };
	static const uint32_t expected_s[] = { 0, 1, 2, 4, 8, 16, 32, 64, 128,
					       256, 300, 300 };
	unsigned int wrong = 0;
	struct budget budget = { 0 };

	for (uint32_t i = 0; i < 12; i++) {
		wrong += budget_delay_of_streak_ms(i, &set) !=
			 expected_s[i] * 1000;
		wrong += budget_delay_ms(&budget, &set) !=
			 expected_s[i] * 1000;
		budget_spend(&budget, 1000 * i);
	}
	ok(wrong == 0, "the delays are none, 1 s, doubling, 300 s at most");
	ok(budget_delay_of_streak_ms(UINT32_MAX, &set) == 300000,
	   "also after the longest loop");
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t last = 0;

		set = some_settings();
		for (uint32_t i = 0; i < 40; i++) {
			uint32_t delay_ms = budget_delay_of_streak_ms(i, &set);

			wrong += delay_ms < last ||
				 delay_ms > set.backoff_max_s * 1000;
			last = delay_ms;
		}
	}
	ok(wrong == 0, "no settings make them shrink or pass the longest");
	set.backoff_min_s = set.backoff_max_s = 0;
	ok(budget_delay_of_streak_ms(7, &set) == 0, "no backoff, no wait");
}

static void test_many(void)
{
	struct budget budget = { 0 };

	for (int i = 0; i < 1000; i++)
		budget_spend(&budget, i);
	ok(budget.count == BUDGET_LIMIT_MAX && budget.streak == 1000 &&
	   budget.at_ms[0] == 1000 - BUDGET_LIMIT_MAX &&
	   budget.at_ms[BUDGET_LIMIT_MAX - 1] == 999,
	   "the latest starts are kept, in their order");
	budget_reset(&budget);
	ok(!budget.count && !budget.streak, "a reset forgets them");
}

/* A guest that never runs for long enough counts on for ever. */
static void test_most_failures(void)
{
	struct budget budget = { .streak = UINT32_MAX - 1 };

	budget_spend(&budget, 1);
	budget_spend(&budget, 2);
	ok(budget.streak == UINT32_MAX, "the longest streak stays the longest");
}

int main(void)
{
	srand(1);
	test_trips();
	test_window();
	test_taken_back();
	test_health();
	test_delays();
	test_many();
	test_most_failures();
	return done_testing();
}
