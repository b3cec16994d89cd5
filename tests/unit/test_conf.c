/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * port/conf: that right files are read, and that each fault of a wrong one is
 * named with its file and line.  Uses the real libxlutil and real files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "port/conf.h"
#include "port/conf_parse.h"

#include "tap.h"

static char dir[] = "/tmp/test_conf.XXXXXX";

__attribute__((format(printf, 1, 2)))
static const char *path_of(const char *fmt, ...)
{
	static char path[512];
	int len = snprintf(path, sizeof(path), "%s/", dir);
	va_list args;

	va_start(args, fmt);
	vsnprintf(path + len, sizeof(path) - len, fmt, args);
	va_end(args);
	return path;
}

static void write_bytes(const char *path, const char *data, size_t len)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(data, 1, len, file) != len || fclose(file)) {
		printf("Bail out! cannot write %s: %s\n", path, strerror(errno));
		exit(1);
	}
}

static void write_host(const char *data)
{
	write_bytes(path_of("xenvigil.conf"), data, strlen(data));
}

static void write_guest(const char *name, const char *data)
{
	write_bytes(path_of("domains.d/%s", name), data, strlen(data));
}

static void remove_files(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s/*", dir);
	if (system(command))
		printf("# %s failed\n", command);
	mkdir(path_of("domains.d"), 0755);
}

/* Loads DIR; the result is shown when it is not what was expected. */
static struct settings *load(int expected_rc, struct text *why,
			     const char *what)
{
	struct settings *settings = NULL;
	int rc = conf_load(dir, &settings, why);

	if (!ok(rc == expected_rc && !settings == !!rc, "%s", what))
		printf("# rc %d, why:\n# %s\n", rc, text_get(why));
	return settings;
}

static struct settings *load_good(const char *what)
{
	struct text why = { 0 };
	struct settings *settings = load(0, &why, what);

	ok(why.len == 0, "and no fault is named");
	text_free(&why);
	return settings;
}

/* DATA as the host's file has exactly this fault, which follows "PATH:". */
static void expect_fault(const char *data, const char *fault)
{
	struct text why = { 0 }, expected = { 0 };

	write_host(data);
	text_printf(&expected, "%s:%s\n", path_of("xenvigil.conf"), fault);
	settings_free(load(-EINVAL, &why, "a wrong file is refused"));
	is_text(text_get(&why), text_get(&expected), "its fault: %s", fault);
	text_free(&why);
	text_free(&expected);
}

/* The same where libxlutil words the fault: only the line is ours. */
static void expect_syntax(const char *data, unsigned int line)
{
	struct text why = { 0 }, begin = { 0 };

	write_host(data);
	text_printf(&begin, "%s:%u: config parsing error near ",
		    path_of("xenvigil.conf"), line);
	settings_free(load(-EINVAL, &why, "wrong syntax is refused"));
	if (!ok(strncmp(text_get(&why), begin.at, begin.len) == 0,
		"and found in line %u", line))
		printf("# %s\n", text_get(&why));
	text_free(&why);
	text_free(&begin);
}

static void test_missing(void)
{
	struct settings *settings = load_good("empty directories are right");
	struct text why = { 0 };

	ok(settings && settings->sweep_s == 31 && list_empty(&settings->guests),
	   "the defaults hold");
	settings_free(settings);
	rmdir(path_of("domains.d"));
	settings_free(load_good("so is no domains.d"));
	settings = NULL;
	ok(conf_load("/nonexistent/xenvigil", &settings, &why) == 0 && settings,
	   "so is no directory at all");
	settings_free(settings);
	text_free(&why);
}

static void test_good_host(void)
{
	struct settings *settings;

	write_host("# comment with \"quotes' and = signs\n"
		   "\n"
		   "on_crash = \"coredump-restart\"   # and one behind\n"
		   "on_reboot='restart';grace_seconds=7\n"
		   "\trestart_limit\t=\t\"12\"\n"
		   "log_level = \"debug\"\n"
		   "adopt = 'none'\n"
		   "state_directory = \"/srv/x \\\"y\\\\\"\n"
		   "deadline_dump_seconds = 99 # no newline here");
	settings = load_good("a file with all the grammar's forms is right");
	if (!settings)
		return;
	ok(settings->guest.on[REASON_CRASH] == ACTION_COREDUMP_RESTART &&
	   settings->guest.on[REASON_REBOOT] == ACTION_RESTART &&
	   settings->guest.on[REASON_WATCHDOG] == ACTION_NONE,
	   "actions are set");
	ok(settings->guest.grace_s == 7 && settings->guest.restart_limit == 12 &&
	   settings->deadline_s[STEP_DUMP] == 99, "numbers are set");
	ok(settings->log_level == LOG_LEVEL_DEBUG &&
	   settings->adopt == SETTINGS_ADOPT_NONE, "words are set");
	is_text(settings->state_dir, "/srv/x \"y\\", "escapes are undone");
	settings_free(settings);
}

static void test_good_guests(void)
{
	struct settings *settings;
	struct settings_guest *guest;
	char order[64] = "";

	write_host("grace_seconds = 5\n");
	write_guest("b.conf", "on_crash = \"pause\"\n");
	write_guest("a.b.conf", "grace_seconds = 9");
	write_guest("C.conf", "");
	write_guest("README", "this is no configuration");
	write_guest("b.conf.bak", "nor is this");
	write_guest(".conf", "nor this");
	write_guest(".b.conf", "nor this");
	settings = load_good("files of guests are read, others ignored");
	if (!settings)
		return;
	LIST_EACH(guest, &settings->guests, struct settings_guest, node) {
		strcat(order, guest->name);
		strcat(order, " ");
	}
	is_text(order, "C a.b b ", "the guests are there, sorted");
	ok(settings_for(settings, "b")->on[REASON_CRASH] == ACTION_PAUSE &&
	   settings_for(settings, "b")->grace_s == 5,
	   "a guest has its own values and the host's");
	ok(settings_for(settings, "a.b")->grace_s == 9 &&
	   settings_for(settings, "a.b")->on[REASON_CRASH] == ACTION_NONE &&
	   settings->guest.grace_s == 5, "and they stay its own");
	settings_free(settings);
}

static void test_faults(void)
{
	expect_fault("\n\non_crsh = \"destroy\"\n", "3: unknown key on_crsh");
	expect_fault("adopt = \"none\"\n#\nadopt = \"none\"",
		     "3: adopt was already set in line 1");
	expect_fault("# x\nlog_level = [ \"info\",\n\"debug\" ]\n",
		     "2: log_level takes a single value, not a list");
	expect_fault("\nworkers = [ 1, 2\n",
		     "2: workers takes a single value, not a list");
	expect_fault("workers += 3\n", "1: workers cannot be added to: use =");
	expect_fault("\nworkers = 65", "2: workers must be a whole number "
		     "from 0 to 64; \"65\" is not");
	expect_fault("grace_seconds = \"\"", "1: grace_seconds must be a whole "
		     "number of seconds from 0 to 3600; \"\" is not");
	expect_fault("adopt='a\\nb'", "1: adopt must be one of \"none\", "
		     "\"orphans\", \"xl\"; \"a\\x0ab\" is not");
	expect_fault("adopt = \"xen\"", "1: adopt must be one of \"none\", "
		     "\"orphans\", \"xl\"; \"xen\" is not");
	expect_fault("run_directory = \"x\"", "1: run_directory must be an "
		     "absolute path without \"..\" of at most 64 bytes; \"x\" is not");
	expect_fault("backoff_max_seconds = 5\n\nbackoff_min_seconds = 6\n",
		     "3: backoff_min_seconds (6) is more than "
		     "backoff_max_seconds (5)");
	expect_fault("backoff_max_seconds = 0\n",
		     "1: backoff_min_seconds (1) is more than "
		     "backoff_max_seconds (0)");
	expect_fault("\ncore_directory = \"/\\101\"\n",
		     "2: numeric escapes are not understood");
	expect_fault("core_directory = '/\\x41'\n",
		     "1: numeric escapes are not understood");
}

static void test_syntax(void)
{
	expect_syntax("adopt = \"none\"\nadopt\n", 2);
	expect_syntax("\n\nadopt = none\n", 3);
	expect_syntax("on_crash = \"destroy\n\"\n", 1);
	expect_syntax("= 3\n", 1);
	expect_syntax("workers = 3 4\n", 1);
	expect_syntax("workers = 3s\n", 1);
	expect_syntax("workers = -3\n", 1);
	expect_syntax("Workers = 3\n", 1);
	expect_syntax("\n[section]\n", 2);
	expect_syntax("workers = 1 [ 2 ]\n", 1);
	expect_syntax("workers = 1\n# x\nadopt = ] # y\n", 3);
	expect_syntax("adopt # y\n", 1);
	expect_syntax("\n\n\x1b[2J\n", 3);
	expect_syntax("adopt = \"none\\q\"\n", 1);
}

/* Two faults in a file, and one in each of two more: all in one run. */
static void test_all_faults(void)
{
	struct text why = { 0 };
	char expected[1024];
	int len;

	write_host("workers = 99\nadopt = 1\n");
	write_guest("b.conf", "workers = 1\n");
	write_guest("a.conf", "grace_seconds = \"x\"\n");
	settings_free(load(-EINVAL, &why, "three wrong files are refused"));
	len = snprintf(expected, sizeof(expected),
		       "%s/xenvigil.conf:1: workers must be a whole number from "
		       "0 to 64; \"99\" is not\n"
		       "%s/xenvigil.conf:2: adopt must be one of \"none\", "
		       "\"orphans\", \"xl\"; \"1\" is not\n", dir, dir);
	snprintf(expected + len, sizeof(expected) - len,
		 "%s/domains.d/a.conf:1: grace_seconds must be a whole number of "
		 "seconds from 0 to 3600; \"x\" is not\n"
		 "%s/domains.d/b.conf:1: workers holds for the whole host: set "
		 "it in xenvigil.conf\n", dir, dir);
	is_text(text_get(&why), expected, "each fault is named in order");
	text_free(&why);
}

/* The pair may be split between the files: the guest's line is at fault. */
static void test_pair_across_files(void)
{
	struct text why = { 0 };

	write_host("backoff_max_seconds = 10\n");
	write_guest("a.conf", "#\nbackoff_min_seconds = 11\n");
	write_guest("b.conf", "grace_seconds = 1\n");
	settings_free(load(-EINVAL, &why, "a guest's backoff over the host's"));
	ok(strstr(text_get(&why), "a.conf:2: backoff_min_seconds (11)") &&
	   !strstr(text_get(&why), "b.conf"), "is a fault of that guest's file");
	text_free(&why);
}

/* What is in the way in place of a guest's file. */
static void expect_file_fault(int rc, const char *fault)
{
	struct text why = { 0 };

	settings_free(load(rc, &why, "no plain file is refused"));
	if (!ok(strstr(text_get(&why), fault) != NULL, "as it %s", fault))
		printf("# %s\n", text_get(&why));
	text_free(&why);
}

static void test_file_kinds(void)
{
	static char big[1024 * 1024 + 2];

	ok(symlink("../xenvigil.conf", path_of("domains.d/a.conf")) == 0,
	   "a link is there");
	expect_file_fault(-ELOOP, "a.conf:1: is a symbolic link");
	unlink(path_of("domains.d/a.conf"));
	ok(mkfifo(path_of("domains.d/a.conf"), 0600) == 0, "a FIFO is there");
	expect_file_fault(-EINVAL, "a.conf:1: is not a regular file");
	unlink(path_of("domains.d/a.conf"));
	ok(mkdir(path_of("domains.d/a.conf"), 0700) == 0, "a folder is there");
	expect_file_fault(-EINVAL, "a.conf:1: is not a regular file");
	rmdir(path_of("domains.d/a.conf"));

	memset(big, '\n', sizeof(big) - 1);
	write_guest("a.conf", big);
	expect_file_fault(-EFBIG, "a.conf:1: is larger than 1 MiB");
	big[sizeof(big) - 2] = '\0';
	write_guest("a.conf", big);
	settings_free(load_good("one of 1 MiB is read"));

	remove_files();
	ok(symlink("nowhere", path_of("xenvigil.conf")) == 0, "a link is there");
	expect_file_fault(-ENOENT, "xenvigil.conf:1: No such file");
	unlink(path_of("xenvigil.conf"));
	rmdir(path_of("domains.d"));
	write_bytes(path_of("domains.d"), "", 0);
	expect_file_fault(-ENOTDIR, "domains.d:1: Not a directory");
	unlink(path_of("domains.d"));
}

/* A file's name is shown escaped, and is the guest's name as it is. */
static void test_names(void)
{
	struct text why = { 0 };
	struct settings *settings;

	write_guest("a\nb\x1b.conf", "x = 1\n");
	settings_free(load(-EINVAL, &why, "a file with an odd name is read"));
	ok(strstr(text_get(&why), "/domains.d/a\\x0ab\\x1b.conf:1: unknown key x\n"),
	   "its name is escaped in its fault");
	text_free(&why);
	write_guest("a\nb\x1b.conf", "grace_seconds = 3\n");
	settings = load_good("it is the file of the guest with that name");
	ok(settings && settings_for(settings, "a\nb\x1b")->grace_s == 3,
	   "which has its value");
	settings_free(settings);
}

static void test_too_many(void)
{
	struct text why = { 0 }, keys = { 0 };

	for (int i = 0; i < 1001; i++)
		text_append(&keys, "a=1\n");
	write_host(text_get(&keys));
	settings_free(load(-EINVAL, &why, "1001 keys are refused"));
	ok(strstr(text_get(&why), ".conf:1001: more than 1000 keys"),
	   "at the one that is too many");
	text_free(&keys);
	text_free(&why);

	write_host("");
	for (int i = 0; i < 4097; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d.conf", i);
		write_guest(name, "");
	}
	expect_file_fault(-E2BIG, "domains.d:1: has more than 4096 files");
	unlink(path_of("domains.d/7.conf"));
	settings_free(load_good("4096 files are read"));
}

static const char sample[] =
	"# a comment, with \"quotes\" and [ brackets\n"
	"on_crash = \"coredump-restart\" # behind\n"
	"on_reboot='restart';grace_seconds=7\n"
	"state_directory = \"/srv/\\\"x\\\\\"\n"
	"workers = [ 1, [ 'two', \"three\" ],\n  4, ]\n"
	"adopt += 'orphans'\n"
	"backoff_min_seconds = 0x10\n"
	"unknown.key_7 = 1\n"
	"log_level = \"info\"";

/* Whatever comes out, it must be a result and, for a fault, its place. */
static bool parses_sanely(const char *data, size_t len)
{
	struct settings *settings = settings_new();
	struct text why = { 0 };
	int rc = conf_parse("f", data, len, settings, NULL, &why);
	bool sane = rc == 0 ? why.len == 0 : rc == -EINVAL && why.len > 0;

	for (const char *line = text_get(&why); *line; line++) {
		unsigned int number;
		const char *end = strchr(line, '\n');

		sane = sane && end && sscanf(line, "f:%u: ", &number) == 1 &&
		       number >= 1 && number <= 12;
		if (!end)
			break;
		line = end;
	}
	if (!sane)
		printf("# rc %d for %.*s\n# why: %s\n", rc, (int)len, data,
		       text_get(&why));
	text_free(&why);
	settings_free(settings);
	return sane;
}

static void test_cuts(void)
{
	unsigned int wrong = 0;

	for (size_t len = 0; len < sizeof(sample); len++)
		wrong += !parses_sanely(sample, len);
	ok(wrong == 0, "cut at each byte a file is judged");
}

/* Every byte at every place of a file. */
static void test_changed_bytes(void)
{
	unsigned int wrong = 0;
	char data[sizeof(sample)];

	for (size_t at = 0; at < sizeof(sample) - 1; at++)
		for (int byte = 0; byte < 256; byte++) {
			memcpy(data, sample, sizeof(sample));
			data[at] = byte;
			wrong += !parses_sanely(data, sizeof(data) - 1);
		}
	ok(wrong == 0, "with any byte changed a file is judged");
}

/* Pieces of the grammar in random order reach deeper than random bytes. */
static void test_random(void)
{
	static const char *const pieces[] = { "adopt", "workers", "x", "=", "+=",
		"[", "]", ",", ";", "\n", " ", "\"none\"", "'", "\"", "\\", "7",
		"#", "\\x4", "\\1", "(", "0x1f", "\t", "\r", "\xff" };
	unsigned int wrong = 0;

	for (unsigned int left = tap_rounds(20000); left > 0; left--) {
		char data[256] = "";
		int lines = 0;

		for (int i = rand() % 20; i > 0; i--) {
			const char *piece = pieces[rand() % (sizeof(pieces) /
							     sizeof(pieces[0]))];

			lines += piece[0] == '\n';
			if (lines < 10)
				strcat(data, piece);
		}
		wrong += !parses_sanely(data, strlen(data));
	}
	ok(wrong == 0, "pieces in random order are judged");
}

/*
 * The file that is installed: with each comment sign before a key taken away
 * it says exactly the defaults, and it shows every key.
 */
static void test_installed_file(void)
{
	FILE *file = fopen("init/xenvigil.conf", "r");
	struct text bare = { 0 }, why = { 0 };
	struct settings *read = settings_new(), *defaults = settings_new();
	unsigned int keys = 0;
	char line[256];

	ok(file != NULL, "init/xenvigil.conf is there");
	while (file && fgets(line, sizeof(line), file)) {
		bool is_key = line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';

		keys += is_key;
		text_append(&bare, line + is_key);
	}
	if (file)
		fclose(file);
	ok(keys == settings_keys_count, "it shows as many keys as there are");
	if (!ok(conf_parse("f", text_get(&bare), bare.len, read, NULL, &why) == 0,
		"each of them is right"))
		printf("# %s\n", text_get(&why));
	list_init(&read->guests);
	read->guests = defaults->guests;
	ok(memcmp(read, defaults, sizeof(*read)) == 0,
	   "and shows its default");
	list_init(&read->guests);
	settings_free(read);
	settings_free(defaults);
	text_free(&bare);
	text_free(&why);
}

/* A guest's file may be large, many, or wrong: that is the daemon's matter. */
static void test_host_alone(void)
{
	struct settings *settings = NULL;
	struct text why = { 0 };

	write_host("xl_program = \"/opt/xl\"\n");
	write_guest("web.conf", "grace_seconds = x\n");
	ok(conf_load_host(dir, &settings, &why) == 0 && settings,
	   "the host's file is read by itself");
	is_text(settings ? settings->xl_program : "", "/opt/xl",
		"with what it sets");
	ok(settings && list_empty(&settings->guests), "and no guest's");
	settings_free(settings);
	write_host("xl_program = \"xl\"\n");
	ok(conf_load_host(dir, &settings, &why) == -EINVAL &&
	   strstr(text_get(&why), "xenvigil.conf:1: "),
	   "its fault is named by its line");
	text_free(&why);
}

int main(void)
{
	static void (*const tests[])(void) = {
		test_missing, test_good_host, test_good_guests, test_faults,
		test_syntax, test_all_faults, test_pair_across_files,
		test_file_kinds, test_names, test_too_many, test_cuts,
		test_changed_bytes, test_random, test_installed_file,
		test_host_alone,
	};

	if (!mkdtemp(dir))
		return 1;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		remove_files();
		tests[i]();
	}
	remove_files();
	rmdir(path_of("domains.d"));
	rmdir(dir);
	return done_testing();
}
