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

/* Its name's 12 bytes begin 12 bytes behind OFFSET; all that follows is cut at
 * the page's end.  Returns where it was found, or -1. */
static int found_at(uint32_t offset, uint32_t len, const char *string)
{
	unsigned char note[64] = { 0 };
	const uint32_t head[3] = { 11, len, 0 };
	size_t room = sizeof(page) - offset;
	uint32_t at = 0;

	memcpy(note, head, sizeof(head));
	strcpy((char *)note + 12, "VMCOREINFO");
	strcpy((char *)note + 24, string);
	memset(page, 0, sizeof(page));
	memcpy(page + offset, note, room < sizeof(note) ? room : sizeof(note));
	return kernel_note_find(page, &at) == len ? (int)at : -1;
}

static void test_find(void)
{
	ok(found_at(0, 3000, "OSRELEASE=3") == 0, "a note at a page's begin");
	ok(found_at(32, 3000, "OSRELEASE=3") == 32 &&
	   found_at(0xa40, 65536, "OSRELEASE=3") == 0xa40,
	   "one among a kernel's data");
	ok(found_at(4064, 3000, "OSRELEASE=3") == 4064,
	   "one whose first key goes on in the next page");
	ok(found_at(4072, 3000, "OSRELEASE=3") == 4072,
	   "one whose text begins in the next page");
	ok(found_at(4076, 3000, "OSRELEASE=3") == -1,
	   "not one whose head goes on there");
	ok(found_at(33, 3000, "OSRELEASE=3") == -1, "not between two words");
	ok(found_at(4064, 3000, "PAGESIZE=3") == -1 &&
	   found_at(64, 65537, "OSRELEASE=3") == -1,
	   "nor one that is wrong at its begin");
	found_at(128, 3000, "OSRELEASE=3");
	memcpy(page + 12, "VMCOREINFO", 11);
	ok(kernel_note_head(page) == 0 &&
	   kernel_note_find(page, &(uint32_t){ 0 }) == 3000,
	   "a name alone does not hide it");
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
	test_find();
	test_valid();
	test_values();
	return done_testing();
}
