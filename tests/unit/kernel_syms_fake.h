/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A made up kernel's names, code and stack, in each form that its tables have
 * had, for the readers of them.  Not a test by itself.
 */
#ifndef TESTS_UNIT_KERNEL_SYMS_FAKE_H
#define TESTS_UNIT_KERNEL_SYMS_FAKE_H

#include "core/kernel_syms.h"
#include "core/kernel_trace.h"
#include "kernel_fake.h"

#define FAKE_SYMS (FAKE_BASE + 0x8000)	/* the first of the tables */
#define FAKE_CODE (FAKE_BASE + 0x10000)
#define FAKE_STACK (FAKE_BASE + 0x20000)
#define FAKE_STACK_END (FAKE_STACK + KERNEL_TRACE_STACK_BYTES)
#define FAKE_FIRST (FAKE_CODE - 0x100)
#define FAKE_LONG 200u	/* letters of the longest name */

/* How the tables lie: before 6.4 addresses came first, later last. */
struct kernel_syms_fake {
	enum kernel_syms_form form;
	bool addresses_last;
	uint64_t names, num, index, table, addresses, base, end;
};

/* What each CPU has of its own comes first; two are at one place; one has a
 * name whose length takes two bytes. */
struct kernel_syms_fake_sym {
	uint64_t at;
	const char *name;	/* behind its type; NULL: the long one */
};

static const struct kernel_syms_fake_sym kernel_syms_fake_list[] = {
	{ FAKE_CODE, "T_stext" },
	{ FAKE_CODE + 0x100, "tsysrq_handle_crash" },
	{ FAKE_CODE + 0x200, "Tpanic" },
	{ FAKE_CODE + 0x200, "tpanic_alias" },
	{ FAKE_CODE + 0x300, NULL },
	{ FAKE_CODE + 0x400, "wweak" },
	{ FAKE_CODE + 0x500, "dsome_data" },
	{ FAKE_CODE + 0x600, "B_end" },
};

#define FAKE_SYM_COUNT \
	(sizeof(kernel_syms_fake_list) / sizeof(*kernel_syms_fake_list))

/* Token N is the character N, but for two: "crash" and "panic". */
static inline uint64_t kernel_syms_fake_tokens(struct kernel_fake *fake,
					       struct kernel_syms_fake *syms,
					       uint64_t at)
{
	uint64_t index = 0;

	syms->table = at;
	syms->index = at + 0x800;
	for (unsigned int i = 0; i < KERNEL_SYMS_TOKENS; i++) {
		char one[2] = { (char)i, '\0' };
		const char *token = i == 1 ? "crash" : i == 2 ? "panic" : one;

		kernel_fake_put(fake, syms->index + i * 2, index, 2);
		kernel_fake_bytes(fake, at + index, token, strlen(token) + 1);
		index += strlen(token) + 1;
	}
	return syms->index + KERNEL_SYMS_TOKENS * 2;
}

static inline uint64_t kernel_syms_fake_name(struct kernel_fake *fake,
					     uint64_t at, const char *name)
{
	unsigned char out[512];
	size_t len = 0;

	if (!name) {
		out[len++] = 't';
		memset(out + len, 'x', FAKE_LONG);
		len += FAKE_LONG;
	}
	for (; name && *name; len++) {
		const char *word = strncmp(name, "crash", 5) == 0 ? "\1" :
				   strncmp(name, "panic", 5) == 0 ? "\2" : NULL;

		out[len] = word ? (unsigned char)*word : (unsigned char)*name;
		name += word ? 5 : 1;
	}
	kernel_fake_put(fake, at, len < 128 ? len : (len & 0x7f) | 0x80, 1);
	at += 1;
	if (len >= 128)
		kernel_fake_put(fake, at++, len >> 7, 1);
	kernel_fake_bytes(fake, at, (const char *)out, len);
	return at + len;
}

static inline uint64_t kernel_syms_fake_names(struct kernel_fake *fake,
					      struct kernel_syms_fake *syms,
					      uint64_t at)
{
	syms->num = at;
	kernel_fake_put(fake, at, FAKE_SYM_COUNT + 1, 4);
	at += 8;
	syms->names = at;
	at = kernel_syms_fake_name(fake, at, "Afixed_percpu_data");
	for (size_t i = 0; i < FAKE_SYM_COUNT; i++)
		at = kernel_syms_fake_name(fake, at,
					   kernel_syms_fake_list[i].name);
	return (at + 7) & ~7ull;
}

