/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Typed messages between the keeper and its children, one a packet on a
 * SOCK_SEQPACKET pair.  Both ends are the same binary.  Not the operator's
 * protocol (that is JSON, role/control.h).
 */
#ifndef ROLE_WIRE_H
#define ROLE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "core/capture.h"
#include "core/domain.h"
#include "core/evidence.h"
#include "core/peer.h"

#define WIRE_FD 3 /* the child's end, at its start */

#define WIRE_TEXT_BYTES 2048
#define WIRE_SAVE_STORED "stored"
#define WIRE_DESTROY_REATTACH "reattach"

/* name, who sends it, what is set besides kind */
#define WIRE_LIST(X)                                                          \
	X(READY)    /* watcher: it is armed; text: toolstack version */       \
	X(BEAT)     /* watcher: alive, but nothing has happened */            \
	X(PING)     /* keeper -> watcher: answer with a BEAT, and go on so,  \
		       at least each deadline_ms */                           \
	X(HINT)     /* watcher: something changed; domid, reason_code when   \
		       known: look at the list */                             \
	X(CONFIG)   /* watcher: id (epoch 0), config (text: its made_as),     \
		       blob: libxl's JSON */                                  \
	X(NAMED)    /* watcher: id (epoch 0), text: name, peer; no CONFIG */  \
	X(UPDATE)   /* watcher: id (epoch 0), blob: a pending config-update, \
		       xl.cfg text; empty blob: none pending any more */      \
	X(EJECTED)  /* watcher: id, text: vdev whose medium the guest ejected*/\
	X(MODEL)    /* watcher: id (epoch 0), text: the process of its device \
		       model (or 0), the user who may have it, and the stub   \
		       domain that is one (or 0) */                           \
	X(HEALTH)   /* prober: blob: struct host_evidence */                 \
	X(ORDER)    /* keeper -> worker: see struct wire_msg */               \
	X(TAKEN)    /* worker: it starts the order; before it did nothing */    \
	X(PROGRESS) /* worker: text: what it waits for now; watcher: it gets \
		       on with much that it has to ask xenstored */           \
	X(EVIDENCE) /* worker, of a REPORT: a piece of it, see below */       \
	X(RESULT)   /* worker: rc, text, and by step new_id, blob */          \
	X(HELLO)    /* one that was started for us (role/unit.h): I am here */\
	X(LOG)      /* keeper -> that one: text: target,level of the log,     \
		       and the keeper's version */                            \
	X(END)      /* that one: rc: its exit status, in a moment */

enum wire_kind {
#define X(name) WIRE_##name,
	WIRE_LIST(X)
#undef X
	WIRE_COUNT
};

const char *wire_kind_name(enum wire_kind kind);

/*
 * One message in memory.  Fields not listed for a kind are zero.
 *
 * ORDER: step, order, id, config (name, type), deadline_ms, and by step
 *   DUMP        text: path of the core file to make (its directory exists),
 *               capture
 *   SAVE        blob: the snapshot to fall back to (may be empty); text:
 *               WIRE_SAVE_STORED when an attempt at more has hung
 *   RENAME      text: suffix for the name; new_id.uuid: the copy's uuid
 *   DESTROY     text: WIRE_DESTROY_REATTACH when a REATTACH follows
 *   CREATE      blob: libxl's JSON; id: the domain it replaces
 *   SOFT_RESET  blob: libxl's JSON
 *   PAUSE       -
 *   EJECT       text: vdev
 *   REPORT      -
 *   REATTACH    id: the driver domain as it was; new_id: as it runs now; blob:
 *               the domains that may be touched (core/reattach.h)
 * EVIDENCE: order, step, evidence, text: where it comes from; blob: what it
 *   says, escaped lines; missing: why that is not there, or not all
 * RESULT: order, step, rc (0 or -errno), text (what was found: for a
 *   failure the domain's state afterwards, in words), and by step
 *   SAVE        blob: libxl's JSON; text: where it comes from
 *   REPORT      blob: the line that says why, escaped (may be empty);
 *               evidence: CONSOLE, CONSOLE_LOG when it was printed there
 *   CREATE      new_id: the domain that runs now
 *   DUMP        core
 *   RENAME      new_id: the copy
 */
struct wire_msg {
	enum wire_kind kind;
	enum step step;
	uint64_t order;			/* the keeper's number of the order */
	struct domain_id id;
	struct domain_id new_id;
	struct domain_config config;
	int32_t rc;
	uint32_t deadline_ms;
	uint8_t reason_code;
	uint8_t has_reason;
	enum peer peer;
	struct capture_order capture;
	struct capture_facts core;
	enum evidence_kind evidence;
	char missing[EVIDENCE_WORD_BYTES];
	char text[WIRE_TEXT_BYTES];
	char *blob;			/* malloc()ed; NULL when empty */
	size_t blob_len;		/* without the NUL that follows it */
};

/* Frees the blob and clears the message. */
void wire_clear(struct wire_msg *msg);

/*
 * Sends one packet.  Returns 0, -EAGAIN on a full non-blocking socket,
 * -EMSGSIZE for a blob over DOMAIN_CONFIG_MAX_BYTES, or -errno.
 */
int wire_send(int fd, const struct wire_msg *msg);

/*
 * Receives one packet into *RET_MSG (wire_clear() it).  Returns 0, -EAGAIN,
 * -EPIPE at end of file, -EBADMSG for a malformed packet, or -errno.
 */
int wire_recv(int fd, struct wire_msg *ret_msg);

/*
 * One packet of LEN bytes from anywhere; what wire_recv() does with it.
 * Returns 0, -EBADMSG, or -ENOMEM; on failure *RET_MSG is untouched.
 */
int wire_decode(const void *packet, size_t len, struct wire_msg *ret_msg);

/* A pair for one child: [0] is the keeper's and non-blocking; both
 * close-on-exec. */
int wire_pair(int ret_fd[2]);

/* Gives a socket that is not from a pair room for the largest packet. */
void wire_enlarge(int fd);

#endif
