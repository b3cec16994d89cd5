/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The version of the running Xen, and the Xen that a program was built for:
 * "4.17".  A program can only use the interface of the Xen that it was built
 * for.
 */
#ifndef PORT_HVVERSION_H
#define PORT_HVVERSION_H

#define HVVERSION_BYTES 16

/* From the kernel, without a hypercall.  0, or -errno: usually no Xen runs. */
int hvversion_running(char ret_version[HVVERSION_BYTES]);

/* From the libxl that the program in the file PATH needs.  0, -ENOENT: it needs
 * none (a script), or -errno. */
int hvversion_of_program(const char *path,
			  char ret_version[HVVERSION_BYTES]);

#endif
