/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A console's ring with any indices, and logs that are not what they should
 * be.  Maps no page.
 */
#include "core/console_tail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/console.h"
#include "tap.h"

#define OUT 1024
#define RING 2048

static unsigned char page[CONSOLE_TAIL_PAGE_BYTES];

/* As a guest writes, byte by byte; 3084 is where out_prod is. */
static void put(const char *s, uint32_t *prod)
{
	for (; *s; s++)
		page[OUT + (*prod)++ % RING] = (unsigned char)*s;
	memcpy(page + 3084, prod, sizeof(*prod));
}

static const char *shown(int expected)
{
	static struct text text;
	int r;

	text_free(&text);
	r = console_tail_ring(page, &text);
	if (r != expected)
		printf("# got %d\n", r);
	return r == expected ? text_get(&text) : "?";
}

static void test_ring(void)
{
	uint32_t prod = 0;

	memset(page, 'x', sizeof(page));
	put("", &prod);
	is_text(shown(-ENOENT), "", "a ring never written");
	put("one\r\ntwo\tthree\r\n", &prod);
	is_text(shown(0), "one\ntwo three\n", "lines as a person reads them");
	put("\x1b[2J \"\\ \xff no end", &prod);
	is_text(shown(0), "one\ntwo three\n\\x1b[2J \"\\\\ \\xff no end\n",
		"escaped, and ended");
}

static void test_wrapped(void)
{
	uint32_t prod = 0;
	const char *text;

	for (int i = 0; i < 400; i++) {
		char line[32];

		snprintf(line, sizeof(line), "line %d\n", i);
		put(line, &prod);
	}
	text = shown(0);
	ok(strncmp(text, "line ", 5) == 0, "it begins with a whole line");
	ok(strlen(text) <= RING && strlen(text) > RING - 16,
	   "and has all of the ring but the torn line");
	ok(strcmp(text + strlen(text) - 9, "line 399\n") == 0, "to the end");
}

static void test_hostile(void)
{
	static const uint32_t prods[] = {
		1, 2047, 2048, 2049, 0x7fffffff, 0x80000000, 0xffffffff,
	};

	memset(page, 'x', sizeof(page));
	for (size_t i = 0; i < sizeof(prods) / sizeof(*prods); i++) {
		size_t most = prods[i] < RING ? prods[i] : RING;

		memcpy(page + 3084, &prods[i], sizeof(prods[i]));
		ok(strlen(shown(0)) == most + 1, "out_prod %#x is bounded",
		   prods[i]);
	}
	memset(page, 0, sizeof(page));
	memcpy(page + 3084, &prods[4], sizeof(prods[4]));
	is_text(shown(-ENOENT), "", "only NULs are nothing");
	memset(page, '\r', sizeof(page));
	is_text(shown(-ENOENT), "", "so are only carriage returns");
}

static void test_characters(void)
{
	struct text text = { 0 };
	char bytes[1300];

	memset(bytes, 'a', sizeof(bytes));
	for (size_t i = 505; i < 520; i += 3)
		memcpy(bytes + i, "\xe2\x82\xac", 3);
	ok(console_tail_lines(bytes, sizeof(bytes), false, &text) == 0 &&
	   text.len == sizeof(bytes) + 1 && !strstr(text.at, "\\x"),
	   "no character is torn apart");
	text_free(&text);
	ok(console_tail_lines("half\n", 5, true, &text) == 0 &&
	   strcmp(text_get(&text), "half\n") == 0,
	   "one line that is cut is better than none");
	text_free(&text);
}

/* --- the log --- */

static char dir[] = "/tmp/xenvigil-console-XXXXXX";

static void make(const char *name, const char *content)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	fputs(content, file);
	fclose(file);
}

static void is_log(const char *name, int expected, const char *what)
{
	struct text text = { 0 }, why = { 0 };
	int r = console_read_log(dir, name, 16, &text, &why);

	ok(r == expected, "%s: %d", what, r);
	ok(r ? why.len && !text.len : text.len && !why.len,
	   "%s: it has words", what);
	text_free(&text);
	text_free(&why);
}

static void test_log(void)
{
	struct text text = { 0 }, why = { 0 };
	char path[256];

	ok(mkdtemp(dir) != NULL, "a directory for logs");
	make("guest-web.log", "an old line\nsecond\nthird\n");
	make("guest-none.log", "");
	make("elsewhere", "secret\n");
	ok(console_read_log(dir, "web", 16, &text, &why) == 0, "a log is read");
	is_text(text_get(&text), "second\nthird\n", "its last whole lines");
	text_free(&text);
	is_log("none", -ENOENT, "an empty one");
	is_log("gone", -ENOENT, "one that is not there");
	is_log("../elsewhere", -EINVAL, "a name that leads elsewhere");
	is_log("", -EINVAL, "no name");
	snprintf(path, sizeof(path), "%s/guest-link.log", dir);
	ok(symlink("elsewhere", path) == 0, "a link");
	is_log("link", -ELOOP, "a link");
	snprintf(path, sizeof(path), "%s/guest-fifo.log", dir);
	ok(mkfifo(path, 0600) == 0, "a FIFO");
	is_log("fifo", -EPERM, "a FIFO");
	snprintf(path, sizeof(path), "%s/guest-dir.log", dir);
	ok(mkdir(path, 0700) == 0, "a directory");
	is_log("dir", -EPERM, "a directory");
	snprintf(path, sizeof(path), "rm -r %s", dir);
	ok(system(path) == 0, "all is removed");
}

int main(void)
{
	test_ring();
	test_wrapped();
	test_hostile();
	test_characters();
	test_log();
	return done_testing();
}
