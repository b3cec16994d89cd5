/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lines of "xl info", in its order and form, by hypercalls alone.
 */
#include "port/hostview.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <xenctrl.h>

#include "hostview_impl.h"

#define PAGES_PER_MIB ((1 << 20) / XC_PAGE_SIZE)

struct sheet {
	const char *only;	/* NULL: every line */
	FILE *out;
};

/* Like xl: the line that starts with the word, and only its value. */
static void put_line(const struct sheet *sheet, const char *key, const char *fmt,
		     ...) __attribute__((format(printf, 3, 4)));

static void put_line(const struct sheet *sheet, const char *key, const char *fmt,
		     ...)
{
	va_list args;

	if (sheet->only && strncmp(key, sheet->only, strlen(sheet->only)))
		return;
	if (!sheet->only)
		fprintf(sheet->out, "%-22s : ", key);
	va_start(args, fmt);
	vfprintf(sheet->out, fmt, args);
	va_end(args);
	fputc('\n', sheet->out);
}

static void put_node(const struct sheet *sheet)
{
	struct utsname name;

	if (uname(&name))
		return;
	put_line(sheet, "host", "%s", name.nodename);
	put_line(sheet, "release", "%s", name.release);
	put_line(sheet, "version", "%s", name.version);
	put_line(sheet, "machine", "%s", name.machine);
}

static void put_cpus(const struct sheet *sheet, const xc_physinfo_t *phys)
{
	const uint32_t *caps = phys->hw_cap;

	put_line(sheet, "nr_cpus", "%u", phys->nr_cpus);
	put_line(sheet, "max_cpu_id", "%u", phys->max_cpu_id);
	put_line(sheet, "nr_nodes", "%u", phys->nr_nodes);
	put_line(sheet, "cores_per_socket", "%u", phys->cores_per_socket);
	put_line(sheet, "threads_per_core", "%u", phys->threads_per_core);
	put_line(sheet, "cpu_mhz", "%u.%03u", phys->cpu_khz / 1000,
		 phys->cpu_khz % 1000);
	put_line(sheet, "hw_caps", "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x",
		 caps[0], caps[1], caps[2], caps[3], caps[4], caps[5], caps[6],
		 caps[7]);
}

static void put_memory(const struct sheet *sheet, const xc_physinfo_t *phys)
{
	put_line(sheet, "total_memory", "%" PRIu64,
		 (uint64_t)phys->total_pages / PAGES_PER_MIB);
	put_line(sheet, "free_memory", "%" PRIu64,
		 (uint64_t)(phys->free_pages - phys->outstanding_pages) /
			 PAGES_PER_MIB);
	put_line(sheet, "outstanding_claims", "%" PRIu64,
		 (uint64_t)phys->outstanding_pages / PAGES_PER_MIB);
}

static void put_xen(const struct sheet *sheet, xc_interface *xch)
{
	int version = xc_version(xch, XENVER_version, NULL);
	xen_extraversion_t extra = { 0 };
	xen_capabilities_info_t caps = { 0 };
	xen_commandline_t line = { 0 };
	xen_changeset_info_t change = { 0 };
	xen_platform_parameters_t platform = { 0 };

	xc_version(xch, XENVER_extraversion, &extra);
	xc_version(xch, XENVER_capabilities, &caps);
	xc_version(xch, XENVER_commandline, &line);
	xc_version(xch, XENVER_changeset, &change);
	xc_version(xch, XENVER_platform_parameters, &platform);
	put_line(sheet, "xen_major", "%d", version >> 16);
	put_line(sheet, "xen_minor", "%d", version & 0xffff);
	put_line(sheet, "xen_extra", "%s", extra);
	put_line(sheet, "xen_version", "%d.%d%s", version >> 16, version & 0xffff,
		 extra);
	put_line(sheet, "xen_caps", "%s", caps);
	put_line(sheet, "xen_pagesize", "%d",
		 xc_version(xch, XENVER_pagesize, NULL));
	put_line(sheet, "platform_params", "virt_start=0x%lx",
		 (unsigned long)platform.virt_start);
	put_line(sheet, "xen_changeset", "%s", change);
	put_line(sheet, "xen_commandline", "%s", line);
}

static void put_compiler(const struct sheet *sheet, xc_interface *xch)
{
	xen_compile_info_t compile;

	memset(&compile, 0, sizeof(compile));
	xc_version(xch, XENVER_compile_info, &compile);
	put_line(sheet, "cc_compiler", "%s", compile.compiler);
	put_line(sheet, "cc_compile_by", "%s", compile.compile_by);
	put_line(sheet, "cc_compile_domain", "%s", compile.compile_domain);
	put_line(sheet, "cc_compile_date", "%s", compile.compile_date);
}

int hostview_info(struct hostview *view, const char *only, FILE *out)
{
	struct sheet sheet = { .only = only, .out = out };
	xc_physinfo_t phys = { 0 };

	if (xc_physinfo(view->xch, &phys))
		return -errno;
	put_node(&sheet);
	put_cpus(&sheet, &phys);
	put_memory(&sheet, &phys);
	put_xen(&sheet, view->xch);
	put_compiler(&sheet, view->xch);
	return 0;
}
