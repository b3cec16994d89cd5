/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Includes libxl's headers for this port: one version of its interface, which
 * both Xen 4.17 and 4.20 have.  Nothing else.
 */
#ifndef PORT_LIGHT_H
#define PORT_LIGHT_H

#define LIBXL_API_VERSION 0x041400

#include <libxl.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <xentoollog.h>

/* Where libxl keeps userdata-d.DOMID.UUID.KIND (XEN_LIB_DIR in its build). */
#ifndef LIGHT_DATA_DIR
#define LIGHT_DATA_DIR "/var/lib/xen"
#endif

#define LIGHT_KIND_CONFIG "libxl-json"	/* libxl's own record, JSON */
#define LIGHT_KIND_UPDATE "xl"		/* a pending config-update, xl.cfg */

#define AUTO_CONFIG __attribute__((cleanup(libxl_domain_config_dispose)))

#endif
