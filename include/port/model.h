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
 * Is PID, by PROC ("/proc"), the device model of DOMID?  It is when its command
 * line says so, and all its user ids are root's or USER, so that no other user
 * can make one up.  PIDFD is a descriptor of it: what cannot be seen in PROC has
 * not ended for that.  Returns 0; -ESRCH: there is no such process any more;
 * -ENOENT: it is another; -EACCES: it is not to be seen; or -errno.
 */
int model_check(const char *proc, int pidfd, pid_t pid, uint32_t domid,
		uid_t user);

#endif
