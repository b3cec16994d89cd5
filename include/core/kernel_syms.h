/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of a Linux kernel's functions, from the tables in its memory that it has
 * for its own messages (kallsyms).  The note of kernels from 6.0 on names these
 * tables.  The guest controls the bytes: nothing in them is trusted.
 */
#ifndef CORE_KERNEL_SYMS_H
#define CORE_KERNEL_SYMS_H

#include <stddef.h>
#include <stdint.h>

#include "core/guest_mem.h"

#define KERNEL_SYMS_MOST (1u << 22)	/* symbols of one kernel */
#define KERNEL_SYMS_NAME_BYTES 256u	/* longer ones are cut */
#define KERNEL_SYMS_TOKENS 256u
#define KERNEL_SYMS_TOKEN_BYTES 16384u	/* of all tokens */

/* The form of the addresses, which has changed three times. */
enum kernel_syms_form {
	KERNEL_SYMS_ADDRESSES,	/* as they are, 8 bytes each */
	KERNEL_SYMS_PERCPU,	/* to 6.14: below the base where negative */
	KERNEL_SYMS_UNSIGNED,	/* from 6.15 on: above the base */
	KERNEL_SYMS_PLACE,	/* without a base: relative to each entry */
};

struct kernel_syms {
	struct guest_mem *mem;
	uint64_t names, addresses, base;
	uint64_t markers;	/* where each 256th name is; 0: not found */
	enum kernel_syms_form form;
	uint32_t count;
	uint16_t token[KERNEL_SYMS_TOKENS];	/* where each begins */
	size_t tokens_len;
	char tokens[KERNEL_SYMS_TOKEN_BYTES];
};

struct kernel_sym {
	uint32_t index;
	uint64_t start, size;
	char type;		/* as nm has them; '\0': not looked up */
	char name[KERNEL_SYMS_NAME_BYTES];
};

/*
 * Finds the tables by the kernel's note.  Returns 0; -ENOENT: the note lacks
 * RET_MISSING; -EINVAL: the named data are no such tables; or -errno.
 */
int kernel_syms_open(struct kernel_syms *syms, struct guest_mem *mem,
		     const char *note, size_t note_len,
		     const char **ret_missing);

/* Finds the symbol with the byte at ADDRESS.  Fills in all but type and name.
 * Returns 0, -ENOENT: none; or -errno. */
int kernel_syms_find(const struct kernel_syms *syms, uint64_t address,
		     struct kernel_sym *ret_sym);

/* The highest address of a symbol. */
int kernel_syms_end(const struct kernel_syms *syms, uint64_t *ret_address);

/*
 * Fills in type and name of COUNT symbols, in one pass over the names.  Sorts
 * LIST by index.  Returns 0, or -errno: those without a type could not be read.
 */
int kernel_syms_name(const struct kernel_syms *syms, struct kernel_sym **list,
		     size_t count);

#endif
