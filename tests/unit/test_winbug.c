/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bugchecks in lines as they were seen, and in what only looks like one.
 */
#include "core/winbug.h"

#include <stdlib.h>
#include <string.h>

#include "core/hvlog.h"
#include "tap.h"

/* Nothing is behind the line: to read on would be seen. */
static bool decode(const char *text, struct winbug *ret_bug)
{
	size_t len = strlen(text);
	char *copy = malloc(len + !len);
	struct hvlog_line line;
	bool is_bug;

	memcpy(copy, text, len);
	hvlog_line_parse(copy, len, &line);
	is_bug = winbug_decode(&line, ret_bug) == 0;
	free(copy);
	return is_bug;
}

static void is_bug(const char *line, const char *expected)
{
	struct text text = { 0 };
	struct winbug bug;

	if (decode(line, &bug))
		winbug_format(&bug, &text);
	is_text(text_get(&text), expected, "%s", expected);
	text_free(&text);
}

static void test_forms(void)
{
	is_bug("(XEN) d11v0 VIRIDIAN CRASH: 3b c0000096 1146d2c5 6346d580 0",
	       "Windows bugcheck 0x0000003B SYSTEM_SERVICE_EXCEPTION "
	       "(0xc0000096, 0x1146d2c5, 0x6346d580, 0x0)");
	is_bug("(XEN) d157v3 VIRIDIAN GUEST_CRASH: 0xd1 0x8 0x2 0 0x1",
	       "Windows bugcheck 0x000000D1 DRIVER_IRQL_NOT_LESS_OR_EQUAL "
	       "(0x8, 0x2, 0x0, 0x1)");
	is_bug("(d3) XEN|BUGCHECK: SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M: "
	       "FFFFFFFFC0000005 1 2 3",
	       "Windows bugcheck 0x1000007E SYSTEM_THREAD_EXCEPTION_NOT_"
	       "HANDLED (0xffffffffc0000005, 0x1, 0x2, 0x3)");
	is_bug("(d3) xen|BUGCHECK: 000ABCDE: 1 2 3 4",
	       "Windows bugcheck 0x000ABCDE (0x1, 0x2, 0x3, 0x4)");
}

static void test_others(void)
{
	static const char *const lines[] = {
		"(d3) [    1.5] xen|BUGCHECK: ====>",
		"(d3) xen|BUGCHECK: - Code = 8589320F",
		"(d3) xen|BUGCHECK: EXCEPTION (FFFFF80418A21E27):",
		"(d3) xen|BUGCHECK: Type = 00000003",
		"(d3) xen|BUGCHECK: 000000D1: 1 2 3",
		"(d3) xen|BUGCHECK: 000000D1: 1 2 3 4 5",
		"(d3) xen|BUGCHECK: 000000D1: 1 2 3 4x",
		"(d3) xen|BUGCHECK: 000000D1: 1 2 3 11112222333344445",
		"(d3) xen|BUGCHECK: FFFFF80418A21E27: 1 2 3 4",
		"(d3) xen|BUGCHECK: ", "(d3) xen|BUGCHECK: :",
		"(d3) VIRIDIAN CRASH: 3b 1 2 3 4",
		"(XEN) d3v0 xen|BUGCHECK: 000000D1: 1 2 3 4",
		"(XEN) d3v0 VIRIDIAN CRASH: 3b 1 2 3",
		"(XEN) d3v0 VIRIDIAN CRASH:", "(XEN) d3v0 VIRIDIAN CRASH: 0x",
		"xen|BUGCHECK: 000000D1: 1 2 3 4", "",
	};
	struct winbug bug;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		ok(!decode(lines[i], &bug), "none in: %s", lines[i]);
	ok(!winbug_name(0xabcde), "not every code has a name");
}

int main(void)
{
	test_forms();
	test_others();
	return done_testing();
}
