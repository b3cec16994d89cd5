/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file's layout: headers, notes, registers, then the pages in the order
 * they were found, then their frame numbers.  Finds no pages itself.
 */
#include "port/core_elf.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/elfnote.h>
#include <xenctrl.h>

#include "port/core_frames.h"

#define MAGIC_HVM 0xF00FEBEEu /* XC_CORE_MAGIC_HVM */
#define FORMAT_VERSION 1ull   /* 0.1 */

/* In the order of the file's section headers. */
enum { SEC_NULL, SEC_NAMES, SEC_NOTE, SEC_PRSTATUS, SEC_PAGES, SEC_PFN, SEC_COUNT };

static const char names[] =
	"\0.shstrtab\0.note.Xen\0.xen_prstatus\0.xen_pages\0.xen_pfn";

struct note {
	uint32_t namesz, descsz, type;
	char name[4];
};

struct version_desc {
	uint64_t major, minor;
	xen_extraversion_t extra;
	xen_compile_info_t compile;
	xen_capabilities_info_t capabilities;
	xen_changeset_info_t changeset;
	xen_platform_parameters_t platform;
	uint64_t page_size;
};

struct notes {
	struct note none;
	struct note header;
	uint64_t magic, vcpus, pages, page_size;
	struct note version;
	struct version_desc xen;
	struct note format;
	uint64_t format_version;
};

struct core {
	xc_interface *xch;
	int fd;
	Elf64_Shdr section[SEC_COUNT];
	struct notes notes;
	uint64_t *pfn;
	size_t count, cap;
	uint64_t at;		/* where the next section begins */
};

