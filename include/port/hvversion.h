/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which Xen runs, and which one a program was built for: "4.17".  A program
 * asks the hypervisor only in the language of the one that it was built for.
 */
#ifndef PORT_HVVERSION_H
#define PORT_HVVERSION_H

#define HVVERSION_BYTES 16

/* By the kernel, without a hypercall.  0, or -errno: no Xen runs, mostly. */
int hvversion_running(char ret_version[HVVERSION_BYTES]);

/* By the libxl that the program in the file PATH asks for.  0, -ENOENT: it
 * names none (a script), or -errno. */
int hvversion_of_program(const char *path,
			  char ret_version[HVVERSION_BYTES]);

#endif
