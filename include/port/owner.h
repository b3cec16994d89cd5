/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds another supervisor of a domain in /proc: a live xl monitor.  No
 * xenstore, no hypercall.  Only root's xl counts, so that no process of another
 * user, and no program that another user can write, affects a domain.
 */
#ifndef PORT_OWNER_H
#define PORT_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define OWNER_LOG_BYTES 288	/* of a log's file name; longer ones are truncated */

enum owner {
	OWNER_NONE,	/* no other supervisor */
	OWNER_XL,	/* an xl monitor of this domain lives: PID */
	OWNER_UNSETTLED,/* an xl create/restore that may have made this domain
			 * is still at work, and may become its monitor: PID;
			 * ask again when it has ended or after a second */
};

/* The domain in question. */
struct owner_query {
	const char *name;	/* "": unknown */
	const char *made_as;	/* its name at its creation; NULL: the same */
	uint32_t domid;
	/* When it was first seen, in ms since boot (CLOCK_BOOTTIME).  An xl
	 * that started later cannot have made it. */
	int64_t seen_ms;
	int64_t now_ms;		/* by the same clock */
};

/*
 * Searches PROC ("/proc").  Returns 0, or -errno: then the supervisor is
 * unknown, and the caller must not act on the domain.
 */
int owner_find(const char *proc, const struct owner_query *query,
	       enum owner *ret_owner, pid_t *ret_pid);

/* One monitor: a root-owned xl whose standard output is its log. */
struct owner_monitor {
	pid_t pid;
	char log[OWNER_LOG_BYTES];	/* the file's name, without a path */
	bool has_domid;		/* the log names its domain ... */
	bool waits;		/* ... and has no later line */
	uint32_t domid;
};

/* All monitors.  Returns 0, or -errno: then some may be missing. */
int owner_each_monitor(const char *proc,
		       void (*each)(void *ctx,
				    const struct owner_monitor *monitor),
		       void *ctx);
/* Is it a monitor of QUERY's domain? By the domid in its log, or by the log's
 * name if the log does not have the domid.  Only the names and the domid of
 * QUERY count. */
bool owner_is_monitor_of(const struct owner_monitor *monitor,
			 const struct owner_query *query);
bool owner_is_log_of(const char *log, const char *domain_name);

/*
 * May the daemon end the monitor PID without an operator's order? No, if it is
 * no monitor of QUERY's domain, if a person or a service waits for it in the
 * foreground, or while it is still becoming a daemon.
 */
bool owner_may_end(const char *proc, pid_t pid,
		   const struct owner_query *query);

/*
 * Stops the process, so that it starts nothing more, and waits until it has
 * stopped: 0, -ETIMEDOUT (it still runs), or -errno.
 */
int owner_stop(int pidfd, pid_t pid);
int owner_signal(int pidfd, int signal);

/* A pidfd (Linux 5.3), readable once PID has ended; -ENOSYS before. */
int owner_open_pidfd(pid_t pid);

#endif
