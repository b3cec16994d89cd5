/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that a process which sleeps most of the time gives back.
 */
#ifndef BASE_TRIM_H
#define BASE_TRIM_H

/* Gives back what is free of the heap.  For who has nothing to do for a while. */
void trim_heap(void);

#endif
