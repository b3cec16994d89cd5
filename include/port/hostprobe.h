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
 * Within DEADLINE_MS and little more: xenstored and its process.  KERNEL is
 * what the log is known to say; NULL: it is read when xenstored does not
 * answer.
 */
void hostprobe_look(int deadline_ms, const struct kmsg_finding *kernel,
		    struct host_evidence *ret_evidence);

/*
 * An event sent to ourselves through /dev/xen/evtchn.  A broken kernel may
 * keep the caller for ever: only for a process that can be given up.
 */
void hostprobe_try_evtchn(int deadline_ms, struct host_evidence *evidence);

/* The gravest finding of the kernel's log; KMSG_NONE when there is none. */
void hostprobe_read_kmsg(struct kmsg_finding *ret_finding);

/*
 * The same from where FD, of hostprobe_open_kmsg(), stands, to the log's end;
 * returns whether *WORST is of a new line, as grave as before or graver.
 */
int hostprobe_open_kmsg(void);
bool hostprobe_follow_kmsg(int fd, struct kmsg_finding *worst);

/* Does xenstored run in a domain of its own?  By hypercall. */
bool hostprobe_has_store_domain(void);

/* Does this kernel run on Xen?  By its own word, without a hypercall. */
bool hostprobe_is_on_xen(void);

/*
 * For this process and those it starts: libxenstore uses xenstored's socket,
 * or fails.  Else it falls back to the kernel's xenbus device, which keeps a
 * caller for ever, beyond any signal, once xenstored is dead.  A host whose
 * xenstored runs in a domain of its own has only the device, and keeps it.
 */
void hostprobe_shun_device(void);

#endif
