/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opening core files: every offset is checked against the file's size, for a
 * writer under test may say anything.
 */
#include "core_read.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define NO_FRAME UINT64_MAX	/* xl pads its tables with it */

static int wrong(struct core_read *core, const char *what)
{
	core->wrong = what;
	return -1;
}

static bool within(const struct core_read *core, uint64_t at, uint64_t size)
{
	return at <= core->size && size <= core->size - at;
}

static uint64_t number_at(const struct core_read *core, uint64_t at)
{
	uint64_t number;

	memcpy(&number, core->bytes + at, sizeof(number));
	return number;
}

static uint32_t number32_at(const struct core_read *core, uint64_t at)
{
	uint32_t number;

	memcpy(&number, core->bytes + at, sizeof(number));
	return number;
}

static int reserve(struct core_read *core, size_t count)
{
	core->frames = calloc(count ? count : 1, sizeof(*core->frames));
	return core->frames ? 0 : wrong(core, "no memory");
}

static int by_pfn(const void *a, const void *b)
{
	uint64_t x = ((const struct core_read_frame *)a)->pfn;
	uint64_t y = ((const struct core_read_frame *)b)->pfn;

	return x < y ? -1 : x > y;
}

/* --- Xen's ELF --- */

static int section(struct core_read *core, const char *name, Elf64_Shdr *ret)
{
	Elf64_Ehdr header;
	Elf64_Shdr names;

	memcpy(&header, core->bytes, sizeof(header));
	if (header.e_shentsize != sizeof(*ret) ||
	    header.e_shstrndx >= header.e_shnum ||
	    !within(core, header.e_shoff, header.e_shnum * sizeof(*ret)))
		return wrong(core, "the section headers are not in the file");
	memcpy(&names, core->bytes + header.e_shoff +
	       header.e_shstrndx * sizeof(names), sizeof(names));
	if (!within(core, names.sh_offset, names.sh_size))
		return wrong(core, "the sections' names are not in the file");
	for (unsigned int i = 1; i < header.e_shnum; i++) {
		memcpy(ret, core->bytes + header.e_shoff + i * sizeof(*ret),
		       sizeof(*ret));
		if (ret->sh_name + strlen(name) + 1 > names.sh_size ||
		    strcmp((const char *)core->bytes + names.sh_offset +
			   ret->sh_name, name) != 0)
			continue;
		return within(core, ret->sh_offset, ret->sh_size) ? 0 :
			wrong(core, "a section is not in the file");
	}
	memset(ret, 0, sizeof(*ret));
	return 0;
}

static int read_elf_frames(struct core_read *core, const Elf64_Shdr *pages,
			   const Elf64_Shdr *table, size_t entry)
{
	size_t count = table->sh_size / entry;

	if (table->sh_entsize != entry ||
	    count * CORE_READ_PAGE != pages->sh_size)
		return wrong(core, "as many frames as pages are expected");
	if (reserve(core, count))
		return -1;
	for (size_t i = 0; i < count; i++) {
		uint64_t at = table->sh_offset + i * entry;
		struct core_read_frame *frame = &core->frames[core->count];

		frame->pfn = number_at(core, at);
		frame->gmfn = entry > 8 ? number_at(core, at + 8) : 0;
		frame->at = pages->sh_offset + i * CORE_READ_PAGE;
		core->count += frame->pfn != NO_FRAME;
	}
	return 0;
}

static int open_elf(struct core_read *core)
{
	Elf64_Shdr pages, table, registers;
	size_t entry = 16;

	if (section(core, ".xen_pages", &pages) ||
	    section(core, ".xen_prstatus", &registers) ||
	    section(core, ".xen_p2m", &table))
		return -1;
	if (!table.sh_offset) {
		entry = 8;
		if (section(core, ".xen_pfn", &table))
			return -1;
	}
	if (!pages.sh_offset || !table.sh_offset)
		return wrong(core, "a section is missing");
	core->registers = core->bytes + registers.sh_offset;
	core->registers_size = registers.sh_size;
	core->register_set = registers.sh_entsize;
	return read_elf_frames(core, &pages, &table, entry);
}

/* --- kdump, version 6, as its offsets are on a 64-bit machine --- */

enum {
	HEAD_VERSION = 8, HEAD_STATUS = 424, HEAD_BLOCK = 428, HEAD_SUB = 432,
	HEAD_BITMAP = 436, SUB_INFO = 32, SUB_NOTES = 48, SUB_MOST = 96,
	DESC_BYTES = 24, FLAG_ZLIB = 1, FLAG_ZSTD = 0x20, STATUS_INCOMPLETE = 8,
};

