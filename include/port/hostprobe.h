/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes the host's toolstack: xenstored, its process, the event-channel
 * device, the kernel's log.  Ends in time whatever hangs, unless stated
 * otherwise.
 */
#ifndef PORT_HOSTPROBE_H
#define PORT_HOSTPROBE_H

#include <stdbool.h>

#include "core/host.h"

/*
 * Probes xenstored and its process, in DEADLINE_MS and little more.  KERNEL is
 * the known finding of the log; NULL: the log is read if xenstored does not
 * answer.
 */
void hostprobe_look(int deadline_ms, const struct kmsg_finding *kernel,
		    struct host_evidence *ret_evidence);

/*
 * Sends an event to this process through /dev/xen/evtchn.  A broken kernel may
 * block the caller permanently: use it only in a process that can be abandoned.
 */
void hostprobe_try_evtchn(int deadline_ms, struct host_evidence *evidence);

/* The most serious finding of the kernel's log, or KMSG_NONE. */
void hostprobe_read_kmsg(struct kmsg_finding *ret_finding);

/*
 * The same from the position of FD, of hostprobe_open_kmsg(), to the log's end.
 * Returns whether *WORST is from a new line, at least as serious as before.
 */
int hostprobe_open_kmsg(void);
bool hostprobe_follow_kmsg(int fd, struct kmsg_finding *worst);

/* Does xenstored run in a domain of its own?  By hypercall. */
bool hostprobe_has_store_domain(void);

/* Does this kernel run on Xen?  By the kernel's files, without a hypercall. */
bool hostprobe_is_on_xen(void);

/*
 * For this process and its children: libxenstore uses xenstored's socket, or
 * fails. Otherwise it falls back to the kernel's xenbus device, which blocks a
 * caller permanently, and against any signal, once xenstored is dead.  A host
 * whose xenstored runs in its own domain has only the device, and keeps using
 * it.
 */
void hostprobe_shun_device(void);

#endif
