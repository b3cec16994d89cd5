/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the xl that this program replaces: a file of that name that is neither
 * this program nor a program that runs it again.  Runs nothing.
 */
#ifndef PORT_XLFIND_H
#define PORT_XLFIND_H

#include <stdbool.h>

/* The variable for the runs that a run causes.  It is not secret and not
 * trusted: a value in another form counts as none. */
#define XLFIND_VARIABLE "XLV_RUNS"
/* xl, its scripts and a migration run xl again: two or three deep. */
#define XLFIND_DEPTH_MAX 8

struct xlfind;

/*
 * NAMED: the only file to use; "": PATH and then the usual directories are
 * searched. WORDS: xl's command line without argv[0].  NULL: no memory.
 */
struct xlfind *xlfind_open(const char *named, char *const words[]);
void xlfind_close(struct xlfind *find);

/* Did an xl that was run with the same words run this program again? */
bool xlfind_led_back(const struct xlfind *find);
/* Are the nested runs deeper than xl needs? */
bool xlfind_is_endless(const struct xlfind *find);

/* The next file to try, NULL: no more.  Valid until the next call. */
const char *xlfind_next(struct xlfind *find);
/* The last file could not be run. */
void xlfind_note_failed(struct xlfind *find, int error);
/* Sets the variable for a run of the last file with WORDS. */
int xlfind_export(struct xlfind *find, char *const words[]);

/* A line for each file or directory that was skipped, with the reason. */
const char *xlfind_passed_over(const struct xlfind *find);

#endif
