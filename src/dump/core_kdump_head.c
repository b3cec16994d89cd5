/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first blocks: what kernel it was, where everything is, and each CPU's
 * registers as a note.
 */
#include "dump/core_kdump_head.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/time.h>

#define HEADER_VERSION 6

struct utsname_kernel {
	char sysname[65], nodename[65], release[65], version[65],
		machine[65], domainname[65];
};

struct disk_header {
	char signature[8];
	int32_t version;
	struct utsname_kernel uts;
	struct timeval when;
	uint32_t status, block_bytes, sub_blocks, bitmap_blocks, end_pfn;
	uint32_t ram_blocks, device_blocks, written_blocks, current_cpu;
	int32_t cpus;
};

struct sub_header {
	uint64_t phys_base;
	int32_t dump_level, split;
	uint64_t start_pfn_old, end_pfn_old;
	uint64_t info_at, info_bytes;
	uint64_t notes_at, notes_bytes;
	uint64_t erased_at, erased_bytes;
	uint64_t start_pfn, split_end_pfn, end_pfn;
};

struct prstatus_note {
	Elf64_Nhdr head;
	char name[8];
	struct elf_prstatus status;
} __attribute__((packed, aligned(4)));

/* The head of the kernel's own note; its text follows. */
struct info_note {
	Elf64_Nhdr head;
	char name[12];
};

_Static_assert(offsetof(struct disk_header, status) == 424,
	       "as the kernel's struct lies in memory");
_Static_assert(sizeof(struct sub_header) == 104, "version 6");
_Static_assert(sizeof(struct prstatus_note) == 356, "as on x86-64");

static uint64_t registers_bytes(const struct core_guest *guest)
{
	uint64_t count = 0;

	for (unsigned int id = 0; id < guest->vcpu_count; id++)
		count += guest->vcpu_there[id];
	return count * sizeof(struct prstatus_note);
}

uint64_t core_kdump_head_blocks(const struct core_guest *guest)
{
	uint64_t sub = sizeof(struct sub_header) + registers_bytes(guest) +
		       sizeof(struct info_note) + KERNEL_NOTE_MOST_BYTES;

	return 1 + (sub + CORE_PAGE_BYTES - 1) / CORE_PAGE_BYTES;
}

/* In the order of struct user_regs_struct. */
static void fill_registers(const vcpu_guest_context_x86_64_t *from,
			   elf_gregset_t to)
{
	const struct cpu_user_regs_x86_64 *regs = &from->user_regs;
	const unsigned long long values[] = {
		regs->r15, regs->r14, regs->r13, regs->r12, regs->rbp,
		regs->rbx, regs->r11, regs->r10, regs->r9, regs->r8,
		regs->rax, regs->rcx, regs->rdx, regs->rsi, regs->rdi,
		(unsigned long long)-1, regs->rip, regs->cs, regs->rflags,
		regs->rsp, regs->ss, from->fs_base,
		/* In the kernel the other one is the user's. */
		regs->cs & 3 ? from->gs_base_user : from->gs_base_kernel,
		regs->ds, regs->es, regs->fs, regs->gs,
	};

	_Static_assert(sizeof(values) == sizeof(elf_gregset_t), "27 registers");
	memcpy(to, values, sizeof(values));
}

static int write_registers(const struct core_guest *guest,
		       const struct core_out *out, uint64_t at)
{
	struct prstatus_note note;
	elf_gregset_t registers;
	int r = 0;

	for (unsigned int id = 0; r == 0 && id < guest->vcpu_count; id++) {
		if (!guest->vcpu_there[id])
			continue;
		memset(&note, 0, sizeof(note));
		note.head.n_namesz = sizeof("CORE");
		note.head.n_descsz = sizeof(note.status);
		note.head.n_type = NT_PRSTATUS;
		memcpy(note.name, "CORE", sizeof("CORE"));
		if (id == guest->task.cpu)
			note.status.pr_pid = (pid_t)guest->task.pid;
		fill_registers(&guest->vcpus[id].x64, registers);
		memcpy(note.status.pr_reg, registers, sizeof(registers));
		r = core_out_write(out, &note, sizeof(note), at);
		at += sizeof(note);
	}
	return r;
}

static int write_info(const struct core_kdump_info *info,
		      const struct core_out *out, uint64_t at)
{
	struct info_note note = {
		.head = { .n_namesz = sizeof("VMCOREINFO"),
			  .n_descsz = (uint32_t)info->text_len },
		.name = "VMCOREINFO",
	};
	int r = core_out_write(out, &note, sizeof(note), at);

	return r ? r : core_out_write(out, info->text, info->text_len,
				      at + sizeof(note));
}

/* Some readers search the kernel's note among all notes, others use its
 * separate offset. */
static int write_sub_header(const struct core_guest *guest,
			    const struct core_kdump_head *head,
			    const struct core_kdump_info *info,
			    const struct core_out *out)
{
	struct sub_header sub = { .end_pfn = head->end_pfn };
	uint64_t info_at = 0;
	int64_t phys_base;
	int r;

	if (kernel_note_number(info->text, info->text_len,
			       "NUMBER(phys_base)", &phys_base) == 0)
		sub.phys_base = (uint64_t)phys_base;
	sub.notes_at = CORE_PAGE_BYTES + sizeof(sub);
	sub.notes_bytes = registers_bytes(guest);
	if (info->text_len) {
		info_at = sub.notes_at + sub.notes_bytes;
		sub.info_at = info_at + sizeof(struct info_note);
		sub.info_bytes = info->text_len;
		sub.notes_bytes += sizeof(struct info_note) +
				   (info->text_len + 3) / 4 * 4;
	}
	r = core_out_write(out, &sub, sizeof(sub), CORE_PAGE_BYTES);
	if (r == 0)
		r = write_registers(guest, out, sub.notes_at);
	return r || !info->text_len ? r : write_info(info, out, info_at);
}

static uint32_t cut32(uint64_t number)
{
	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

int core_kdump_head_write(const struct core_guest *guest,
			  const struct core_kdump_head *head,
			  const struct core_kdump_info *info,
			  const struct core_out *out)
{
	struct disk_header disk = {
		.signature = { 'K', 'D', 'U', 'M', 'P', ' ', ' ', ' ' },
		.version = HEADER_VERSION,
		/* libkdumpfile believes none of it while one is empty. */
		.uts = { .sysname = "Linux", .release = "unknown",
			 .version = "unknown", .machine = "x86_64" },
		.status = head->status,
		.block_bytes = CORE_PAGE_BYTES,
		.sub_blocks = cut32(core_kdump_head_blocks(guest) - 1),
		.bitmap_blocks = cut32(head->bitmap_blocks),
		.end_pfn = cut32(head->end_pfn),
		.ram_blocks = cut32(head->pages),
		.written_blocks = cut32(head->pages),
		.cpus = (int32_t)(registers_bytes(guest) /
				  sizeof(struct prstatus_note)),
	};
	int r;

	gettimeofday(&disk.when, NULL);
	kernel_note_text(info->text, info->text_len, "OSRELEASE",
			 disk.uts.release, sizeof(disk.uts.release));
	r = write_sub_header(guest, head, info, out);
	return r ? r : core_out_write(out, &disk, sizeof(disk), 0);
}
