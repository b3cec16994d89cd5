/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The output of --version: the program, the running Xen, and the files of the
 * loaded libraries, for a bug report.
 */
#ifndef PORT_VERSION_H
#define PORT_VERSION_H

/* Prints to standard output.  PROGRAM is the first word of the first line. */
void version_print(const char *program);

#endif