static inline uint64_t kernel_syms_fake_entry(struct kernel_syms_fake *syms,
					      uint64_t at, uint64_t address)
{
	switch (syms->form) {
	case KERNEL_SYMS_PERCPU:
		return address < FAKE_BASE ? address :
					     FAKE_FIRST - 1 - address;
	case KERNEL_SYMS_UNSIGNED:
		return address - FAKE_FIRST;
	case KERNEL_SYMS_PLACE:
		return address - at;
	default:
		return address;
	}
}

static inline uint64_t kernel_syms_fake_addresses(struct kernel_fake *fake,
						  struct kernel_syms_fake *syms,
						  uint64_t at)
{
	size_t width = syms->form == KERNEL_SYMS_ADDRESSES ? 8 : 4;
	uint64_t first = syms->form == KERNEL_SYMS_UNSIGNED ||
			 syms->form == KERNEL_SYMS_PLACE ? FAKE_FIRST : 0;

	syms->addresses = at;
	for (size_t i = 0; i <= FAKE_SYM_COUNT; i++, at += width)
		kernel_fake_put(fake, at, kernel_syms_fake_entry(syms, at,
				i ? kernel_syms_fake_list[i - 1].at : first),
				width);
	at = (at + 7) & ~7ull;
	syms->base = at;
	kernel_fake_put(fake, at, FAKE_FIRST, 8);
	return at + 8;
}

static inline void kernel_syms_fake_note(struct kernel_fake *fake,
					 const struct kernel_syms_fake *syms)
{
	bool whole = syms->form == KERNEL_SYMS_ADDRESSES;

	kernel_fake_note(fake, "SYMBOL(_stext)=%llx\n"
		"SYMBOL(kallsyms_names)=%llx\nSYMBOL(kallsyms_num_syms)=%llx\n"
		"SYMBOL(kallsyms_token_table)=%llx\n"
		"SYMBOL(kallsyms_token_index)=%llx\nSYMBOL(%s)=%llx\n",
		(unsigned long long)FAKE_CODE,
		(unsigned long long)syms->names, (unsigned long long)syms->num,
		(unsigned long long)syms->table,
		(unsigned long long)syms->index,
		whole ? "kallsyms_addresses" : "kallsyms_offsets",
		(unsigned long long)syms->addresses);
	if (!whole && syms->form != KERNEL_SYMS_PLACE)
		kernel_fake_note(fake, "SYMBOL(kallsyms_relative_base)=%llx\n",
				 (unsigned long long)syms->base);
}

static inline void kernel_syms_fake_put(struct kernel_fake *fake,
					struct kernel_syms_fake *syms)
{
	uint64_t at = FAKE_SYMS;

	if (!syms->addresses_last)
		at = kernel_syms_fake_addresses(fake, syms, at);
	at = kernel_syms_fake_names(fake, syms, at);
	at = kernel_syms_fake_tokens(fake, syms, at);
	if (syms->addresses_last)
		at = kernel_syms_fake_addresses(fake, syms, at);
	syms->end = at;
	kernel_syms_fake_note(fake, syms);
}

/* --- code and stack --- */

/* A word on the stack that returns to AT, before which a call is put. */
static inline void kernel_syms_fake_call(struct kernel_fake *fake,
					 uint64_t slot, uint64_t at)
{
	kernel_fake_put(fake, at - 5, 0xe8, 1);
	kernel_fake_put(fake, slot, at, 8);
}

/* As a panic leaves it.  RSP is in the middle of its last page but one. */
static inline void kernel_syms_fake_stack(struct kernel_fake *fake,
					  struct kernel_trace_regs *ret_regs)
{
	uint64_t sp = FAKE_STACK_END - 0x1800;

	*ret_regs = (struct kernel_trace_regs){
		.rip = FAKE_CODE + 0x20a, .rsp = sp, .rbp = 7,
	};
	kernel_syms_fake_call(fake, sp + 0x10, FAKE_CODE + 0x120);
	kernel_fake_put(fake, sp + 0x18, FAKE_CODE + 0x180, 8); /* no call */
	kernel_syms_fake_call(fake, sp + 0x28, FAKE_CODE + 0x520); /* data */
	kernel_syms_fake_call(fake, sp + 0x1000, FAKE_CODE + 0x340);
	kernel_fake_put(fake, FAKE_CODE + 0x450 - 2, 0xd0ff, 2); /* of a register */
	kernel_fake_put(fake, FAKE_STACK_END - 8, FAKE_CODE + 0x450, 8);
}

#endif
