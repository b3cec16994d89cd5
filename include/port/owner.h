/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who else supervises a domain: a live xl monitor, found in /proc.  No
 * xenstore, no hypercall.  Only root's xl counts: no other user's process and
 * no program that another user can write decides about a domain.
 */
#ifndef PORT_OWNER_H
#define PORT_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define OWNER_LOG_BYTES 288	/* of a log's file name; a longer one is cut */

enum owner {
	OWNER_NONE,	/* nobody: the domain is ours */
	OWNER_XL,	/* an xl monitor of this domain lives: PID */
	OWNER_UNSETTLED,/* an xl create/restore that may have made this domain
			 * is still at work, and may become its monitor: PID;
			 * ask again when it has ended or after a second */
};

/* The domain in question. */
struct owner_query {
	const char *name;	/* "": not known */
	const char *made_as;	/* its name when it was made; NULL: the same */
	uint32_t domid;
	/* When it was first seen, in ms since boot (CLOCK_BOOTTIME).  An xl
	 * that began later cannot have made it. */
	int64_t seen_ms;
	int64_t now_ms;		/* by the same clock */
};

/*
 * Looks through PROC ("/proc").  Returns 0, or -errno: then nobody knows, and
 * the domain must not be acted on.
 */
int owner_find(const char *proc, const struct owner_query *query,
	       enum owner *ret_owner, pid_t *ret_pid);

/* One monitor: a root-owned xl whose standard output is its log. */
struct owner_monitor {
	pid_t pid;
	char log[OWNER_LOG_BYTES];	/* the file's name, without a path */
	bool has_domid;		/* the log says which domain it has ... */
	bool waits;		/* ... and nothing after that */
	uint32_t domid;
};

/* All monitors.  Returns 0, or -errno: then some may not have been given. */
int owner_each_monitor(const char *proc,
		       void (*each)(void *ctx,
				    const struct owner_monitor *monitor),
		       void *ctx);
/* By the domain in its log, and by the log's name where that is open.  Of QUERY
 * the names and the domid count. */
bool owner_is_monitor_of(const struct owner_monitor *monitor,
			 const struct owner_query *query);
bool owner_is_log_of(const char *log, const char *domain_name);

/*
 * May the monitor PID be ended without a person's word?  Not when it is no
 * monitor of QUERY's domain, when a person or a service waits for it in the
 * foreground, or while it is still becoming a daemon.
 */
bool owner_may_end(const char *proc, pid_t pid,
		   const struct owner_query *query);

/*
 * Stops the process, so that it begins nothing any more, and waits until it
 * stands still: 0, -ETIMEDOUT (it goes on), or -errno.
 */
int owner_stop(int pidfd, pid_t pid);
int owner_signal(int pidfd, int signal);

/* A pidfd (Linux 5.3), readable once PID has ended; -ENOSYS before. */
int owner_open_pidfd(pid_t pid);

#endif
