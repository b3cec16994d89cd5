/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The course of a retreat over domains and calls that are made up: what is
 * asked, awaited, run and written down, and by which daemon.
 */
#include <errno.h>
#include <string.h>

#include "core/host.h"
#include "tap.h"

static struct {
	struct settings *settings;
	struct retreat_calls calls;
	struct retreat_course course;
	struct host_trouble trouble;	/* as it is on record */
	struct domain_info list[3];
	int asked, cores, commands, over;
	bool capturing;
	int command_fails;
	int64_t now_ms;
} host;

static int call_list(void *ctx, const struct domain_info **ret_list,
		     size_t *ret_count)
{
	(void)ctx;
	*ret_list = host.list;
	*ret_count = 3;
	return 0;
}

static int call_ask(void *ctx, struct retreat_guest *guest)
{
	(void)ctx;
	strcpy(guest->name, "web");
	host.asked += guest->fate == RETREAT_FATE_ASKED;
	return guest->id.domid == 3 ? -EPERM : 0;
}

static bool call_capture(void *ctx, struct retreat_guest *guest)
{
	(void)ctx;
	(void)guest;
	host.cores++;
	return host.capturing = true;
}

static bool call_captures(void *ctx, struct retreat_guest *guest)
{
	(void)ctx;
	strcpy(guest->core, "/core");
	return host.capturing;
}

static int call_command(void *ctx, const char *path)
{
	(void)ctx;
	(void)path;
	host.commands++;
	return host.command_fails;
}

static void call_record(void *ctx, enum retreat_state state, const char *text)
{
	(void)ctx;
	host.trouble.retreat_state = state;
	text_copy(host.trouble.retreat, sizeof(host.trouble.retreat), text);
}

static void call_note(void *ctx, enum retreat_note note,
		      enum retreat_state state, const char *text)
{
	(void)ctx;
	(void)state;
	(void)text;
	host.over += note == RETREAT_NOTE_OVER;
}

static void new_daemon(void)
{
	retreat_clear(&host.course.list);
	memset(&host.course, 0, sizeof(host.course));
	host.course.calls = &host.calls;
}

/* xenstored is dead since now, and two of three guests have a power button. */
static void begin(void)
{
	memset(&host, 0, sizeof(host));
	host.calls = (struct retreat_calls){
		.list = call_list, .ask = call_ask, .capture = call_capture,
		.captures = call_captures, .command = call_command,
		.record = call_record, .note = call_note,
	};
	host.settings = settings_new();
	host.settings->retreat_s = 60;
	host.settings->retreat_after_s = 0;
	host.settings->retreat_cores = 1;
	strcpy(host.settings->retreat_command, "/sbin/reboot");
	host.now_ms = host.trouble.began_mono_ms = 1000000;
	for (uint32_t i = 0; i < 3; i++)
		host.list[i] = (struct domain_info){
			.id.domid = i + 1, .power_button = i != 1 };
	new_daemon();
}

static void finish(void)
{
	retreat_clear(&host.course.list);
	settings_free(host.settings);
}

static const char *start(void)
{
	return retreat_course_start(&host.course, false, host.settings,
				    host.now_ms);
}

static void judge(bool well)
{
	retreat_course_judge(&host.course, well ? NULL : &host.trouble,
			     host.settings, host.now_ms);
}

static void pass(int64_t ms)
{
	host.now_ms += ms;
	retreat_course_tick(&host.course, host.settings, host.now_ms);
}

static bool is_at(enum retreat_state state)
{
	return host.course.state == state &&
	       host.trouble.retreat_state == state;
}

