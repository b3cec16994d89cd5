/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long steps may take: as set for a small guest, and long enough for one of
 * 2 TiB.
 */
#include "core/deadline.h"
#include "tap.h"

#define GIB (1ull << 20)	/* in KiB */

static void test_steps(void)
{
	ok(deadline_step(STEP_CREATE, 300, 0) == 300 &&
	   deadline_step(STEP_CREATE, 300, GIB - 1) == 300,
	   "a small guest has the base");
	ok(deadline_step(STEP_CREATE, 300, 2048 * GIB) == 300 + 2048 * 4,
	   "to build 2 TiB takes more");
	ok(deadline_step(STEP_SOFT_RESET, 300, 2048 * GIB) == 300 + 2048 * 4,
	   "so does a soft reset");
	ok(deadline_step(STEP_DESTROY, 120, 2048 * GIB) == 120 + 2048 * 2,
	   "and to give the memory back");
	ok(deadline_step(STEP_DUMP, 1800, 2048 * GIB) == 1800 + 2048 * 20,
	   "and to write it");
	ok(deadline_step(STEP_REPORT, 5, 2048 * GIB) == 5 &&
	   deadline_step(STEP_SAVE, 30, 2048 * GIB) == 30 &&
	   deadline_step(STEP_RENAME, 60, 2048 * GIB) == 60,
	   "a step that does not touch memory has the base");
	ok(deadline_step(STEP_DUMP, 86400, UINT64_MAX) == 86400 + 16384 * 20,
	   "a size that cannot be is bounded");
}

static void test_xl(void)
{
	ok(deadline_xl("create", 600, 2048 * GIB) == 600 + 2048 * 4 &&
	   deadline_xl("destroy", 600, 2048 * GIB) == 600 + 2048 * 2,
	   "xl create and destroy have as much");
	ok(deadline_xl("list", 30, 2048 * GIB) == 30, "a question has not");
	ok(deadline_xl("create", 0, 2048 * GIB) == 0, "none stays none");
}

static void test_sizes(void)
{
	ok(deadline_config_kib(NULL) == 0 && deadline_config_kib("{}") == 0,
	   "a configuration that does not say");
	ok(deadline_config_kib("{ \"b_info\": { \"max_memkb\": 4194304,\n"
			       "\"target_memkb\": 1048576 } }") == 4 * GIB,
	   "maxmem counts");
	ok(deadline_config_kib("{\"target_memkb\":1048576}") == GIB,
	   "or memory alone");
	ok(deadline_config_kib("{\"name\": \"\\\"max_memkb\\\": 9\"}") == 0,
	   "a name that looks like one is none");
	ok(deadline_xl_kib("name = 'a'\nmemory = 2048\n") == 2 * GIB,
	   "a file of xl's");
	ok(deadline_xl_kib("\tmemory=\"1024\"; maxmem = 4096") == 4 * GIB,
	   "settings of a command line");
	ok(deadline_xl_kib("# memory = 9\nxmemory = 9\nmemory_x = 9\n"
			   "memory = abc\n") == 0, "what only looks so");
	ok(deadline_xl_kib("memory = 99999999999999999999") == UINT64_MAX,
	   "a number that is too large");
}

int main(void)
{
	test_steps();
	test_xl();
	test_sizes();
	return done_testing();
}
