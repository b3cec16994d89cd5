/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Returns unused memory to the kernel, in a process that mostly sleeps.
 */
#ifndef BASE_TRIM_H
#define BASE_TRIM_H

/* Returns the free part of the heap.  Call it before a long sleep. */
void trim_heap(void);

#endif
