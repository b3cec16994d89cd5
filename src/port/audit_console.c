/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does xenconsoled run?  Every start of a guest waits for it, and what guests
 * write to their consoles is lost while it does not.  /proc and files only.
 */
#include "port/audit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/procview.h"

/* The console's server of a host, by what starts it there. */
static const struct starter {
	const char *file;
	const char *command;
} starters[] = {
	{ "/etc/systemd/system/xenconsoled.service",
	  "systemctl start xenconsoled" },
	{ "/usr/lib/systemd/system/xenconsoled.service",
	  "systemctl start xenconsoled" },
	{ "/lib/systemd/system/xenconsoled.service",
	  "systemctl start xenconsoled" },
	{ "/etc/init.d/xenconsoled", "/etc/init.d/xenconsoled start" },
	{ "/etc/init.d/xencommons", "/etc/init.d/xencommons start" },
	{ "/etc/init.d/xen", "/etc/init.d/xen start" },
};

const char *audit_console_command(const char *root)
{
	char path[512];

	for (size_t i = 0; i < ARRAY_LEN(starters); i++) {
		snprintf(path, sizeof(path), "%s%s", root, starters[i].file);
		if (access(path, F_OK) == 0)
			return starters[i].command;
	}
	return "xenconsoled --pid-file=/run/xen/xenconsoled.pid";
}

bool audit_console_runs(const char *proc)
{
	static const char *const names[] = { "xenconsoled", NULL };
	struct procview view;

	return procview_find_root(proc, names, &view) == 0 &&
	       view.state != 'Z' && view.state != 'X';
}

void audit_console(const struct audit *audit)
{
	if (audit_console_runs("/proc"))
		audit_report(audit, AUDIT_OK, "", "xenconsoled runs");
	else
		audit_report(audit, AUDIT_ERROR, audit_console_command(""),
			     "xenconsoled does not run: every start of a "
			     "guest waits for it and fails, and the guests' "
			     "console output is lost");
}
