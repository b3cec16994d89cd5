/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watcher's view of the toolstack: libxl's domain events, xenstore's
 * @introduceDomain and @releaseDomain, and changes of libxl's userdata
 * files, delivered as callbacks out of a libev loop.
 */
#ifndef PORT_WATCH_H
#define PORT_WATCH_H

#include <ev.h>
#include <stdint.h>

#include "core/domain.h"
#include "core/peer.h"

struct watch;

struct watch_calls {
	/* Something happened to DOMID (0: unknown). REASON_CODE < 0:
	 * unknown. */
	void (*hint)(void *ctx, uint32_t domid, int reason_code);
	/* A configuration was seen for the first time or has changed. */
	void (*config)(void *ctx, uint32_t domid, const uint8_t *uuid,
		       const struct domain_config *config, const char *json);
	/* A domain of which libxl has no configuration (yet): its name in
	 * xenstore, and the other toolstack that left its mark there. */
	void (*named)(void *ctx, uint32_t domid, const uint8_t *uuid,
		      const char *name, enum peer peer);
	/* A pending config-update appeared (XL_CFG text) or went (NULL). */
	void (*update)(void *ctx, uint32_t domid, const uint8_t *uuid,
		       const char *xl_cfg);
	void (*ejected)(void *ctx, uint32_t domid, const uint8_t *uuid,
			const char *vdev);
	/* The process PID is, or was, its device model, and may be USER's;
	 * or the domain STUB is (0: none). */
	void (*model)(void *ctx, uint32_t domid, const uint8_t *uuid,
		      uint32_t pid, uint32_t user, uint32_t stub);
	/* Of many requests to xenstore one was answered. */
	void (*progress)(void *ctx);
	/* libxl's disaster, or xenstore's connection lost: the process must
	 * end; no further call of this port is allowed. */
	void (*lost)(void *ctx, const char *why);
};

/* Opens and arms everything but the domains.  Returns 0, or -errno. */
int watch_open(struct ev_loop *loop, const struct watch_calls *calls,
	       void *ctx, struct watch **ret_watch);
void watch_close(struct watch *watch);

/*
 * Arms and reports every present domain: its configuration if it has one
 * yet, and a hint.  From then on the loop does.
 */
void watch_start(struct watch *watch);

/*
 * Asks xenstore for something.  Returns 0; or -errno after calling lost().
 * Hangs when xenstored hangs: libxenstore does not notice a silent connection.
 */
int watch_probe(struct watch *watch);

/* "4.17.5": the toolstack's version. */
const char *watch_toolstack_version(struct watch *watch);

#endif
