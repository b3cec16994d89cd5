// SPDX-License-Identifier: GPL-2.0-only
/*
 * The number of ports as a function, since it depends on the ABI: 3.14.
 * Alternative: probes/no_nr_channels.c.
 */
#include <xen/events.h>

unsigned int probe(void);
unsigned int probe(void)
{
	unsigned int (*nr)(void) = xen_evtchn_nr_channels;

	return nr();
}
