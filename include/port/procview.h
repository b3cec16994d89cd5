/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What another process does or waits for, from /proc.
 */
#ifndef PORT_PROCVIEW_H
#define PORT_PROCVIEW_H

#include <sys/types.h>

#include "base/text.h"

struct procview {
	pid_t pid;
	char name[32];		/* the command's, not the file's */
	char state;		/* R, S, D, T, t, Z, X as in proc(5) */
	char wchan[64];		/* the kernel function it sleeps in, or "" */
	char stack[192];	/* the innermost functions, "a < b < c", or "" */
	char waits[160];	/* a system call and its file, or "" */
};

/* PROC is "/proc".  -ESRCH: it has ended. */
int procview_read(const char *proc, pid_t pid, struct procview *ret_view);

/* The first process of root with one of NAMES (NULL-terminated), or -ESRCH.
 * Other users can give their processes any name. */
int procview_find_root(const char *proc, const char *const names[],
		       struct procview *ret_view);

/* xenstored, the one in C or the one in OCaml. */
extern const char *const procview_store_names[];

/* "process 812 is stopped" and the like, for a person. */
void procview_tell(const struct procview *view, struct text *text);

#endif
