/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The texts that setup reads and changes, and its record.  Writes only below a
 * directory of its own.
 */
#include "port/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define COMMENT \
	"# Set by \"xenvigil setup\"; \"xenvigil setup --undo\" takes it back.\n"

static void adopts(const char *before, const char *after, const char *what)
{
	struct text text = { 0 };
	int r = setup_text_adopt(before, strlen(before), &text);

	ok(r == 0, "%s: it can be set", what);
	is_text(text_get(&text), after, "%s", what);
	text_free(&text);
}

static void test_adopt(void)
{
	struct text text = { 0 };

	adopts("", COMMENT "adopt = \"xl\"\n", "no text");
	adopts("a = 1", "a = 1\n" COMMENT "adopt = \"xl\"\n",
	       "a last line without an end");
	adopts("#adopt = \"orphans\"\nb = 1\n", "#adopt = \"orphans\"\n"
	       COMMENT "adopt = \"xl\"\nb = 1\n", "behind the sample");
	adopts("adopt=\"none\"", "adopt=\"xl\"", "in place");
	adopts("a = 1; adopt = 'orphans'; b = 2 # adopt = 1\n",
	       "a = 1; adopt = \"xl\"; b = 2 # adopt = 1\n", "between others");
	adopts("# adopt = \"none\"\nx = \"adopt = 1\"\n",
	       "# adopt = \"none\"\nx = \"adopt = 1\"\n" COMMENT
	       "adopt = \"xl\"\n", "not what only looks like it");
	adopts("adopt =\t\"a\\\"b\" # c\n", "adopt =\t\"xl\" # c\n",
	       "a quote that is escaped");
	ok(setup_text_adopt("adopt", 5, &text) == -EINVAL,
	   "a key without a value is refused");
	text_free(&text);
}

static void calls(const char *script, enum setup_calls expected,
		  const char *settings, const char *what)
{
	char found[SETUP_PATH_BYTES];
	enum setup_calls got = setup_text_calls(script, found);

	ok(got == expected, "%s: how it finds xl (%d)", what, (int)got);
	is_text(found, settings, "%s: its settings", what);
}

static void test_calls(void)
{
	calls("#!/bin/sh\n[ -r /etc/default/xendomains ] && . "
	      "/etc/default/xendomains\nxen create \"$f\"\n",
	      SETUP_CALLS_PATH, "/etc/default/xendomains", "by PATH");
	calls("CMD=${sbindir}/xl\nC=/etc/sysconfig/xendomains\n. $C\n$CMD x\n",
	      SETUP_CALLS_CMD, "/etc/sysconfig/xendomains", "by CMD");
	calls("C=\"/etc/default/xendomains\"\nCMD=/sbin/xl\n  . ${C}\n",
	      SETUP_CALLS_CMD, "/etc/default/xendomains", "by CMD, in quotes");
	calls(". /etc/default/xendomains\nCMD=/usr/sbin/xl\n",
	      SETUP_CALLS_FIXED, "/etc/default/xendomains",
	      "CMD after the settings");
	calls("CMD=/usr/sbin/xl\n. /etc/rc.status\n", SETUP_CALLS_FIXED, "",
	      "CMD without settings");
	calls("/usr/sbin/xl create x\n", SETUP_CALLS_FIXED, "", "a path");
	calls("# /usr/sbin/xl\n# . /etc/default/xendomains\nxl create\n",
	      SETUP_CALLS_PATH, "", "comments");
	calls("/usr/lib/xen-common/bin/xlist\n", SETUP_CALLS_PATH, "",
	      "another program");
	calls("#!/sbin/openrc-run\nxl create\n", SETUP_CALLS_PATH,
	      "/etc/conf.d/xendomains", "OpenRC");
	calls(". $(evil)/xendomains\n. ../xendomains\n. $X\n", SETUP_CALLS_PATH,
	      "", "no full path");
}

static bool starts(const char *line)
{
	return setup_text_starts_guest(line, strlen(line));
}

static void test_starts(void)
{
	ok(starts("ExecStart=/usr/sbin/xl create /etc/xen/a"), "xl create");
	ok(starts("ExecStartPre=-xl -v restore x"), "with an option");
	ok(starts("sh -c 'xl create a && xl create b'"), "in a shell");
	ok(!starts("ExecStart=/usr/sbin/xl list"), "not another command");
	ok(!starts("#ExecStart=/usr/sbin/xl create a"), "not a comment");
	ok(!starts("create by xl"), "not the other way round");
	ok(!starts("/usr/sbin/xlv create"), "not another program");
	ok(!starts(""), "not an empty line");
	ok(setup_text_sets("a=1\n export CMD=x\n", "CMD"), "CMD is set");
	ok(!setup_text_sets("#CMD=x\nCMDS=x\n", "CMD"), "CMD is not set");
}

