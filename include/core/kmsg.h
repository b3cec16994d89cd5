/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of dom0's kernel log that report a fault of the toolstack's devices.  Pure:
 * reads no log.
 */
#ifndef CORE_KMSG_H
#define CORE_KMSG_H

#include <stddef.h>
#include <stdint.h>

/* A later one is more serious. */
enum kmsg_kind {
	KMSG_NONE,
	KMSG_MISMATCH,	/* a module for another kernel was not loaded */
	KMSG_HUNG_TASK,	/* the kernel says that xenstored is blocked */
	KMSG_OOPS,	/* a fault in one of the toolstack's devices */
	KMSG_EVTCHN_BUG,/* the event-channel device's own, before Linux 3.12 */
};

#define KMSG_TEXT_BYTES 160

struct kmsg_finding {
	enum kmsg_kind kind;
	int64_t since_boot_us;	/* when the kernel wrote it */
	uint64_t sequence;
	char text[KMSG_TEXT_BYTES];
};

const char *kmsg_kind_name(enum kmsg_kind kind);

/*
 * One record as /dev/kmsg gives it ("PRIORITY,SEQUENCE,TIME,FLAGS;TEXT",
 * more lines may follow), LEN bytes, NUL-terminated or not.  Sets *RET_FINDING
 * always; its kind is KMSG_NONE for nearly all.
 */
void kmsg_judge(const char *record, size_t len,
		struct kmsg_finding *ret_finding);

#endif
