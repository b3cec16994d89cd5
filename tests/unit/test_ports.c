/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of event channels as they may be found, and what is said of them.
 * Asks no hypervisor.
 */
#include "core/ports.h"

#include <string.h>

#include "port/portcount.h"
#include "tap.h"

#define HOUR_MS 3600000

static void test_rank(void)
{
	struct ports ports = { .used = 900, .most = 4096 };
	struct text text = { 0 };

	for (uint32_t domid = 1; domid <= 20; domid++)
		ports_rank(&ports, domid, domid % 10, false);
	ports_rank(&ports, 77, 300, true);
	ok(ports.remotes == PORTS_REMOTES_MAX, "no more than there is room for");
	ok(ports.remote[0].domid == 77 && ports.remote[1].domid == 9 &&
	   ports.remote[2].domid == 19 && ports.remote[3].domid == 8,
	   "the most first, and the earlier of two alike");
	ports.gone = 300;
	ports_explain(&ports, &text);
	ok(strstr(text_get(&text), "900 of 4096 event channels") != NULL,
	   "how many of how many");
	ok(strstr(text_get(&text), "300 are for domains that are gone; most "
		  "are for domain 77, which is gone (300), domain 9 (9)"),
	   "and for whom");
	text_free(&text);
}

static void test_levels(void)
{
	struct ports ports = { .used = 2047, .most = 4096 };
	struct text text = { 0 };

	ok(ports_judge(&ports, 50) == PORTS_WELL, "less than half");
	ports.used = 2048;
	ok(ports_judge(&ports, 50) == PORTS_MANY, "half of all");
	ok(ports_judge(&ports, 51) == PORTS_WELL, "which may be allowed");
	ports_rank(&ports, 0, 1000, false);
	ok(ports_judge(&ports, 51) == PORTS_WELL, "dom0's own");
	ports.gone = PORTS_LEAK;
	ok(ports_judge(&ports, 50) == PORTS_LEAKED, "for domains that are gone");
	ports.gone = 0;
	ports_rank(&ports, 4, PORTS_LEAK, false);
	ok(ports_judge(&ports, 50) == PORTS_LEAKED, "too many for one");
	ports.used = 3687;
	ok(ports_judge(&ports, 100) == PORTS_SCARCE, "nine tenths");
	ports.used = 0;
	ok(ports_judge(&ports, 1) == PORTS_WELL, "not counted");
	ports_explain(&ports, &text);
	ok(!text.len, "and nothing said");
	is_text(ports_level_name(PORTS_LEAKED), "leaked", "a level's name");
}

static void test_growth(void)
{
	struct ports_growth growth = { 0 };
	int64_t minutes = -1, now = 1000;

	ok(ports_grow(&growth, 100, now, &minutes) == 0 && minutes == 0,
	   "none at first");
	ok(ports_grow(&growth, 130, now + HOUR_MS / 2, &minutes) == 30 &&
	   minutes == 30, "since the first look");
	ok(ports_grow(&growth, 150, now + HOUR_MS, &minutes) == 50 &&
	   minutes == 60, "after an hour");
	ok(ports_grow(&growth, 90, now + 2 * HOUR_MS, &minutes) == -60 &&
	   minutes == 60, "then since an hour ago; fewer, too");
	ok(ports_grow(&growth, 95, now + 5 * HOUR_MS / 2, &minutes) == -55 &&
	   minutes == 90, "and up to two");
}

static void test_most(void)
{
	ok(portcount_most("6.1.0-25-amd64", "root=/dev/sda quiet") == 131072,
	   "the newer kind of table");
	ok(portcount_most("6.1.0", "xen.fifo_events=0 quiet") == 4096 &&
	   portcount_most("6.1.0", "x xen.fifo_events=off") == 4096,
	   "the command line says no");
	ok(portcount_most("6.1.0", "xen.fifo_events=on") == 131072,
	   "or yes");
	ok(portcount_most("3.13.11", "") == 4096 &&
	   portcount_most("3.14.0", "") == 131072, "an old kernel");
}

int main(void)
{
	test_rank();
	test_levels();
	test_growth();
	test_most();
	return done_testing();
}
