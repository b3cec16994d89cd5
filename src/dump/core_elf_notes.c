/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fills the notes.  Writes no file.
 */
#include "dump/core_elf_notes.h"

#include <errno.h>
#include <string.h>
#include <xen/elfnote.h>

#define FORMAT_VERSION 1ull   /* 0.1 */

static struct core_elf_note make_note(uint32_t type, size_t size)
{
	return (struct core_elf_note){
		.namesz = sizeof("Xen"), .descsz = (uint32_t)size,
		.type = type, .name = "Xen",
	};
}

static int ask_version(xc_interface *xch, struct core_elf_version *xen)
{
	int version = xc_version(xch, XENVER_version, NULL);

	xen->major = (unsigned int)version >> 16;
	xen->minor = version & 0xffff;
	if (version < 0 ||
	    xc_version(xch, XENVER_extraversion, &xen->extra) < 0 ||
	    xc_version(xch, XENVER_compile_info, &xen->compile) < 0 ||
	    xc_version(xch, XENVER_capabilities, &xen->capabilities) < 0 ||
	    xc_version(xch, XENVER_changeset, &xen->changeset) < 0 ||
	    xc_version(xch, XENVER_platform_parameters, &xen->platform) < 0)
		return -errno;
	return 0;
}

int core_elf_notes_fill(const struct core_guest *guest, uint64_t pages,
			struct core_elf_notes *ret_notes)
{
	struct core_elf_notes notes;
	int r = 0;

	memset(&notes, 0, sizeof(notes));
	notes.none = make_note(XEN_ELFNOTE_DUMPCORE_NONE, 0);
	notes.header = make_note(XEN_ELFNOTE_DUMPCORE_HEADER,
				 4 * sizeof(uint64_t));
	notes.magic = guest->translated ? XC_CORE_MAGIC_HVM : XC_CORE_MAGIC;
	notes.vcpus = guest->vcpu_count;
	notes.pages = pages;
	notes.page_size = CORE_PAGE_BYTES;
	notes.version = make_note(XEN_ELFNOTE_DUMPCORE_XEN_VERSION,
				  sizeof(notes.xen));
	notes.xen.page_size = CORE_PAGE_BYTES;
	notes.format = make_note(XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION,
				 sizeof(uint64_t));
	notes.format_version = FORMAT_VERSION;
	if (guest->xch)
		r = ask_version(guest->xch, &notes.xen);
	if (r == 0)
		*ret_notes = notes;
	return r;
}
