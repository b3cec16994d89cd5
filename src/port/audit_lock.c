/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks xl's lock file: another user who holds the lock keeps every xl from
 * starting a guest.  Takes no lock.
 */
#include "port/audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "port/balloon.h"

void audit_lock(const struct audit *audit)
{
	char path[BALLOON_PATH_BYTES], fix[BALLOON_PATH_BYTES + 8];
	struct text why = { 0 };
	int r = balloon_read_lock(path, &why);

	if (r == 0)
		r = xllock_check(path, &why);
	if (r == -EPERM) {
		snprintf(fix, sizeof(fix), "rm %s", path);
		audit_report(audit, AUDIT_ERROR, fix, "xl's lock %s: a "
			     "process that has it open can keep every xl from "
			     "starting a guest",
			     text_get(&why));
	} else if (r) {
		audit_report(audit, AUDIT_WARN, "", "xl's lock cannot be "
			     "checked: %s",
			     why.len ? text_get(&why) : strerror(-r));
	} else {
		audit_report(audit, AUDIT_OK, "", "only root can hold xl's "
			     "lock");
	}
	text_free(&why);
}
