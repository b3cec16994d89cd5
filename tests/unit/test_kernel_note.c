/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's note: right ones, and what a guest may put in its place.
 */
#include <errno.h>
#include <string.h>

#include "core/kernel_note.h"
#include "tap.h"

static unsigned char page[4096];

static size_t head_of(uint32_t name, uint32_t text, uint32_t type,
		      const char *string)
{
	const uint32_t head[3] = { name, text, type };

	memset(page, 0, sizeof(page));
	memcpy(page, head, sizeof(head));
	strcpy((char *)page + 12, "VMCOREINFO");
	strcpy((char *)page + 24, string);
	return kernel_note_head(page);
}

static void test_head(void)
{
	ok(head_of(11, 3000, 0, "OSRELEASE=6") == 3000, "a note's head");
	ok(head_of(11, 65536, 0, "OSRELEASE=6") == 65536, "of the most text");
	ok(head_of(11, 65537, 0, "OSRELEASE=6") == 0, "not of more");
	ok(head_of(11, UINT32_MAX, 0, "OSRELEASE=6") == 0, "nor of 4 GiB");
	ok(head_of(10, 3000, 0, "OSRELEASE=6") == 0, "another name's length");
	ok(head_of(11, 3000, 1, "OSRELEASE=6") == 0, "another type");
	ok(head_of(11, 3000, 0, "PAGESIZE=4096") == 0, "another beginning");
	head_of(11, 3000, 0, "OSRELEASE=6");
	page[22] = 'X';
	ok(kernel_note_head(page) == 0, "a longer name");
}

static bool valid(const char *text)
{
	return kernel_note_is_valid(text, strlen(text));
}

static void test_valid(void)
{
	char line[700];

	ok(valid("OSRELEASE=6.1\nPAGESIZE=4096\n"), "lines of KEY=VALUE");
	ok(valid("OSRELEASE=6.1\nPAGESIZE=4096"), "the last without its end");
	ok(!valid("PAGESIZE=4096\nOSRELEASE=6.1\n"), "the first is known");
	ok(!valid("OSRELEASE=6.1\n\nPAGESIZE=4096\n"), "no empty line");
	ok(!valid("OSRELEASE=6.1\nPAGESIZE\n"), "no line without a value");
	ok(!valid("OSRELEASE=\x1b[2J\n"), "no control byte");
	ok(!valid("OSRELEASE=\xc3\xa4\n"), "no byte above 126");
	ok(!kernel_note_is_valid("OSRELEASE=6\n\0=\n", 15), "no NUL");
	ok(!kernel_note_is_valid("OSRELEASE=6.1\n", 70000), "nor too much");
	ok(!valid(""), "nor nothing");
	memset(line, 'x', sizeof(line));
	memcpy(line, "OSRELEASE=", 10);
	line[699] = '\0';
	ok(!valid(line), "nor an endless line");
}

static const char text[] = "OSRELEASE=6.1.0-56-amd64\n"
	"NUMBER(phys_base)=-16777216\nNUMBER(x)=\nNUMBER(y)=12a\n"
	"NUMBER(z)=99999999999999999999\nNUMBER(n)=42";

static void test_values(void)
{
	char value[8] = "before";
	int64_t number = 7;
	const size_t len = sizeof(text) - 1;

	ok(kernel_note_text(text, len, "OSRELEASE", value, sizeof(value)) == 0
	   && strcmp(value, "6.1.0-5") == 0, "a text is cut to fit");
	ok(kernel_note_text(text, len, "OSREL", value, sizeof(value)) ==
	   -ENOENT, "a part of a key is not the key");
	ok(kernel_note_number(text, len, "NUMBER(phys_base)", &number) == 0 &&
	   number == -16777216, "a number below zero");
	ok(kernel_note_number(text, len, "NUMBER(n)", &number) == 0 &&
	   number == 42, "the last, without its end");
	number = 7;
	ok(kernel_note_number(text, len, "NUMBER(x)", &number) == -EINVAL &&
	   kernel_note_number(text, len, "NUMBER(y)", &number) == -EINVAL &&
	   kernel_note_number(text, len, "NUMBER(z)", &number) == -EINVAL &&
	   number == 7, "what is no number changes nothing");
}

int main(void)
{
	test_head();
	test_valid();
	test_values();
	return done_testing();
}
