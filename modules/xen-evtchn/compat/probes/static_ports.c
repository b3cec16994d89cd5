// SPDX-License-Identifier: GPL-2.0-only
/*
 * evtchn_make_refcounted() that is told of static ports: 6.6.
 * Alternative: probes/no_static_ports.c.
 */
#include <xen/events.h>

int probe(evtchn_port_t port);
int probe(evtchn_port_t port)
{
	return evtchn_make_refcounted(port, true);
}
