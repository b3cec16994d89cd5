/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libxl as the workers use it: one context, blocking calls, each on one
 * domain.  Every call may hang with xenstored; only a process that can be
 * killed may make them.
 */
#ifndef PORT_TOOLSTACK_H
#define PORT_TOOLSTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "core/domain.h"

struct toolstack;

int toolstack_open(struct toolstack **ret_ts);
void toolstack_close(struct toolstack *ts);

/* Until END_MS (CLOCK_MONOTONIC) calls wait for locks of other programs.  If it
 * is not set, they do not wait. */
void toolstack_limit(struct toolstack *ts, int64_t end_ms);

/*
 * All calls return 0 or -errno (libxl codes are translated in this port). WHY
 * gets the errors and other facts in words, with libxl's last error lines.
 * JSON is libxl's form of libxl_domain_config.
 */

/*
 * The configuration to re-create DOMID with: a pending `xl config-update`
 * first, else libxl's own record with the live values, else FALLBACK without
 * the devices that xenstore does not know any more.  WHY names which.
 * *RET_JSON is malloc()ed.
 */
int toolstack_save(struct toolstack *ts, uint32_t domid, const char *fallback,
		   char **ret_json, struct text *why);

/* The same from FALLBACK only, after an attempt to read the live values has
 * hung: xenstore is only asked for devices detached since then. */
int toolstack_save_stored(struct toolstack *ts, uint32_t domid,
			  const char *fallback, char **ret_json,
			  struct text *why);

int toolstack_destroy(struct toolstack *ts, uint32_t domid, struct text *why);

/*
 * Renames DOMID to its name + SUFFIX under UUID, in xenstore and in the
 * hypervisor, and removes its disks so that a successor may write them.  May be
 * repeated after a partial failure.
 */
int toolstack_rename(struct toolstack *ts, uint32_t domid, const char *suffix,
		     const uint8_t uuid[UUID_BYTES], struct text *why);

/*
 * Can DOMID stay without its devices beside a successor made of JSON? 0,
 * -EOPNOTSUPP when a device cannot be removed, -ENOMEM without memory for both,
 * with the reason in WHY.  Changes nothing.
 */
int toolstack_room(struct toolstack *ts, uint32_t domid, const char *json,
		   struct text *why);

/* Removes the disks and networks of DOMID.  May be repeated. */
int toolstack_release(struct toolstack *ts, uint32_t domid, struct text *why);

/*
 * Frees memory under xl's lock, creates and unpauses.  On failure the half
 * built domain is destroyed again and WHY says what remains, if anything.
 * The domain has MARK from its first entry in xenstore on.
 */
int toolstack_create(struct toolstack *ts, const char *json, const char *mark,
		     uint32_t *ret_domid, struct text *why);

/* The mark of DOMID; "": none, or it cannot be read. */
#define TOOLSTACK_MARK_BYTES 64
void toolstack_read_mark(uint32_t domid, char ret_mark[TOOLSTACK_MARK_BYTES]);

/* Has DOMID any entry in xenstore?  Its builder writes the first one, and the
 * mark with it, as soon as the domain is there.  True when it cannot be read. */
bool toolstack_is_in_store(uint32_t domid);

/* Has the builder of DOMID finished, except for unpausing it? */
bool toolstack_is_built(struct toolstack *ts, uint32_t domid);

/* Which domain has the name that JSON's is to have?  -ENOENT: none. */
int toolstack_find_name(struct toolstack *ts, const char *json,
			uint32_t *ret_domid);

int toolstack_soft_reset(struct toolstack *ts, uint32_t domid,
			 const char *json, struct text *why);

/* libxl's core dump, which truncates PATH: for a PV guest, see core_dump.h. */
int toolstack_dump(struct toolstack *ts, uint32_t domid, const char *path,
		   struct text *why);

/* Empties the virtual CD drive VDEV. */
int toolstack_eject(struct toolstack *ts, uint32_t domid, const char *vdev,
		    struct text *why);

/* The parts of JSON that Xenvigil uses.  -EINVAL: not libxl's JSON. */
int toolstack_read_config(struct toolstack *ts, const char *json,
			  struct domain_config *ret_config);
int toolstack_read_uuid(struct toolstack *ts, const char *json,
			uint8_t ret_uuid[UUID_BYTES]);

#endif
