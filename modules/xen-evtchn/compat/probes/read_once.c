// SPDX-License-Identifier: GPL-2.0-only
/*
 * READ_ONCE() and WRITE_ONCE(): 3.19, and those that took them from it.
 * Alternative: ACCESS_ONCE().
 * The header that has them need not have the barrier that they use.
 */
#include <linux/fs.h>

#if !defined(READ_ONCE) || !defined(WRITE_ONCE)
#error "not there"
#endif

int probe(int *x);
int probe(int *x)
{
	WRITE_ONCE(*x, 1);
	return READ_ONCE(*x);
}
