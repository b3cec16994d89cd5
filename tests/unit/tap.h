/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A test program's lines in TAP.  One program, one main(); knows nothing of
 * what is tested.
 */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned int tap_count, tap_failed;

/* Says where only when the test failed: passing lines stay comparable. */
__attribute__((format(printf, 4, 5)))
static inline bool tap_ok(const char *file, int line, bool passed,
			  const char *fmt, ...)
{
	va_list args;

	tap_count++;
	tap_failed += !passed;
	printf("%s %u - ", passed ? "ok" : "not ok", tap_count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	if (!passed)
		printf("# at %s:%d\n", file, line);
	fflush(stdout);
	return passed;
}

/* ok(condition, "what holds", ...); true when it does. */
#define ok(...) tap_ok(__FILE__, __LINE__, __VA_ARGS__)

/* Two strings; both are shown when they differ. */
#define is_text(got, expected, ...)                                     \
	do {                                                            \
		const char *got_ = (got), *expected_ = (expected);      \
		if (!ok(strcmp(got_, expected_) == 0, __VA_ARGS__))     \
			printf("# got: %s\n# not: %s\n", got_, expected_); \
	} while (0)

/*
 * Seeds rand() and returns how many rounds to draw: always the same ones, or
 * with LONG in the environment a hundred times as many new ones.
 */
static inline unsigned int tap_rounds(unsigned int usual)
{
	bool is_long = getenv("LONG") != NULL;
	unsigned int seed = is_long ? (unsigned int)time(NULL) : 1;

	srand(seed);
	printf("# seed %u\n", seed);
	return is_long ? 100 * usual : usual;
}

/* The plan last, so that a program that ends early is seen; main()'s end. */
static inline int done_testing(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