static void test_course(void)
{
	begin();
	ok(retreat_course_start(&host.course, true, host.settings, 0) &&
	   !host.asked, "a host that is well is not left");
	ok(!start() && host.asked == 2 && is_at(RETREAT_WAITING),
	   "all with a power button are asked");
	ok(host.course.list.guest[2].fate == RETREAT_FATE_REFUSED,
	   "one cannot be");
	ok(start() && host.asked == 2, "and not twice at a time");
	pass(59000);
	ok(is_at(RETREAT_WAITING) && !host.commands, "they have their time");
	pass(1000);
	ok(is_at(RETREAT_EVIDENCE) && host.cores == 1,
	   "then a core is taken of who is left");
	pass(1000);
	ok(!host.commands && host.cores == 1, "which takes its time");
	host.capturing = false;
	pass(1000);
	ok(is_at(RETREAT_COMMAND) && host.commands == 1 &&
	   strstr(host.trouble.retreat, "core /core"),
	   "and the command runs");
	ok(retreat_course_cancel(&host.course) && is_at(RETREAT_COMMAND),
	   "which is not stopped");
	retreat_course_ran(&host.course, "it ended with 1");
	ok(is_at(RETREAT_OVER) && host.over == 1 &&
	   strstr(host.trouble.retreat, "; it ended with 1"), "to its end");
	ok(!start() && host.asked == 4 && is_at(RETREAT_WAITING) &&
	   strstr(host.trouble.retreat, "it ended with 1; again: "),
	   "a second one asks again");
	finish();
}

static void test_ends(void)
{
	begin();
	start();
	host.list[0].shutdown = true;
	pass(1000);
	ok(host.commands == 1 && !host.cores,
	   "when all have ended nothing is waited for");
	finish();
	begin();
	start();
	ok(!retreat_course_cancel(&host.course) && is_at(RETREAT_OVER) &&
	   retreat_course_cancel(&host.course), "the operator stops it once");
	finish();
	begin();
	start();
	judge(true);
	ok(is_at(RETREAT_OVER) &&
	   strstr(host.trouble.retreat, "the host is healthy again"),
	   "so does a host that is well again");
	judge(true);
	ok(host.course.state == RETREAT_NONE, "which is shown once");
	finish();
	begin();
	host.settings->retreat_command[0] = '\0';
	host.settings->retreat_cores = 0;
	start();
	pass(60000);
	ok(is_at(RETREAT_OVER) && !host.cores && !host.commands,
	   "it may have no command, and no cores");
	finish();
	begin();
	host.command_fails = -ENOMEM;
	host.list[0].shutdown = true;
	start();
	pass(0);
	ok(is_at(RETREAT_OVER) && host.commands == 1,
	   "a command that cannot be begun ends it");
	finish();
}

static void test_next_daemon(void)
{
	begin();
	start();
	new_daemon();
	judge(false);
	ok(is_at(RETREAT_WAITING) && host.asked == 4,
	   "the next daemon asks who still runs");
	pass(59000);
	ok(is_at(RETREAT_WAITING), "with all the time");
	host.list[0].shutdown = true;
	pass(0);
	new_daemon();
	judge(false);
	ok(is_at(RETREAT_OVER) && host.commands == 1 && host.asked == 4,
	   "and runs no command again");
	new_daemon();
	judge(false);
	ok(is_at(RETREAT_OVER) && host.asked == 4, "or asks after its end");
	finish();
}

static void test_by_itself(void)
{
	begin();
	host.settings->retreat_after_s = 30;
	host.now_ms += 29999;
	judge(false);
	ok(!host.asked, "it has its time to come back");
	host.now_ms++;
	judge(false);
	ok(host.asked == 2, "then the host is left without a word");
	retreat_course_cancel(&host.course);
	host.now_ms += 3600000;
	judge(false);
	new_daemon();
	judge(false);
	ok(host.asked == 2, "once for a failure");
	memset(&host.trouble, 0, sizeof(host.trouble));
	host.trouble.began_mono_ms = host.now_ms;
	judge(true);
	judge(false);
	host.now_ms += 30000;
	judge(false);
	ok(host.asked == 4, "and again for the next");
	finish();
	begin();
	host.settings->retreat_after_s = 30;
	host.list[0].shutdown = true;
	start();
	pass(0);
	judge(true);
	memset(&host.trouble, 0, sizeof(host.trouble));
	host.trouble.began_mono_ms = host.now_ms;
	judge(false);
	retreat_course_ran(&host.course, "it ended with 0");
	ok(!host.trouble.retreat[0] && host.over == 1,
	   "a command that outlasts its failure is none of the next one's");
	host.now_ms += 30000;
	host.list[0].shutdown = false;
	judge(false);
	ok(is_at(RETREAT_WAITING), "which has a retreat of its own");
	finish();
}

int main(void)
{
	test_course();
	test_ends();
	test_next_daemon();
	test_by_itself();
	return done_testing();
}
