/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How willingly the kernel kills this process when memory runs out.
 */
#ifndef PORT_OOM_H
#define PORT_OOM_H

#define OOM_SPARED (-900) /* below everything but what is never killed */
#define OOM_USUAL 0

/* Children inherit it.  Returns 0, or -errno. */
int oom_set(int score);

#endif
