/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the host's view share.
 */
#ifndef PORT_HOSTVIEW_IMPL_H
#define PORT_HOSTVIEW_IMPL_H

#include <xenctrl.h>

struct hostview {
	struct xentoollog_logger *logger;
	xc_interface *xch;
};

#endif
