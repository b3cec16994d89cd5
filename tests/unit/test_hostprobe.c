/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which way libxenstore is told to go.  Knows no xenstored and no Xen.
 */
#include "port/hostprobe.h"

#include <stdlib.h>

#include "port/storeping.h"
#include "tap.h"

static void test_shun(void)
{
	unsetenv("XENSTORED_PATH");
	hostprobe_shun_device();
	/* With this set libxenstore takes no other, be it there or not. */
	is_text(getenv("XENSTORED_PATH") ?: "", "/var/run/xenstored/socket",
		"the socket, and never the device");
	setenv("XENSTORED_PATH", "/elsewhere", 1);
	hostprobe_shun_device();
	is_text(storeping_path(), "/elsewhere", "what was said stays");
}

int main(void)
{
	test_shun();
	return done_testing();
}
