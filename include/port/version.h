/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What --version prints: the program, the Xen that runs, and the files of the
 * libraries that are loaded, for a report of a defect.
 */
#ifndef PORT_VERSION_H
#define PORT_VERSION_H

/* Prints to standard output.  PROGRAM is the first word of the first line. */
void version_print(const char *program);

#endif
