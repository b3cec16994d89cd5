/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is advised about a zombie and about xenconsoled, by made-up process
 * directories.  Touches nothing outside its own temporary directory.
 */
#include "port/audit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char root[] = "/tmp/test-audit-XXXXXX";

static void write_file(const char *name, const char *bytes, size_t len)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		(void)mkdir(path, 0700);
		*at = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len) {
		perror(path);
		exit(1);
	}
	close(fd);
}

static void write_text(int pid, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%d/%s", pid, name);
	write_file(path, text, strlen(text));
}

/* A process of UID; FILE: what it maps, ARGS: as cmdline has them. */
static void process(int pid, const char *name, unsigned int uid,
		    const char *file, const char *args, size_t args_len)
{
	char text[512];

	snprintf(text, sizeof(text), "%d/cmdline", pid);
	write_file(text, args, args_len);
	snprintf(text, sizeof(text), "%s\n", name);
	write_text(pid, "comm", text);
	snprintf(text, sizeof(text), "%d (%s) S 1 1 1", pid, name);
	write_text(pid, "stat", text);
	snprintf(text, sizeof(text), "Name:\t%s\nUid:\t%u\t%u\t%u\t%u\n", name,
		 uid, uid, uid, uid);
	write_text(pid, "status", text);
	snprintf(text, sizeof(text), "7f00-7f01 rw-s 00000000 00:05 99    %s\n",
		 file);
	write_text(pid, "maps", text);
}

#define ARGS(text) text, sizeof(text)

static bool advice_has(uint32_t domid, const char *word)
{
	struct text advice = { 0 };
	bool has = audit_advise_zombie(root, domid, &advice) == 0 &&
		   strstr(text_get(&advice), word);

	if (!has)
		printf("# %s\n", text_get(&advice));
	text_free(&advice);
	return has;
}

static bool advice_lacks(uint32_t domid, const char *word)
{
	struct text advice = { 0 };
	bool lacks = audit_advise_zombie(root, domid, &advice) == 0 &&
		     !strstr(text_get(&advice), word);

	if (!lacks)
		printf("# %s\n", text_get(&advice));
	text_free(&advice);
	return lacks;
}

static void test_host_alone(void)
{
	process(148, "xenstored", 0, "/dev/xen/gntdev", ARGS("xenstored"));
	process(343, "xenconsoled", 0, "/dev/xen/gntdev", ARGS("xenconsoled"));
	process(400, "qemu-system-i38", 0, "/dev/xen/privcmd",
		ARGS("qemu\0-xen-domid\0" "3\0-name\0x"));
	process(500, "bait", 1000, "/tmp/dev/xen/privcmd", ARGS("bait"));
	ok(advice_has(7, "end no process"), "with the host's alone: none to end");
	ok(advice_has(7, "*-7-*"), "but where to look");
	ok(advice_has(7, "never end xenstored (148), xenconsoled (343)") ||
	   advice_has(7, "never end xenconsoled (343), xenstored (148)"),
	   "the host's own are named as what never to end");
	ok(advice_lacks(7, "qemu"), "not another domain's device model");
	ok(advice_lacks(7, "bait"), "nor a file that only sounds like it");
}

static void test_holders(void)
{
	process(366, "domhold", 0, "/dev/xen/privcmd", ARGS("domhold\0page"));
	ok(advice_has(7, "one of: domhold (366)"), "who may hold it is named");
	ok(advice_has(7, "never end xenstored") ||
	   advice_has(7, "never end xenconsoled"), "with the warning");
	ok(advice_has(3, "end its device model: qemu-system-i38 (400)"),
	   "the domain's own device model is certain");
	ok(advice_lacks(3, "domhold"), "then nobody else is");
}

static void test_console(void)
{
	ok(audit_console_runs(root), "xenconsoled is found");
	process(343, "xenconsoled", 1000, "/dev/null", ARGS("xenconsoled"));
	ok(!audit_console_runs(root), "a user's process of its name is not it");
	process(343, "xenconsoled", 0, "/dev/null", ARGS("xenconsoled"));
	write_text(343, "stat", "343 (xenconsoled) Z 1 1 1");
	ok(!audit_console_runs(root), "nor is a dead one");
	is_text(audit_console_command(root),
	       "xenconsoled --pid-file=/run/xen/xenconsoled.pid",
	       "what starts it by hand");
	write_file("etc/init.d/xen", "", 0);
	is_text(audit_console_command(root), "/etc/init.d/xen start",
	       "by Debian's script");
	write_file("lib/systemd/system/xenconsoled.service", "", 0);
	is_text(audit_console_command(root), "systemctl start xenconsoled",
	       "by its unit");
}

