/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The priority with which the kernel kills this process when memory runs out.
 */
#ifndef PORT_OOM_H
#define PORT_OOM_H

#define OOM_SPARED (-900) /* killed last; only -1000 is never killed */
#define OOM_USUAL 0

/* Children inherit it.  Returns 0, or -errno. */
int oom_set(int score);

#endif
