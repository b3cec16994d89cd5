/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory where cores are kept.
 */
#ifndef PORT_CORE_DIR_H
#define PORT_CORE_DIR_H

/*
 * Opens the directory PATH.  -EPERM: it is not ours alone.  Returns 0, or
 * -errno.
 */
int core_dir_open(const char *path, int *ret_fd);

#endif
