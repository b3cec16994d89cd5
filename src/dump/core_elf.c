/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file's layout: headers, notes, registers, the frames' numbers, then the
 * pages in the same order.  Finds no pages itself.
 */
#include "dump/core_elf.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump/core_behind.h"
#include "dump/core_elf_notes.h"

/* In the order of the file's section headers. */
enum {
	SEC_NULL, SEC_NAMES, SEC_NOTE, SEC_PRSTATUS, SEC_SHARED_INFO,
	SEC_FRAMES, SEC_PAGES, SEC_COUNT
};

static const char names[] =
	"\0.shstrtab\0.note.Xen\0.xen_prstatus\0.xen_shared_info\0.xen_p2m"
	"\0.xen_pfn\0.xen_pages";

struct p2m_entry {
	uint64_t pfn, gmfn;
};

struct elf {
	const struct core_guest *guest;
	struct core_out *out;
	Elf64_Shdr section[SEC_COUNT];
	uint64_t at;		/* where the next section begins */
	union {
		uint64_t pfn[CORE_BATCH];
		struct p2m_entry p2m[CORE_BATCH];
	} frames;
};

/* Names are found by their place in the one string. */
static uint32_t name_at(const char *name)
{
	const char *at = memmem(names, sizeof(names), name, strlen(name) + 1);

	return (uint32_t)(at - names);
}

static void add_section(struct elf *elf, int index, const char *name,
			uint32_t type, uint64_t size, uint64_t entry)
{
	uint64_t align = index == SEC_PAGES ? CORE_PAGE_BYTES : 8;

	elf->at = (elf->at + align - 1) / align * align;
	elf->section[index] = (Elf64_Shdr){
		.sh_name = name_at(name),
		.sh_type = type,
		.sh_offset = elf->at,
		.sh_size = size,
		.sh_addralign = align,
		.sh_entsize = entry,
	};
	elf->at += size;
}

static uint64_t entry_bytes(const struct elf *elf)
{
	return elf->guest->translated ? sizeof(uint64_t) :
					sizeof(struct p2m_entry);
}

/* With room for all frames' numbers; how many there were is set at the end. */
static void lay_out(struct elf *elf)
{
	const struct core_guest *guest = elf->guest;
	uint64_t context = sizeof(*guest->vcpus);

	elf->at = sizeof(Elf64_Ehdr) + sizeof(elf->section);
	add_section(elf, SEC_NAMES, ".shstrtab", SHT_STRTAB, sizeof(names), 0);
	add_section(elf, SEC_NOTE, ".note.Xen", SHT_NOTE,
		    sizeof(struct core_elf_notes), 0);
	add_section(elf, SEC_PRSTATUS, ".xen_prstatus", SHT_PROGBITS,
		    guest->vcpu_count * context, context);
	add_section(elf, SEC_SHARED_INFO, ".xen_shared_info", SHT_PROGBITS,
		    guest->shared_info ? CORE_PAGE_BYTES : 0, CORE_PAGE_BYTES);
	add_section(elf, SEC_FRAMES,
		    guest->translated ? ".xen_pfn" : ".xen_p2m", SHT_PROGBITS,
		    guest->most_pages * entry_bytes(elf), entry_bytes(elf));
	add_section(elf, SEC_PAGES, ".xen_pages", SHT_PROGBITS,
		    guest->most_pages * CORE_PAGE_BYTES, CORE_PAGE_BYTES);
}

/* --- pages --- */

static int write_frames(struct elf *elf, const struct core_batch *batch)
{
	uint64_t entry = entry_bytes(elf);

	for (size_t i = 0; i < batch->count; i++) {
		if (elf->guest->translated)
			elf->frames.pfn[i] = batch->pfn[i];
		else
			elf->frames.p2m[i] = (struct p2m_entry){
				batch->pfn[i], batch->gmfn[i] };
	}
	return core_out_write(elf->out, &elf->frames, batch->count * entry,
			      elf->section[SEC_FRAMES].sh_offset +
			      elf->out->facts.pages * entry);
}

/* Zero pages become holes; what is between them is written at once. */
static int write_runs(struct elf *elf, const struct core_batch *batch,
		      uint64_t *ret_zero)
{
	uint64_t at = elf->section[SEC_PAGES].sh_offset +
		      elf->out->facts.pages * CORE_PAGE_BYTES;
	size_t first = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i <= batch->count; i++) {
		bool zero = i < batch->count && batch->zero[i];

		if (i < batch->count && !zero)
			continue;
		if (i > first)
			r = core_out_write(elf->out, batch->pages +
					   first * CORE_PAGE_BYTES,
					   (i - first) * CORE_PAGE_BYTES,
					   at + first * CORE_PAGE_BYTES);
		*ret_zero += zero;
		first = i + 1;
	}
	return r;
}

