/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks over the host, part by part, and reports what is wrong with each and
 * what mends it.  Changes nothing.
 */
#ifndef PORT_AUDIT_H
#define PORT_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* The later one is the graver. */
enum audit_level { AUDIT_OK, AUDIT_WARN, AUDIT_ERROR };

struct audit {
	/* TEXT and MEND may hold what a guest wrote: escape them. */
	void (*found)(void *ctx, enum audit_level level, const char *text,
		      const char *mend);
	void *ctx;
};

/*
 * Each reports at least one finding.  One that meets a broken kernel or a
 * hung xenstored may never return: call each in a process of its own.
 */
void audit_kernel(const struct audit *audit);	/* the device's driver */
void audit_toolstack(const struct audit *audit);
void audit_device(const struct audit *audit);	/* an event to ourselves */
void audit_events(const struct audit *audit);	/* dom0's event channels */
void audit_zombies(const struct audit *audit);
void audit_devices(const struct audit *audit);	/* both ends, in xenstore */
void audit_userdata(const struct audit *audit);
void audit_lock(const struct audit *audit);	/* xl's lock file */
void audit_owners(const struct audit *audit);	/* who supervises whom */
void audit_console(const struct audit *audit);	/* xenconsoled */

void audit_start(const struct audit *audit);	/* what starts guests */

#define AUDIT_PATH_BYTES 1024
/* Do those who search DIRS, and those who search SERVICE_DIRS, run the same xl?
 * When they do not, which. */
bool audit_start_same_xl(const char *dirs, const char *service_dirs,
			 char ours[AUDIT_PATH_BYTES],
			 char theirs[AUDIT_PATH_BYTES]);
/* Can xl read each file of DIR? */
void audit_start_files(const struct audit *audit, const char *dir);

/*
 * What to do about the zombie DOMID, appended to ADVICE, by the processes of
 * PROC ("/proc").  It never advises ending xenstored, xenconsoled, the daemon
 * or a device model of another domain.  Returns 0, or -errno.
 */
int audit_advise_zombie(const char *proc, uint32_t domid,
			struct text *advice);

/* Does root's xenconsoled run, by PROC ("/proc")?  And what starts it on a
 * host whose files are below ROOT (""). */
bool audit_console_runs(const char *proc);
const char *audit_console_command(const char *root);

/* One finding; formats are printf's. */
void audit_report(const struct audit *audit, enum audit_level level,
		  const char *mend, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
