/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's memory, through the code that reads it for cores.  Does not
 * interpret it.
 */
#include "port/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "port/core_xen.h"

#define CR4_LA57 (1ull << 12)

struct memory {
	struct core_xen *xen;
	int (*each)(void *ctx, const uint64_t *pfn, const unsigned char *pages,
		    size_t count);
	void *ctx;
};

int memory_open(uint32_t domid, int64_t end_ms, struct memory **ret_memory,
		struct text *why)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	int r;

	if (!memory)
		return -ENOMEM;
	r = core_xen_open(domid, &memory->xen, why);
	if (r) {
		free(memory);
		return r;
	}
	core_xen_limit(memory->xen, end_ms);
	*ret_memory = memory;
	return 0;
}

void memory_close(struct memory *memory)
{
	if (!memory)
		return;
	core_xen_close(memory->xen);
	free(memory);
}

static void add_root(struct memory_tables *tables, uint64_t frame)
{
	for (unsigned int i = 0; i < tables->count; i++)
		if (tables->roots[i] == frame)
			return;
	if (frame && tables->count < MEMORY_ROOTS)
		tables->roots[tables->count++] = frame;
}

/* A kernel with separate page tables for programs (PTI) has them in pairs: the
 * second is the program's. */
void memory_tables(const struct memory *memory,
		   struct memory_tables *ret_tables)
{
	const struct core_guest *guest = core_xen_guest(memory->xen);
	struct memory_tables tables = { .levels = 4 };
	bool pairs = guest->translated;

	for (unsigned int id = 0; id < guest->vcpu_count; id++) {
		if (guest->vcpu_there[id])
			add_root(&tables, guest->vcpus[id].x64.ctrlreg[3] >>
					  XC_PAGE_SHIFT);
		if (guest->translated &&
		    guest->vcpus[id].x64.ctrlreg[4] & CR4_LA57)
			tables.levels = 5;
	}
	for (unsigned int i = 0, count = tables.count; pairs && i < count; i++)
		add_root(&tables, tables.roots[i] & ~1ull);
	*ret_tables = tables;
}

unsigned int memory_vcpus(const struct memory *memory,
			  struct kernel_trace_regs ret_vcpus[MEMORY_VCPUS])
{
	const struct core_guest *guest = core_xen_guest(memory->xen);
	unsigned int count = guest->vcpu_count < MEMORY_VCPUS ?
			     guest->vcpu_count : MEMORY_VCPUS;

	for (unsigned int id = 0; id < count; id++) {
		const cpu_user_regs_x86_64_t *regs =
			&guest->vcpus[id].x64.user_regs;

		ret_vcpus[id] = (struct kernel_trace_regs){ 0 };
		if (guest->vcpu_there[id])
			ret_vcpus[id] = (struct kernel_trace_regs){
				.rip = regs->rip, .rsp = regs->rsp,
				.rbp = regs->rbp,
			};
	}
	return count;
}

static int pass_on(void *ctx, struct core_batch *batch)
{
	const struct memory *memory = ctx;

	return memory->each(memory->ctx, batch->pfn, batch->pages,
			    batch->count);
}

int memory_scan(struct memory *memory,
		size_t (*wanted)(const unsigned char *page),
		size_t (*in_image)(const unsigned char *page),
		int (*each)(void *ctx, const uint64_t *pfn,
			    const unsigned char *pages, size_t count),
		void *ctx)
{
	const struct core_guest *guest = core_xen_guest(memory->xen);

	memory->each = each;
	memory->ctx = ctx;
	core_xen_pick(memory->xen, wanted, in_image);
	return guest->walk(guest->source, pass_on, memory);
}

int memory_read(struct memory *memory, uint64_t frame,
		unsigned char *ret_page)
{
	return core_xen_read(memory->xen, frame, ret_page);
}
