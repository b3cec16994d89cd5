/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device_mend(): what is advised for a device whose other end has gone.
 */
#include "port/device_mend.h"

#include "tap.h"

static void is_mend(const char *kind, const char *device,
		    const char *expected)
{
	struct text text = { 0 };

	device_mend(5, kind, device, &text);
	is_text(text_get(&text), expected, "%s", expected);
	ok(!strstr(text_get(&text), "xenstore-rm"), "nothing is removed");
	text_free(&text);
}

int main(void)
{
	is_mend("vif", "0", "xl network-detach 5 0, then xl network-attach 5 "
		"as in its configuration");
	is_mend("vbd", "51712", "xl block-detach 5 51712, then xl "
		"block-attach 5 as in its configuration");
	is_mend("vkbd", "0", "restart domain 5: xl attaches no vkbd to a "
		"guest that runs");
	return done_testing();
}
