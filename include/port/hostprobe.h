/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks at the host's toolstack: xenstored, its process, the event-channel
 * device, the kernel's log.  Ends in time whatever hangs, except as said.
 */
#ifndef PORT_HOSTPROBE_H
#define PORT_HOSTPROBE_H

#include <stdbool.h>

#include "core/host.h"

/*
 * Within DEADLINE_MS and little more.  The kernel's log is read only when
 * xenstored does not answer, or with THOROUGH.
 */
void hostprobe_look(int deadline_ms, bool thorough,
		    struct host_evidence *ret_evidence);

/*
 * An event sent to ourselves through /dev/xen/evtchn.  A broken kernel may
 * keep the caller for ever: only for a process that can be given up.
 */
void hostprobe_try_evtchn(int deadline_ms, struct host_evidence *evidence);

/* The gravest finding of the kernel's log; KMSG_NONE when there is none. */
void hostprobe_read_kmsg(struct kmsg_finding *ret_finding);

/* Does xenstored run in a domain of its own?  By hypercall. */
bool hostprobe_has_store_domain(void);

#endif