static void compares(const char *before, const char *after,
		     const char *expected, const char *what)
{
	struct text lines = { 0 };

	setup_text_compare(before, strlen(before), after, strlen(after), " ",
			   &lines);
	is_text(text_get(&lines), expected, "%s", what);
	text_free(&lines);
}

static void test_compare(void)
{
	compares("", "a\nb\n", " + a\n + b\n", "a new file");
	compares("a\nc\n", "a\nb\nc\n", " + b\n", "a line between");
	compares("a\nb\nc\n", "a\nx\nc\n", " - b\n + x\n", "another line");
	compares("a", "a\nb\n", " - a\n + a\n + b\n", "an end of a line");
	compares("a\na\n", "a\na\na\n", " + a\n", "one of the same");
	compares("a\n", "\033[31m\n", " - a\n + \\x1b[31m\n", "escaped");
	compares("a\n", "a\n", "", "nothing");
}

/* --- the record --- */

static char root[] = "/tmp/test-setup-XXXXXX";

static void fill(struct setup_plan *plan)
{
	static char bytes[] = "a\0b\xff\"\n\\";
	struct setup_change *change = plan->changes;

	text_copy(plan->way, sizeof(plan->way), "adopt");
	plan->count = 2;
	change->kind = SETUP_FILE;
	change->path = strdup("/etc/x");
	change->after = (struct setup_file){ .exists = true, .mode = 0640,
		.uid = 1, .gid = 2, .len = sizeof(bytes) - 1 };
	change->after.data = malloc(sizeof(bytes));
	memcpy(change->after.data, bytes, sizeof(bytes));
	change++;
	change->kind = SETUP_TAKE;
	change->path = strdup("/usr/sbin/xl");
	change->to = strdup("/usr/sbin/xl.xenvigil");
}

static void test_record(void)
{
	struct setup_plan plan = { 0 }, read;
	struct text why = { 0 };
	int lock, r;

	fill(&plan);
	ok(setup_record_read(root, &read, &why) == -ENOENT && !why.len,
	   "there is no record");
	lock = setup_record_lock(root, &plan, &why);
	ok(lock >= 0 && plan.made_state_dir, "its folder is made");
	ok(setup_record_lock(root, &plan, &why) == -EBUSY,
	   "for one setup at a time");
	ok(setup_record_write(root, &plan, &why) == 0, "it is written");
	r = setup_record_read(root, &read, &why);
	if (!ok(r == 0 && read.count == 2, "it is read: %s", text_get(&why)))
		return;
	is_text(read.way, "adopt", "the way");
	ok(read.made_state_dir, "and the folder that was made");
	ok(read.changes[0].kind == SETUP_FILE &&
	   !read.changes[0].before.exists &&
	   read.changes[0].after.mode == 0640 &&
	   read.changes[0].after.uid == 1 && read.changes[0].after.gid == 2,
	   "a file");
	ok(read.changes[0].after.len == plan.changes[0].after.len &&
	   memcmp(read.changes[0].after.data, plan.changes[0].after.data,
		  read.changes[0].after.len) == 0, "each byte of it");
	is_text(read.changes[1].to, plan.changes[1].to, "a link");
	ok(setup_record_remove(root, &read, &why) == 0 &&
	   !setup_host_has(root, "/var/lib/xenvigil", NULL),
	   "it goes with its folder");
	close(lock);
	setup_plan_free(&read);
	setup_plan_free(&plan);
	text_free(&why);
}

/* A file that is read may be too long to be in the record twice. */
static void test_large_record(void)
{
	struct setup_plan plan = { .count = 1, .way = "adopt" }, read;
	struct setup_file *after = &plan.changes[0].after;
	struct text why = { 0 };
	int lock = setup_record_lock(root, &plan, &why);

	plan.changes[0].path = strdup("/etc/x");
	*after = (struct setup_file){ .exists = true, .len = 1 << 20 };
	after->data = malloc(after->len + 1);
	memset(after->data, 'x', after->len);
	after->data[after->len] = '\0';
	ok(setup_record_write(root, &plan, &why) == -EFBIG && why.len,
	   "a record that could not be read again is not written");
	ok(setup_record_read(root, &read, &why) == -ENOENT,
	   "and nothing is there");
	setup_record_remove(root, &plan, &why);
	close(lock);
	setup_plan_free(&plan);
	text_free(&why);
}

int main(void)
{
	char command[64];

	if (!mkdtemp(root))
		return 1;
	test_adopt();
	test_calls();
	test_starts();
	test_compare();
	test_record();
	test_large_record();
	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command))
		return 1;
	return done_testing();
}
