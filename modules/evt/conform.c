// SPDX-License-Identifier: GPL-2.0-only
/*
 * `evt conform DEVICE [record]`: asks a device a list of questions and prints
 * each answer; judged against what ours must say, or with `record` not at all,
 * for a comparison with another driver's.
 * Must not ask about static ports when it only records.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "evt.h"

static bool conform_records;
static int conform_passed, conform_failed;

void conform_answer(const char *question, const char *expected,
		    const char *format, ...)
{
	char answer[128];
	va_list args;

	va_start(args, format);
	vsnprintf(answer, sizeof(answer), format, args);
	va_end(args);
	if (conform_records) {
		printf("%s: %s\n", question, answer);
	} else if (!strcmp(answer, expected)) {
		conform_passed++;
		printf("ok - %s: %s\n", question, answer);
	} else {
		conform_failed++;
		printf("not ok - %s: %s, expected %s\n", question, answer,
		       expected);
	}
}

void conform_errno(const char *question, const char *expected, long rc)
{
	conform_answer(question, expected, "%s", evt_name(rc));
}

int conform_main(int argc, char **argv)
{
	conform_records = argc > 0 && !strcmp(argv[0], "record");
	conform_ioctls();
	conform_restrict();
	conform_queue();
	conform_waits();
	conform_threads();
	if (!conform_records) {
		conform_statics();
		printf("# conform %s: %d passed, %d failed\n", evt_path,
		       conform_passed, conform_failed);
	}
	return conform_failed ? 1 : 0;
}
