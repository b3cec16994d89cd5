/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Root's xl processes, one by one, from /proc.  Included by src/port/owner*.c
 * and peermark.c only.
 */
#ifndef PORT_OWNER_IMPL_H
#define PORT_OWNER_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OWNER_ARGS_BYTES (64 * 1024)
#define OWNER_ARGS_MAX 64

/*
 * Opens PROC/PID if it is a trusted xl: all its user ids are root's, and only
 * root can write its program.  Returns a descriptor of its directory; -ENOENT:
 * it is none, or has ended; or -errno: unknown.
 */
int owner_process_open(int proc, const char *pid);

/* Can only root write to the directories above PATH?  Truncates PATH. */
bool owner_dirs_are_roots(char *path);

/* When it began, in ms since boot; or -errno. */
int64_t owner_process_start_ms(int dir);

/* The last bytes of its standard output, if that is root's regular file, and
 * the file's name.  Returns their number; -ENOENT: it is no such file. */
ssize_t owner_process_read_log(int dir, char *name, size_t name_size,
			       char *tail, size_t tail_size);

/* Its command line, split.  Returns 0, or -errno. */
struct owner_args {
	int count;
	char *arg[OWNER_ARGS_MAX + 1];
	char bytes[OWNER_ARGS_BYTES];
};
int owner_process_read_args(int dir, struct owner_args *ret_args);

#endif
