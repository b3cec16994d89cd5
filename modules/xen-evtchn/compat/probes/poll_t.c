// SPDX-License-Identifier: GPL-2.0-only
/*
 * A type for the mask that poll returns: 4.16.
 * Alternative: unsigned int, and the POLL constants.
 */
#include <linux/poll.h>

__poll_t probe(void);
__poll_t probe(void)
{
	return EPOLLIN | EPOLLRDNORM;
}
