/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xl's command lines as they are understood.  Runs no xl.
 */
#include "core/xlcmd.h"

#include <string.h>

#include "tap.h"

#define LINE(...) ((char *const[]){ "xl", __VA_ARGS__, NULL })

static struct xlcmd parse(char *const argv[])
{
	struct xlcmd cmd;

	xlcmd_parse(argv, &cmd);
	return cmd;
}

static void is_name(const char *typed, const char *expected)
{
	const struct xlcmd_entry *entry = xlcmd_find(typed);

	is_text(entry ? entry->name : "none", expected, "%s is %s", typed,
		expected);
}

static void test_names(void)
{
	size_t count;
	const struct xlcmd_entry *entries = xlcmd_entries(&count);

	ok(count >= 90, "all %zu subcommands of 4.17 are there", count);
	for (size_t i = 0; i < count; i++)
		if (xlcmd_find(entries[i].name) != &entries[i])
			ok(false, "%s is itself", entries[i].name);
	is_name("migrate", "migrate");
	is_name("lis", "list");
	is_name("li", "list");
	is_name("sched-credit", "sched-credit");
	is_name("pci", "none");
	is_name("", "none");
	is_name("no-such", "none");
}

static void test_help(void)
{
	ok(parse(LINE("help", "create")).is_help &&
	   parse(LINE("-v", "help")).is_help, "help is xl's alone");
	ok(parse((char *const[]){ "xl", NULL }).is_help &&
	   parse(LINE("--version")).is_help, "so is no command at all");
	ok(!parse(LINE("list", "help")).is_help, "but not a domain's name");
	ok(parse(LINE("help")).deadline_s == 30, "it has a deadline");
}

static void test_no_monitor(void)
{
	ok(parse(LINE("create", "-qe", "a")).no_monitor,
	   "-e asks for no monitor");
	ok(!parse(LINE("create", "-f", "-e.cfg")).no_monitor,
	   "unless it is a file's name");
	ok(!parse(LINE("list", "-e")).no_monitor, "or another command's");
}

static void test_deadlines(void)
{
	ok(parse(LINE("list")).deadline_s == 30, "a question has a deadline");
	ok(parse(LINE("-v", "-f", "list")).index == 3,
	   "xl's own options come first");
	ok(parse(LINE("create", "a.cfg")).deadline_s == 600,
	   "so has create");
	ok(parse(LINE("create", "-qc", "a.cfg")).deadline_s == 0,
	   "but not with a console");
	ok(parse(LINE("create", "--vncviewer", "a")).deadline_s == 0,
	   "nor with a viewer");
	ok(parse(LINE("create", "-f", "-c.cfg")).deadline_s == 600,
	   "a file's name is no option");
	ok(parse(LINE("create", "-fc.cfg")).deadline_s == 600,
	   "nor is one in the same word");
	ok(parse(LINE("shutdown", "-w", "a")).deadline_s == 0,
	   "shutdown -w waits for the guest");
	ok(parse(LINE("shutdown", "-a")).deadline_s == 120,
	   "shutdown does not");
	ok(parse(LINE("console", "a")).deadline_s == 0 &&
	   parse(LINE("migrate", "a", "b")).deadline_s == 0 &&
	   parse(LINE("top")).deadline_s == 0,
	   "some never have one");
}

static void test_making(void)
{
	ok(parse(LINE("create", "a.cfg")).hand_over, "create makes a domain");
	ok(parse(LINE("restore", "f")).hand_over, "restore does");
	ok(parse(LINE("migrate-receive")).hand_over, "migrate-receive does");
	ok(!parse(LINE("create", "-F", "a")).hand_over,
	   "in the foreground it stays with xl");
	ok(!parse(LINE("create", "--help")).hand_over, "help makes none");
	ok(!parse(LINE("create", "-n", "a")).hand_over, "a dry run neither");
	ok(!parse(LINE("-N", "create", "a")).hand_over,
	   "nor one by xl's own option");
	ok(!parse(LINE("list")).hand_over, "list makes none");
}

static void test_edges(void)
{
	char *const nothing[] = { NULL };

	ok(!parse(nothing).entry, "no line at all");
	ok(!parse((char *const[]){ "xl", NULL }).index, "no subcommand");
	ok(parse(LINE("help")).index == 1 && !parse(LINE("help")).entry,
	   "one that the table does not have");
	ok(parse(LINE("shutdown", "--", "-w")).deadline_s == 120,
	   "after -- nothing is an option");
}

int main(void)
{
	test_names();
	test_help();
	test_no_monitor();
	test_deadlines();
	test_making();
	test_edges();
	return done_testing();
}
