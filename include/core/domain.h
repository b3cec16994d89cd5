/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of a domain: the hypervisor's facts (struct domain_info)
 * and the toolstack's (struct domain_config).  Plain data; pure.
 */
#ifndef CORE_DOMAIN_H
#define CORE_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"
#include "core/action.h"
#include "core/reason.h"

/*
 * Bytes of a name with its NUL.  A longer one is cut: names are shown and
 * matched against configuration, never used to act or to build a path.
 */
#define DOMAIN_NAME_BYTES 256

#define DOMAIN_CONFIG_MAX_BYTES (512 * 1024) /* of libxl's JSON */

/*
 * Identity: domids are reused, a restarted guest keeps its uuid, so only
 * the three together name one domain.  The epoch is derived from the host's
 * boot id and, for a PV guest, the frame of its shared info page: constant
 * while the domain lives, and the same in every process.  (Frames are reused, and
 * an HVM or PVH guest moves its own: for those only the boot id counts.)
 */
struct domain_id {
	uint32_t domid;
	uint8_t uuid[UUID_BYTES];
	uint64_t epoch;
};

bool domain_id_equal(const struct domain_id *a, const struct domain_id *b);

/*
 * The uuid that ID's domain gets when it is renamed.  The result is always the
 * same, so it is known even if its record is lost.
 */
void domain_copy_uuid(const struct domain_id *id, uint8_t ret_uuid[UUID_BYTES]);

/* One entry of the hypervisor's list (XEN_DOMCTL_getdomaininfo). */
struct domain_info {
	struct domain_id id;
	bool shutdown;		/* reason_code is valid */
	bool dying;		/* being torn down, or a zombie */
	bool paused;		/* by the toolstack */
	bool hvm;		/* HVM or PVH */
	bool power_button;	/* an ACPI one, for hv_press_power() */
	uint8_t reason_code;	/* 0 to 255, chosen by the guest */
	uint64_t cpu_time_ns;	/* 0: no vCPU has ever run */
	uint64_t memory_kib;
	uint32_t vcpus;
};

#define DOMAIN_TYPE_LIST(X)        \
	X(UNKNOWN, "unknown")      \
	X(PV, "pv")                \
	X(HVM, "hvm")              \
	X(PVH, "pvh")

enum domain_type {
#define X(name, text) DOMAIN_TYPE_##name,
	DOMAIN_TYPE_LIST(X)
#undef X
	DOMAIN_TYPE_COUNT
};

const char *domain_type_name(enum domain_type type);

/*
 * What keeps a domain that fell from giving its devices up while its memory
 * stays: name, in words.
 */
#define DOMAIN_TIE_LIST(X)                                                  \
	X(MODEL, "its device model keeps its disks open")                   \
	X(PCI, "it has PCI devices")                                        \
	X(HARDWARE, "it was given ports, interrupts or memory of devices")  \
	X(DRIVER, "a device of it is served by another domain")             \
	X(PROCESS, "a disk of it is served by a process")                   \
	X(OTHER, "it has devices beside disks and networks")

enum domain_tie {
	DOMAIN_TIE_NONE,
#define X(name, text) DOMAIN_TIE_##name,
	DOMAIN_TIE_LIST(X)
#undef X
	DOMAIN_TIE_COUNT
};

const char *domain_tie_text(enum domain_tie tie); /* NULL: there is none */

/* The part of libxl's configuration of a domain that Xenvigil uses. */
struct domain_config {
	char name[DOMAIN_NAME_BYTES];
	enum domain_type type;
	enum action on[REASON_COUNT]; /* ACTION_NONE where libxl has none */
	enum domain_tie tie;	/* the first one; not in the records */
	char made_as[DOMAIN_NAME_BYTES]; /* its name at its creation, if it had
					  * another; not in the records */
};

#endif