static int take_part(struct core_read *core, uint64_t at,
		     const unsigned char **ret_bytes, size_t *ret_size)
{
	uint64_t offset = number_at(core, at), size = number_at(core, at + 8);

	if (!within(core, offset, size))
		return wrong(core, "a note is not in the file");
	*ret_bytes = core->bytes + offset;
	*ret_size = size;
	return 0;
}

static int read_kdump_frames(struct core_read *core, uint64_t map_at,
			     uint64_t map_size, uint64_t most)
{
	const unsigned char *map = core->bytes + map_at + map_size / 2;
	uint64_t desc = map_at + map_size;
	size_t count = 0;

	if (!within(core, map_at, map_size) || most > map_size * 4)
		return wrong(core, "the bitmaps are not in the file");
	for (uint64_t pfn = 0; pfn < most; pfn++)
		count += map[pfn / 8] >> pfn % 8 & 1;
	if (!within(core, desc, count * DESC_BYTES))
		return wrong(core, "the descriptors are not in the file");
	if (reserve(core, count))
		return -1;
	for (uint64_t pfn = 0; pfn < most; pfn++)
		if (map[pfn / 8] >> pfn % 8 & 1) {
			core->frames[core->count].pfn = pfn;
			core->frames[core->count++].at = desc;
			desc += DESC_BYTES;
		}
	return 0;
}

static int open_kdump(struct core_read *core)
{
	uint64_t block = number32_at(core, HEAD_BLOCK);
	const unsigned char *info;

	core->is_kdump = true;
	if (block != CORE_READ_PAGE || number32_at(core, HEAD_VERSION) != 6 ||
	    !within(core, 0, 2 * block))
		return wrong(core, "not a kdump of version 6 with 4 KiB pages");
	core->is_incomplete = number32_at(core, HEAD_STATUS) &
			      STATUS_INCOMPLETE;
	if (take_part(core, block + SUB_INFO, &info, &core->vmcoreinfo_size) ||
	    take_part(core, block + SUB_NOTES, &core->registers,
		      &core->registers_size))
		return -1;
	core->vmcoreinfo = (const char *)info;
	return read_kdump_frames(core,
				 block * (1 + number32_at(core, HEAD_SUB)),
				 block * number32_at(core, HEAD_BITMAP),
				 number_at(core, block + SUB_MOST));
}

static int unpack(const struct core_read *core, uint64_t desc,
		  unsigned char *ret_page)
{
	uint64_t at = number_at(core, desc);
	uint32_t size = number32_at(core, desc + 8);
	uint32_t flags = number32_at(core, desc + 12);
	uLongf len = CORE_READ_PAGE;

	if (!at || !size || !within(core, at, size))
		return -1;
	if (flags & FLAG_ZSTD)
		return ZSTD_decompress(ret_page, CORE_READ_PAGE,
				       core->bytes + at, size) ==
		       CORE_READ_PAGE ? 0 : -1;
	if (flags & FLAG_ZLIB)
		return uncompress(ret_page, &len, core->bytes + at, size) ||
		       len != CORE_READ_PAGE ? -1 : 0;
	if (size != CORE_READ_PAGE)
		return -1;
	memcpy(ret_page, core->bytes + at, CORE_READ_PAGE);
	return 0;
}

/* --- either --- */

static int map_file(const char *path, struct core_read *core)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return wrong(core, "cannot be opened");
	if (fstat(fd, &st) == 0 && st.st_size >= CORE_READ_PAGE)
		bytes = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return wrong(core, "cannot be mapped");
	core->bytes = bytes;
	core->size = st.st_size;
	return 0;
}

int core_read_open(const char *path, struct core_read *core)
{
	int r;

	memset(core, 0, sizeof(*core));
	if (map_file(path, core))
		return -1;
	if (memcmp(core->bytes, ELFMAG, SELFMAG) == 0)
		r = open_elf(core);
	else if (memcmp(core->bytes, "KDUMP   ", 8) == 0)
		r = open_kdump(core);
	else
		r = wrong(core, "neither an ELF file nor a kdump");
	if (r == 0)
		qsort(core->frames, core->count, sizeof(*core->frames),
		      by_pfn);
	return r;
}

void core_read_close(struct core_read *core)
{
	free(core->frames);
	if (core->bytes)
		munmap((void *)core->bytes, core->size);
	memset(core, 0, sizeof(*core));
}

long core_read_find(const struct core_read *core, uint64_t pfn)
{
	struct core_read_frame key = { .pfn = pfn };
	struct core_read_frame *found =
		bsearch(&key, core->frames, core->count, sizeof(key), by_pfn);

	return found ? (long)(found - core->frames) : -1;
}

int core_read_page(const struct core_read *core, size_t index,
		   unsigned char *ret_page)
{
	uint64_t at = core->frames[index].at;

	if (core->is_kdump)
		return unpack(core, at, ret_page);
	memcpy(ret_page, core->bytes + at, CORE_READ_PAGE);
	return 0;
}
