/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A retreat over domains that are made up.  Asks nobody.
 */
#include "core/retreat.h"

#include <errno.h>
#include <string.h>

#include "tap.h"

static struct domain_info list[5];

static void fill_list(void)
{
	for (uint32_t i = 0; i < 5; i++) {
		memset(&list[i], 0, sizeof(list[i]));
		list[i].id.domid = i + 1;
		list[i].id.uuid[0] = (uint8_t)(i + 1);
		list[i].cpu_time_ns = 1000000000;
		list[i].power_button = list[i].hvm = i < 3;
	}
	list[4].shutdown = true;
}

static void name_guests(struct retreat *retreat)
{
	static const char *const names[] = { "web", "db", "m\033", "pv" };

	for (size_t i = 0; i < retreat->count; i++)
		strcpy(retreat->guest[i].name, names[i]);
}

static bool says(const struct retreat *retreat, const char *what)
{
	struct text text = { 0 };
	bool found;

	retreat_tell(retreat, &text);
	found = strstr(text_get(&text), what) != NULL;
	if (!found)
		printf("# %s\n", text_get(&text));
	text_free(&text);
	return found;
}

static void test_course(void)
{
	struct retreat retreat = { 0 };

	fill_list();
	ok(retreat_begin(&retreat, list, 5) == 0 && retreat.count == 4,
	   "one that is down is none of it");
	name_guests(&retreat);
	ok(says(&retreat, "still waiting for: web, db, m\\x1b; cannot be "
		"asked without xenstore, no power button (PV, PVH): pv"),
	   "who is asked, and who cannot be");
	ok(retreat_is_waiting(&retreat), "they are waited for");
	list[0].shutdown = true; /* by poweroff, which is 0 */
	list[1].id.uuid[0] = 99; /* another under its domid */
	list[2].cpu_time_ns += 1250000000;
	ok(retreat_look(&retreat, list, 5) == 2, "two have ended");
	ok(retreat_look(&retreat, list, 5) == 0, "and that is news once");
	ok(retreat.guest[0].fate == RETREAT_FATE_ENDED, "one powered off");
	ok(retreat.guest[1].fate == RETREAT_FATE_FELL &&
	   retreat.guest[1].gone, "one is gone");
	ok(retreat_is_waiting(&retreat) && !retreat_next_left(&retreat),
	   "one is still waited for");
	retreat_give_up(&retreat);
	ok(!retreat_is_waiting(&retreat), "until its time is over");
	list[2].shutdown = true;
	retreat_look(&retreat, list, 5);
	ok(retreat_next_left(&retreat) == &retreat.guest[2],
	   "of that one evidence is taken, whatever it does now");
	strcpy(retreat.guest[2].core, "/cores/x");
	retreat.guest[2].captured = true;
	ok(!retreat_next_left(&retreat), "and of no other");
	ok(says(&retreat, "but still running: m\\x1b (domid 3, used 1.2 s "
		"of CPU time since, core /cores/x); ended when asked, but "
		"did not power off: db (domid 2, gone); powered off: web; "),
	   "it is told");
	retreat_clear(&retreat);
}

/* Not all that end have powered off. */
static void test_falls(void)
{
	struct retreat retreat = { 0 };

	fill_list();
	retreat_begin(&retreat, list, 3);
	name_guests(&retreat);
	list[0].shutdown = list[1].shutdown = list[2].shutdown = true;
	list[0].reason_code = 1;
	list[1].reason_code = 3;
	list[2].reason_code = 77;
	retreat_look(&retreat, list, 3);
	ok(!retreat_is_waiting(&retreat), "all have ended");
	ok(says(&retreat, "ended when asked, but did not power off: web "
		"(domid 1, reboot), db (domid 2, crash), m\\x1b (domid 3, "
		"unknown)"), "each in its way");
	retreat.guest[0].name[0] = '\0';
	ok(says(&retreat, "power off: domain 1 (domid 1, reboot), db"),
	   "one without a name by its number");
	ok(retreat_next_left(&retreat) == &retreat.guest[1],
	   "one crashed: its memory is evidence");
	strcpy(retreat.guest[1].no_core, "No space left on device");
	retreat.guest[1].captured = true;
	ok(!retreat_next_left(&retreat), "that of a reboot is not");
	ok(says(&retreat, "(domid 2, crash, no core: No space left on "
		"device)"), "why there is no core");
	retreat_clear(&retreat);
}

static void test_empty(void)
{
	enum retreat_state state = RETREAT_NONE;
	struct retreat retreat = { 0 };

	ok(retreat_begin(&retreat, list, 0) == 0 && !retreat_is_waiting(&retreat),
	   "nobody there");
	ok(says(&retreat, "no guest ran"), "which is said");
	retreat_clear(&retreat);
	is_text(retreat_state_name(RETREAT_EVIDENCE), "evidence",
		"a state's name");
	ok(retreat_state_parse("evidence", &state) == 0 &&
	   state == RETREAT_EVIDENCE, "means it");
	ok(retreat_state_parse("", &state) == -EINVAL &&
	   state == RETREAT_EVIDENCE, "what is none does not");
}

int main(void)
{
	test_course();
	test_falls();
	test_empty();
	return done_testing();
}
