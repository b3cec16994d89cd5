/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who else supervises a domain: a live xl monitor, found in /proc.  No
 * xenstore, no hypercall.
 */
#ifndef PORT_OWNER_H
#define PORT_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum owner {
	OWNER_NONE,	/* nobody: the domain is ours */
	OWNER_XL,	/* an xl monitor of this domain lives: PID */
	OWNER_UNSETTLED,/* an xl create/restore that is still at work, and may
			 * become a monitor, lives: PID; ask again when it has
			 * ended or after a second */
};

/*
 * Looks through PROC ("/proc").  A monitor is a process whose executable is
 * xl and whose standard output is xl-NAME.log (also rotated: .log.N).
 * Returns 0, or -errno.
 */
int owner_find(const char *proc, const char *domain_name,
	       enum owner *ret_owner, pid_t *ret_pid);

/* All monitors; LOG is the name of its log file, for owner_is_log_of(). */
int owner_each_monitor(const char *proc,
		       void (*each)(void *ctx, pid_t pid, const char *log),
		       void *ctx);
bool owner_is_log_of(const char *log, const char *domain_name);

/*
 * Stops the process, so that it begins nothing any more, and waits until it
 * stands still: 0, -ETIMEDOUT (it goes on), or -errno.
 */
int owner_stop(int pidfd, pid_t pid);
int owner_signal(int pidfd, int signal);

/* A pidfd (Linux 5.3), readable once PID has ended; -ENOSYS before. */
int owner_open_pidfd(pid_t pid);

#endif
