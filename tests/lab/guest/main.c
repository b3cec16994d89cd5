/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns the tiny guest's verbs. The first known word of the command line decides
 * how the guest ends:
 *
 *   VERB          at once          crash poweroff reboot suspend soft_reset
 *   VERB=MS       after MS         watchdog triplefault busy storm idle
 *   VERB=wait        when anything comes in at its console: so a guest that is
 *                    started again does not end a second time by itself
 *   reason=N, reason=N,MS, reason=N,wait       any shutdown code, 0 to 255
 *
 * It must not make hypercalls itself.
 */
#include "guest.h"

#define NS_PER_MS	1000000ull

struct plan {
	const struct verb *verb;
	unsigned int reason;
	uint64_t delay_ms;
	bool waits;
};

struct verb {
	const char *name;
	void (*run)(const struct plan *plan);
	unsigned int reason;
	bool takes_code;
};

static void run_shutdown(const struct plan *plan)
{
	platform_shutdown(plan->reason);
}

static void run_watchdog(const struct plan *plan)
{
	(void)plan;
	platform_watchdog(1);
}

static void run_triple_fault(const struct plan *plan)
{
	(void)plan;
	triple_fault();
}

static void run_busy(const struct plan *plan)
{
	(void)plan;
	for (;;)
		asm volatile("pause");
}

/* Events for xenconsoled, with nothing in them, as fast as they go. */
static void run_storm(const struct plan *plan)
{
	(void)plan;
	for (;;)
		platform_print("");
}

static void run_idle(const struct plan *plan)
{
	(void)plan;
}

static const struct verb verbs[] = {
	{ .name = "poweroff", .run = run_shutdown, .reason = SHUTDOWN_poweroff },
	{ .name = "reboot", .run = run_shutdown, .reason = SHUTDOWN_reboot },
	{ .name = "suspend", .run = run_shutdown, .reason = SHUTDOWN_suspend },
	{ .name = "crash", .run = run_shutdown, .reason = SHUTDOWN_crash },
	{ .name = "soft_reset", .run = run_shutdown, .reason = SHUTDOWN_soft_reset },
	{ .name = "reason", .run = run_shutdown, .takes_code = true },
	{ .name = "watchdog", .run = run_watchdog },
	{ .name = "triplefault", .run = run_triple_fault },
	{ .name = "busy", .run = run_busy },
	{ .name = "storm", .run = run_storm },
	{ .name = "idle", .run = run_idle },
};

static bool is_end_of_verb(char c)
{
	return c == '\0' || c == ' ' || c == '=';
}

/* Returns what follows the verb's name at the start of text, or NULL. */
static const char *skip_name(const char *text, const char *name)
{
	while (*name)
		if (*text++ != *name++)
			return NULL;
	return is_end_of_verb(*text) ? text : NULL;
}

static const char *read_number(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;

	while (*text >= '0' && *text <= '9')
		number = number * 10 + (uint64_t)(*text++ - '0');
	*ret_number = number;
	return text;
}

static void read_when(const char *text, struct plan *plan)
{
	uint64_t code;

	if (plan->verb->takes_code && *text == '=') {
		text = read_number(text + 1, &code);
		plan->reason = (unsigned int)code;
	}
	if (*text != '=' && *text != ',')
		return;
	plan->waits = text[1] == 'w';
	read_number(text + 1, &plan->delay_ms);
}

static bool read_word(const char *word, struct plan *ret_plan)
{
	const char *rest;
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		rest = skip_name(word, verbs[i].name);
		if (!rest)
			continue;
		ret_plan->verb = &verbs[i];
		ret_plan->reason = verbs[i].reason;
		read_when(rest, ret_plan);
		return true;
	}
	return false;
}

static bool read_cmdline(const char *text, struct plan *ret_plan)
{
	while (*text) {
		if (read_word(text, ret_plan))
			return true;
		while (*text && *text != ' ')
			text++;
		while (*text == ' ')
			text++;
	}
	return false;
}

static void wait_for_plan(const struct plan *plan)
{
	if (plan->waits)
		platform_wait_for_input();
	else if (plan->delay_ms)
		platform_sleep_until(platform_system_time_ns() + plan->delay_ms * NS_PER_MS);
}

void guest_main(bool is_pv, void *start)
{
	struct plan plan = { 0 };

	platform_init(is_pv, start);
	platform_print(is_pv ? "tiny: PV guest: " : "tiny: PVH guest: ");
	platform_print(platform_cmdline());
	platform_print("\n");
	if (!read_cmdline(platform_cmdline(), &plan)) {
		platform_print("tiny: no verb on the command line, idling\n");
		platform_idle();
	}
	wait_for_plan(&plan);
	plan.verb->run(&plan);
	platform_idle();
}
