/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's registers as text for a person.  Pure: reads no vCPU.
 */
#ifndef CORE_REGISTERS_H
#define CORE_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define REGISTERS_GENERAL_LIST(X)                                         \
	X(rax) X(rbx) X(rcx) X(rdx) X(rsi) X(rdi) X(rbp) X(r8)            \
	X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15)

struct registers {
	bool hvm;	/* HVM, PVH; a PV vCPU has no EFER and no IDTR */
	bool wide;	/* PV: a 64-bit guest; HVM: CS has its L bit set */
	bool kernel;	/* PV: not in a program */
#define X(name) uint64_t name;
	REGISTERS_GENERAL_LIST(X)
#undef X
	uint64_t rip, rsp, rflags;
	uint64_t cr0, cr2, cr3, cr4, efer;
	uint64_t fs_base, gs_base, gs_kernel;
	uint64_t idtr_base, gdtr_base;
	uint32_t cs, ss, ds, es, fs, gs;
};

/* Appends the registers of vCPU ID. */
void registers_format(const struct registers *regs, unsigned int id,
		      struct text *text);

#endif
