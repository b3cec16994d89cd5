/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The notes of Xen's ELF core, as they are in the file.
 */
#ifndef DUMP_CORE_ELF_NOTES_H
#define DUMP_CORE_ELF_NOTES_H

#include "port/core_guest.h"

struct core_elf_note {
	uint32_t namesz, descsz, type;
	char name[4];
};

struct core_elf_version {
	uint64_t major, minor;
	xen_extraversion_t extra;
	xen_compile_info_t compile;
	xen_capabilities_info_t capabilities;
	xen_changeset_info_t changeset;
	xen_platform_parameters_t platform;
	uint64_t page_size;
};

struct core_elf_notes {
	struct core_elf_note none;
	struct core_elf_note header;
	uint64_t magic, vcpus, pages, page_size;
	struct core_elf_note version;
	struct core_elf_version xen;
	struct core_elf_note format;
	uint64_t format_version;
};

/* For a core of PAGES.  Zero where there is no hypervisor to say. */
int core_elf_notes_fill(const struct core_guest *guest, uint64_t pages,
			struct core_elf_notes *ret_notes);

#endif