static int write_at(const struct core *core, const void *from, size_t len,
		    uint64_t at)
{
	const char *bytes = from;

	while (len) {
		ssize_t n = pwrite(core->fd, bytes, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		at += n;
		len -= n;
	}
	return 0;
}

/* Names are found by their place in the one string. */
static uint32_t name_at(const char *name)
{
	const char *at = memmem(names, sizeof(names), name, strlen(name) + 1);

	return (uint32_t)(at - names);
}

static void set_section(struct core *core, int index, const char *name,
			uint32_t type, uint64_t size, uint64_t entry)
{
	core->section[index] = (Elf64_Shdr){
		.sh_name = name_at(name),
		.sh_type = type,
		.sh_offset = core->at,
		.sh_size = size,
		.sh_addralign = index == SEC_PAGES ? XC_PAGE_SIZE : 8,
		.sh_entsize = entry,
	};
	core->at += size;
}

/* --- registers --- */

/* A vCPU that is offline has none, and is left out as by libxc. */
static int write_registers(struct core *core, uint32_t domid)
{
	xc_vcpuinfo_t info;
	vcpu_guest_context_any_t context;
	uint64_t begin = core->at, count = 0;
	int r = 0;

	for (uint32_t vcpu = 0; r == 0 && vcpu < XEN_LEGACY_MAX_VCPUS * 4;
	     vcpu++) {
		if (xc_vcpu_getinfo(core->xch, domid, vcpu, &info))
			break;
		if (!info.online ||
		    xc_vcpu_getcontext(core->xch, domid, vcpu, &context))
			continue;
		r = write_at(core, &context, sizeof(context),
			     begin + count * sizeof(context));
		count++;
	}
	core->notes.vcpus = count;
	set_section(core, SEC_PRSTATUS, ".xen_prstatus", SHT_PROGBITS,
		    count * sizeof(context), sizeof(context));
	return r;
}

/* --- pages --- */

static int reserve(struct core *core)
{
	size_t cap = core->cap ? core->cap * 2 : 4096;
	uint64_t *pfn;

	if (core->count < core->cap)
		return 0;
	pfn = realloc(core->pfn, cap * sizeof(*pfn));
	if (!pfn)
		return -ENOMEM;
	core->pfn = pfn;
	core->cap = cap;
	return 0;
}

static int write_page(void *ctx, uint64_t pfn, const void *page)
{
	static const unsigned char zero[XC_PAGE_SIZE];
	struct core *core = ctx;
	uint64_t at = core->at + core->count * XC_PAGE_SIZE;
	int r = reserve(core);

	if (r < 0)
		return r;
	core->pfn[core->count++] = pfn;
	if (memcmp(page, zero, sizeof(zero)) == 0)
		return 0;
	return write_at(core, page, XC_PAGE_SIZE, at);
}

static int write_pages(struct core *core, uint32_t domid, uint64_t tot_pages)
{
	xen_pfn_t last;
	int r;

	if (xc_domain_maximum_gpfn(core->xch, domid, &last) < 0)
		return -errno;
	core->at = (core->at + XC_PAGE_SIZE - 1) & ~(XC_PAGE_SIZE - 1);
	r = core_frames_each(domid, last, tot_pages, write_page, core);
	set_section(core, SEC_PAGES, ".xen_pages", SHT_PROGBITS,
		    core->count * XC_PAGE_SIZE, XC_PAGE_SIZE);
	if (r < 0)
		return r;
	r = write_at(core, core->pfn, core->count * sizeof(*core->pfn),
		     core->at);
	set_section(core, SEC_PFN, ".xen_pfn", SHT_PROGBITS,
		    core->count * sizeof(*core->pfn), sizeof(*core->pfn));
	return r;
}

/* --- what is known only at the end, and stands at the start --- */

static struct note make_note(uint32_t type, size_t size)
{
	return (struct note){
		.namesz = sizeof("Xen"), .descsz = (uint32_t)size,
		.type = type, .name = "Xen",
	};
}

static int fill_notes(struct core *core)
{
	struct notes *notes = &core->notes;
	int version = xc_version(core->xch, XENVER_version, NULL);

	notes->none = make_note(XEN_ELFNOTE_DUMPCORE_NONE, 0);
	notes->header = make_note(XEN_ELFNOTE_DUMPCORE_HEADER,
				  4 * sizeof(uint64_t));
	notes->magic = MAGIC_HVM;
	notes->pages = core->count;
	notes->page_size = XC_PAGE_SIZE;
	notes->version = make_note(XEN_ELFNOTE_DUMPCORE_XEN_VERSION,
				   sizeof(notes->xen));
	notes->xen.major = (unsigned int)version >> 16;
	notes->xen.minor = version & 0xffff;
	notes->xen.page_size = XC_PAGE_SIZE;
	notes->format = make_note(XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION,
				  sizeof(uint64_t));
	notes->format_version = FORMAT_VERSION;
	if (version < 0 ||
	    xc_version(core->xch, XENVER_extraversion, &notes->xen.extra) < 0 ||
	    xc_version(core->xch, XENVER_compile_info,
		       &notes->xen.compile) < 0 ||
	    xc_version(core->xch, XENVER_capabilities,
		       &notes->xen.capabilities) < 0 ||
	    xc_version(core->xch, XENVER_changeset, &notes->xen.changeset) < 0 ||
	    xc_version(core->xch, XENVER_platform_parameters,
		       &notes->xen.platform) < 0)
		return -errno;
	return 0;
}

static int write_headers(struct core *core)
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
	int r = write_at(core, names, sizeof(names), core->at);

	set_section(core, SEC_NAMES, ".shstrtab", SHT_STRTAB, sizeof(names),
		    0);
	if (r == 0)
		r = write_at(core, &core->notes, sizeof(core->notes),
			     core->section[SEC_NOTE].sh_offset);
	if (r == 0)
		r = write_at(core, core->section, sizeof(core->section),
			     header.e_shoff);
	if (r == 0)
		r = write_at(core, &header, sizeof(header), 0);
	return r;
}

static int write_core(struct core *core, uint32_t domid, uint64_t tot_pages)
{
	int r;

	core->at = sizeof(Elf64_Ehdr) + sizeof(core->section);
	set_section(core, SEC_NOTE, ".note.Xen", SHT_NOTE,
		    sizeof(core->notes), 0);
	r = write_registers(core, domid);
	if (r == 0)
		r = write_pages(core, domid, tot_pages);
	if (r == 0)
		r = fill_notes(core);
	if (r == 0)
		r = write_headers(core);
	return r;
}

int core_elf_write(uint32_t domid, uint64_t tot_pages, int fd,
		   struct text *why)
{
	struct core core = { .fd = fd };
	int r;

	core.xch = xc_interface_open(NULL, NULL, 0);
	r = core.xch ? write_core(&core, domid, tot_pages) : -errno;
	if (core.xch)
		xc_interface_close(core.xch);
	if (r == 0)
		text_printf(why, "%zu pages", core.count);
	else
		text_printf(why, "writing the core failed after %zu pages: %s",
			    core.count, strerror(-r));
	free(core.pfn);
	return r;
}
