/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks the host, part by part, and reports the faults of each part and their
 * fixes. Changes nothing.
 */
#ifndef PORT_AUDIT_H
#define PORT_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* A later one is more serious. */
enum audit_level { AUDIT_OK, AUDIT_WARN, AUDIT_ERROR };

struct audit {
	/* Both texts may contain a guest's text: escape them. */
	void (*found)(void *ctx, enum audit_level level, const char *text,
		      const char *fix);
	void *ctx;
};

/*
 * Each reports at least one finding.  With a broken kernel or a hung xenstored
 * a check may never return: run each in its own process.
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

/* The PATH of systemd's services. */
#define AUDIT_SYSTEMD_DIRS \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What services search for programs: as systemd has PATH, or as the scripts of
 * sysvinit set it. */
const char *audit_start_service_dirs(bool systemd);

#define AUDIT_PATH_BYTES 1024
/* Do programs with the PATH DIRS and services with SERVICE_DIRS run the same
 * xl? If not, the finding names both. */
bool audit_start_same_xl(const char *dirs, const char *service_dirs,
			 char ours[AUDIT_PATH_BYTES],
			 char theirs[AUDIT_PATH_BYTES]);
/* Can xl read each file of DIR? */
void audit_start_files(const struct audit *audit, const char *dir);

/*
 * Appends the fix for the zombie DOMID to ADVICE, by the processes of PROC
 * ("/proc").  It never advises ending xenstored, xenconsoled, the daemon or a
 * device model of another domain.  Returns 0, or -errno.
 */
int audit_advise_zombie(const char *proc, uint32_t domid,
			struct text *advice);

/* Does root's xenconsoled run, by PROC ("/proc")? And the command that starts
 * it on a host whose files are below ROOT (""). */
bool audit_console_runs(const char *proc);
const char *audit_console_command(const char *root);

/* One finding; formats are printf's. */
void audit_report(const struct audit *audit, enum audit_level level,
		  const char *fix, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