/* The findings of one check, a line each. */
static struct text found;

static void note_finding(void *ctx, enum audit_level level, const char *text,
			 const char *mend)
{
	(void)ctx;
	text_printf(&found, "%d %s [%s]\n", level, text, mend);
}

static bool says(const char *words)
{
	bool has = strstr(text_get(&found), words);

	if (!has)
		printf("# %s\n", text_get(&found));
	return has;
}

/* What starts with the host: in the lines below, ROOT is where the files are. */
static void test_start_files(void)
{
	static const char bad[] = "name = 'bad'\n\nmemory = = 3\n";
	static const char script[] = "import os\n";
	const struct audit audit = { .found = note_finding };
	char dir[256], words[512];

	snprintf(dir, sizeof(dir), "%s/auto", root);
	audit_start_files(&audit, dir);
	ok(says("0 xl can read 0 files"), "no folder, nothing to read");
	text_free(&found);
	write_file("auto/web", "name = \"web\" # x", 16);
	write_file("auto/.hidden", bad, strlen(bad));
	audit_start_files(&audit, dir);
	ok(says("0 xl can read 1 files") && !strstr(text_get(&found), "2 "),
	   "a good file is counted, a hidden one is not");
	text_free(&found);
	write_file("auto/bad", bad, strlen(bad));
	write_file("auto/python", script, strlen(script));
	write_file("auto/sub/dir", "", 0);
	snprintf(words, sizeof(words), "%s/link", dir);
	ok(symlink("/nowhere/at/all", words) == 0, "a link to nothing");
	audit_start_files(&audit, dir);
	snprintf(words, sizeof(words), "2 this guest does not start with the "
		 "host: %s/bad:3: ", dir);
	ok(says(words), "a fault has its file and line");
	snprintf(words, sizeof(words), "%s/python:1: ", dir);
	ok(says(words), "a script is one");
	snprintf(words, sizeof(words), "%s/link: No such file", dir);
	ok(says(words), "so is a link to nothing");
	snprintf(words, sizeof(words), "%s/sub: Is a directory", dir);
	ok(says(words), "and a folder");
	snprintf(words, sizeof(words), "xl create --dryrun %s/bad checks it",
		 dir);
	ok(says(words) && says("xl can read 1 files"), "each with its mend");
	text_free(&found);
}

static void make_xl(const char *name, const char *target)
{
	char path[512], to[512];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	snprintf(to, sizeof(to), "%s/%s", root, target);
	if (target[0] ? symlink(to, path) : chmod(path, 0755)) {
		perror(path);
		exit(1);
	}
}

static void test_start_xl(void)
{
	char ours[AUDIT_PATH_BYTES], theirs[AUDIT_PATH_BYTES];
	char one[256], two[256], three[256], both[800];

	write_file("one/xl", "#!", 2);
	write_file("two/xl", "#!", 2);
	write_file("three/x", "", 0);
	make_xl("one/xl", "");
	make_xl("three/xl", "one/xl");
	snprintf(one, sizeof(one), "%s/one", root);
	snprintf(two, sizeof(two), "%s/two", root);
	snprintf(three, sizeof(three), "%s/three", root);
	snprintf(both, sizeof(both), "%s::%s:%s", two, three, one);
	ok(audit_start_same_xl(one, both, ours, theirs),
	   "the same by a link; what cannot be run is passed over");
	make_xl("two/xl", "");
	ok(!audit_start_same_xl(one, both, ours, theirs) &&
	   !strncmp(ours, one, strlen(one)) && !strncmp(theirs, two,
	   strlen(two)), "another one is found, and both are told");
	ok(audit_start_same_xl(one, "/nowhere", ours, theirs) &&
	   audit_start_same_xl("", one, ours, theirs),
	   "where there is none, there is no other");
}

int main(void)
{
	char command[64];

	if (!mkdtemp(root))
		return 1;
	test_host_alone();
	test_holders();
	test_console();
	test_start_files();
	test_start_xl();
	snprintf(command, sizeof(command), "rm -r %s", root);
	if (system(command))
		perror(command);
	return done_testing();
}
