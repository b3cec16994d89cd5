/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How registers are written down, and what the processor was at by them.
 */
#include "core/registers.h"

#include <inttypes.h>

#define CR0_PE 1ull
#define EFER_LMA (1ull << 10)
#define RFLAGS_VM (1ull << 17)

static const char *mode_of(const struct registers *regs)
{
	if (!regs->hvm)
		return regs->wide ? "64-bit" : "32-bit";
	if (!(regs->cr0 & CR0_PE))
		return "real mode";
	if (regs->efer & EFER_LMA)
		return regs->wide ? "64-bit" : "32-bit in long mode";
	return regs->rflags & RFLAGS_VM ? "virtual 8086" : "32-bit";
}

/* A PV kernel runs where programs do: only the hypervisor knows. */
static bool is_kernel(const struct registers *regs)
{
	return regs->hvm ? !(regs->cs & 3) : regs->kernel;
}

static void append_flags(uint64_t rflags, struct text *text)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} flags[] = {
		{ 0, "cf" }, { 2, "pf" }, { 4, "af" }, { 6, "zf" },
		{ 7, "sf" }, { 8, "tf" }, { 9, "if" }, { 10, "df" },
		{ 11, "of" }, { 14, "nt" }, { 16, "rf" }, { 17, "vm" },
		{ 18, "ac" },
	};
	const char *before = " (";

	text_printf(text, "%08" PRIx64, rflags);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (!(rflags >> flags[i].bit & 1))
			continue;
		text_printf(text, "%s%s", before, flags[i].name);
		before = " ";
	}
	text_append(text, *before == ' ' && !before[1] ? ")\n" : "\n");
}

static void append_general(const struct registers *regs, struct text *text)
{
	const struct {
		const char *name;
		uint64_t value;
	} general[] = {
#define X(name) { #name, regs->name },
		REGISTERS_GENERAL_LIST(X)
#undef X
	};
	const size_t count = sizeof(general) / sizeof(*general);

	for (size_t i = 0; i < count; i++)
		text_printf(text, "  %-3s %016" PRIx64 "%s",
			    general[i].name, general[i].value,
			    i % 3 == 2 || i + 1 == count ? "\n" : "");
}

static void append_system(const struct registers *regs, struct text *text)
{
	text_printf(text, "  cs %04x  ss %04x  ds %04x  es %04x  fs %04x  "
		    "gs %04x\n", regs->cs, regs->ss, regs->ds, regs->es,
		    regs->fs, regs->gs);
	text_printf(text, "  cr0 %08" PRIx64 "  cr2 %016" PRIx64
		    "  cr3 %" PRIx64 "  cr4 %08" PRIx64 "\n",
		    regs->cr0, regs->cr2, regs->cr3, regs->cr4);
	text_printf(text, "  fs base %016" PRIx64 "  gs base %016" PRIx64
		    "  kernel gs %016" PRIx64 "\n",
		    regs->fs_base, regs->gs_base, regs->gs_kernel);
	if (regs->hvm)
		text_printf(text, "  efer %08" PRIx64 "  idt %016" PRIx64
			    "  gdt %016" PRIx64 "\n", regs->efer,
			    regs->idtr_base, regs->gdtr_base);
}

void registers_format(const struct registers *regs, unsigned int id,
		      struct text *text)
{
	text_printf(text, "vCPU %u: %s, %s\n", id,
		    is_kernel(regs) ? "kernel" : "program", mode_of(regs));
	text_printf(text, "  rip %016" PRIx64 "  rsp %016" PRIx64
		    "\n  rflags ", regs->rip, regs->rsp);
	append_flags(regs->rflags, text);
	append_general(regs, text);
	append_system(regs, text);
}
