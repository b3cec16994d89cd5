/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device model (QEMU) of a domain, as a process.  Starts, stops and
 * signals none.
 */
#ifndef PORT_MODEL_H
#define PORT_MODEL_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Is PID, by PROC ("/proc"), the device model of DOMID? Its command line must
 * say so, and all its user ids must be root's or USER, so that no other user
 * can fake one. PIDFD is a descriptor of it: a process that PROC hides has not
 * ended.  Returns 0; -ESRCH: the process has ended; -ENOENT: it is another
 * process; -EACCES: PROC hides it; or -errno.
 */
int model_check(const char *proc, int pidfd, pid_t pid, uint32_t domid,
		uid_t user);

#endif