static int write_batch(void *ctx, struct core_batch *batch)
{
	struct elf *elf = ctx;
	uint64_t zero = 0;
	int r = core_out_room(elf->out, batch->count *
			      (CORE_PAGE_BYTES + entry_bytes(elf)));

	if (r == 0)
		r = write_frames(elf, batch);
	if (r == 0)
		r = write_runs(elf, batch, &zero);
	if (r == 0)
		core_out_tell(elf->out, batch, zero, batch->count *
			      entry_bytes(elf) +
			      (batch->count - zero) * CORE_PAGE_BYTES);
	return r;
}

/* --- what is known only at the end, and stands at the start --- */

static int write_registers(const struct elf *elf)
{
	const struct core_guest *guest = elf->guest;
	int r = core_out_write(elf->out, guest->vcpus, guest->vcpu_count *
			       sizeof(*guest->vcpus),
			       elf->section[SEC_PRSTATUS].sh_offset);

	if (r == 0 && guest->shared_info)
		r = core_out_write(elf->out, guest->shared_info,
				   CORE_PAGE_BYTES,
				   elf->section[SEC_SHARED_INFO].sh_offset);
	return r;
}

static int write_headers(const struct elf *elf)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT, ELFOSABI_SYSV,
			     EV_CURRENT },
		.e_type = ET_CORE, .e_machine = EM_X86_64,
		.e_version = EV_CURRENT, .e_shoff = sizeof(header),
		.e_ehsize = sizeof(header), .e_phentsize = sizeof(Elf64_Phdr),
		.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = SEC_COUNT,
		.e_shstrndx = SEC_NAMES,
	};
	int r = core_out_write(elf->out, names, sizeof(names),
			       elf->section[SEC_NAMES].sh_offset);

	if (r == 0)
		r = core_out_write(elf->out, elf->section,
				   sizeof(elf->section), header.e_shoff);
	if (r == 0)
		r = core_out_write(elf->out, &header, sizeof(header), 0);
	return r;
}

static int write_end(struct elf *elf)
{
	uint64_t pages = elf->out->facts.pages;
	struct core_elf_notes notes;
	Elf64_Shdr *section = &elf->section[SEC_PAGES];
	int r = core_elf_notes_fill(elf->guest, pages, &notes);

	section->sh_size = pages * CORE_PAGE_BYTES;
	elf->section[SEC_FRAMES].sh_size = pages * entry_bytes(elf);
	if (r == 0)
		r = core_out_write(elf->out, &notes, sizeof(notes),
				   elf->section[SEC_NOTE].sh_offset);
	if (r == 0)
		r = write_registers(elf);
	if (r == 0)
		r = write_headers(elf);
	/* The last pages may be holes. */
	if (r == 0 && ftruncate(elf->out->fd, (off_t)(section->sh_offset +
						      section->sh_size)))
		r = -errno;
	return r;
}

/* Writing takes longer than reading, so the reader finds the zero pages. */
static int take_batch(void *ctx, struct core_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->zero[i] = core_out_is_zero(batch->pages +
						  i * CORE_PAGE_BYTES);
	return core_behind_take(ctx, batch);
}

/* Pages are read and written at one time. */
static int write_pages(struct elf *elf)
{
	const struct core_guest *guest = elf->guest;
	struct core_behind *behind;
	int r = core_behind_open(write_batch, elf, &behind), last;

	if (r)
		return r;
	r = guest->walk(guest->source, take_batch, behind);
	last = core_behind_close(behind);
	core_out_judge(elf->out, last > 0 ? last : r);
	return r >= 0 && last ? last : r;
}

int core_elf_write(const struct core_guest *guest, struct core_out *out)
{
	struct elf *elf = calloc(1, sizeof(*elf));
	int r;

	if (!elf)
		return -ENOMEM;
	elf->guest = guest;
	elf->out = out;
	out->facts = (struct capture_facts){ .tot_pages = guest->tot_pages };
	lay_out(elf);
	r = write_pages(elf);
	if (r >= 0)
		r = write_end(elf);
	free(elf);
	return r;
}
