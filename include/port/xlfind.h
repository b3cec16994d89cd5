/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the xl that this program stands before: a file of that name that is
 * neither this program nor one that runs it again.  Runs nothing.
 */
#ifndef PORT_XLFIND_H
#define PORT_XLFIND_H

#include <stdbool.h>

/* What one run tells those that it causes.  Not a secret, and not trusted: a
 * value that this program did not write counts as none. */
#define XLFIND_VARIABLE "XLV_RUNS"
/* xl, its scripts and a migration run xl again: two or three deep. */
#define XLFIND_DEPTH_MAX 8

struct xlfind;

/*
 * NAMED: the only file to be taken; "": PATH and then the usual directories are
 * searched.  WORDS: xl's command line, argv[0] left out.  NULL: no memory.
 */
struct xlfind *xlfind_open(const char *named, char *const words[]);
void xlfind_close(struct xlfind *find);

/* Did an xl that was run with these very words run this program again? */
bool xlfind_led_back(const struct xlfind *find);
/* Is this program within itself deeper than xl has a reason for? */
bool xlfind_is_endless(const struct xlfind *find);

/* The next file to try, NULL: no more.  Valid until the next call. */
const char *xlfind_next(struct xlfind *find);
/* The file that was given last could not be run. */
void xlfind_note_failed(struct xlfind *find, int error);
/* Sets the variable for a run of the file that was given last, with WORDS. */
int xlfind_export(struct xlfind *find, char *const words[]);

/* A line for each file or directory that was passed over, and why. */
const char *xlfind_passed_over(const struct xlfind *find);

#endif
