/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests whose pages lie far above what they have: a made-up libxenctrl says
 * what the hypervisor counts, and a made-up memory has the pages.  All of them
 * are found, in a bounded number of calls, and a core says when it lacks some.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core_fake.h"
#include "core_map_fake.h"
#include "dump/core_dump.h"
#include "dump/core_elf.h"
#include "dump/core_kdump.h"
#include "port/core_xen.h"
#include "tap.h"

#define MIB_FRAMES 256ull
#define FOUR_GIB 0x100000ull

/* A PV guest's frames are its own numbers and FRAMES; the table's are apart. */
#define FRAMES 0x100000ull
#define SHARED 1u
#define TREE 2u
#define LISTS 0x1000u
#define TABLES 0x10000u

/* The domain that the calls below speak of. */
static struct {
	bool hvm;
	unsigned int width, last_vcpu;	/* 0: 8 bytes */
	uint64_t tot_pages, last_pfn;
	struct core_fake_range ram[3];	/* ended by count 0 */
	unsigned char page[CORE_PAGE_BYTES];
	struct core_map map;
} domain;

/* --- libxenctrl --- */

xc_interface *xc_interface_open(xentoollog_logger *logger,
				xentoollog_logger *dombuild_logger,
				unsigned int flags)
{
	(void)logger, (void)dombuild_logger, (void)flags;
	return (xc_interface *)&domain;
}

int xc_interface_close(xc_interface *xch)
{
	return xch ? 0 : -1;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int most,
			  xc_domaininfo_t *info)
{
	(void)xch, (void)most;
	memset(info, 0, sizeof(*info));
	info->domain = first;
	info->flags = XEN_DOMINF_shutdown |
		      (domain.hvm ? XEN_DOMINF_hvm_guest : 0);
	/* libxl sets the maximum to what the guest has now, not to maxmem. */
	info->tot_pages = info->max_pages = domain.tot_pages;
	info->max_vcpu_id = domain.last_vcpu;
	info->shared_info_frame = domain.hvm ? UINT64_MAX : SHARED;
	return 1;
}

int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid,
			   xen_pfn_t *ret_last)
{
	(void)xch, (void)domid;
	*ret_last = domain.last_pfn;
	return 0;
}

int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid,
			      unsigned int *ret_bytes)
{
	(void)xch, (void)domid;
	*ret_bytes = domain.width ? domain.width : 8;
	return 0;
}

int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid,
			     uint64_t *ret_total, uint64_t *ret_cache,
			     uint64_t *ret_entries)
{
	(void)xch, (void)domid;
	*ret_total = domain.tot_pages;
	*ret_cache = *ret_entries = 0;
	return 0;
}

int xc_maximum_ram_page(xc_interface *xch, unsigned long *ret_last)
{
	(void)xch;
	*ret_last = 1ul << 30;
	return 0;
}

int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t id,
		       vcpu_guest_context_any_t *context)
{
	(void)xch, (void)domid, (void)id;
	memset(context, 0, sizeof(*context));
	return 0;
}

/* --- the domain's memory --- */

static bool has_pfn(uint64_t pfn)
{
	for (const struct core_fake_range *at = domain.ram; at->count; at++)
		if (pfn >= at->first && pfn - at->first < at->count)
			return true;
	return false;
}

static const void *number_page(uint64_t first, bool (*is_there)(uint64_t))
{
	uint64_t *entry = (uint64_t *)domain.page;

	for (unsigned int i = 0; i < 512; i++)
		entry[i] = !is_there || is_there(first + i - FRAMES) ?
			   first + i : UINT64_MAX;
	return entry;
}

static const void *pv_page_at(uint64_t frame)
{
	shared_info_t info = { .arch.max_pfn = domain.last_pfn + 1,
			       .arch.pfn_to_mfn_frame_list_list = TREE };

	if (frame == SHARED) {
		memcpy(domain.page, &info, sizeof(info));
		return domain.page;
	}
	if (frame == TREE)
		return number_page(LISTS, NULL);
	if (frame >= LISTS && frame < LISTS + 512)
		return number_page(TABLES + (frame - LISTS) * 512, NULL);
	if (frame >= TABLES && frame < FRAMES)
		return number_page(FRAMES + (frame - TABLES) * 512, has_pfn);
	return frame >= FRAMES && has_pfn(frame - FRAMES) ? domain.page : NULL;
}

static const void *page_at(const struct core_map *map, uint64_t frame)
{
	(void)map;
	if (!domain.hvm)
		return pv_page_at(frame);
	return has_pfn(frame) ? domain.page : NULL;
}

int core_map_open(uint32_t domid, struct core_map **ret_map)
{
	(void)domid;
	domain.map = (struct core_map){ .page_at = page_at };
	*ret_map = &domain.map;
	return 0;
}

void core_map_close(struct core_map *map)
{
	(void)map;
}

void core_map_limit(struct core_map *map, int64_t end_ms)
{
	(void)map, (void)end_ms;
}

/* --- what is found --- */

static int count_pages(void *ctx, struct core_batch *batch)
{
	*(uint64_t *)ctx += batch->count;
	return 0;
}

static size_t each_page(const unsigned char *page)
{
	(void)page;
	return 1;
}

/* Half of the guest's pages are the first, half the last below MAXMEM. */
static void set_guest(bool hvm, uint64_t memory_mib, uint64_t maxmem_mib)
{
	uint64_t half = memory_mib * MIB_FRAMES / 2;
	uint64_t end = maxmem_mib * MIB_FRAMES;

	if (hvm && end > FOUR_GIB * 15 / 16)
		end += FOUR_GIB / 16;
	domain.hvm = hvm;
	domain.tot_pages = 2 * half;
	domain.last_pfn = end - 1;
	domain.ram[0] = (struct core_fake_range){ 0, half };
	domain.ram[1] = (struct core_fake_range){ end - half, half };
}

static uint64_t find_all(size_t (*wanted)(const unsigned char *page))
{
	uint64_t found = 0;
	struct core_xen *xen;
	struct text why = { 0 };
	const struct core_guest *guest;

	if (core_xen_open(7, &xen, &why))
		return UINT64_MAX;
	core_xen_pick(xen, wanted, NULL);
	guest = core_xen_guest(xen);
	if (guest->walk(guest->source, count_pages, &found))
		found = UINT64_MAX;
	core_xen_close(xen);
	text_free(&why);
	return found;
}

static void test_found(void)
{
	static const struct { uint64_t memory, maxmem; } guests[] = {
		{ 640, 13312 }, { 1024, 65536 }, { 4096, 32768 },
		{ 4096, 16384 },
	};

	for (size_t i = 0; i < 2 * sizeof(guests) / sizeof(*guests); i++) {
		uint64_t memory = guests[i / 2].memory, found;
		uint64_t maxmem = guests[i / 2].maxmem;
		const char *form = i % 2 ? "PVH" : "PV";

		set_guest(i % 2, memory, maxmem);
		found = find_all(memory > 1024 ? each_page : NULL);
		ok(found == domain.tot_pages, "%s: %llu MiB of at most %llu: "
		   "%llu of %llu pages", form, (unsigned long long)memory,
		   (unsigned long long)maxmem, (unsigned long long)found,
		   (unsigned long long)domain.tot_pages);
		ok(domain.map.calls <= maxmem / 4 + 3 * memory / 4 + 1024,
		   "%s: in %lu calls", form, domain.map.calls);
	}
}

/* A page that no walk reaches, and a guest that counts what it never shows. */
static void test_bound(void)
{
	set_guest(true, 128, 128);
	domain.last_pfn = 1ull << 40;
	domain.tot_pages++;
	ok(find_all(NULL) == 128 * MIB_FRAMES,
	   "a page at a number of the guest's own choice is not found");
	ok(domain.map.calls < 1 << 18, "and ends the search in %lu calls",
	   domain.map.calls);
}

static void test_vcpus(void)
{
	struct text why = { 0 };
	struct core_xen *xen;

	set_guest(false, 128, 128);
	domain.last_vcpu = 8191;
	ok(core_xen_open(7, &xen, &why) == 0 &&
	   core_xen_guest(xen)->vcpu_count == 8192,
	   "a PV guest has all the vCPUs that Xen allows");
	core_xen_close(xen);
	domain.last_vcpu = 0;
	text_free(&why);
}

/* What libxc would write: its size is known before. */
static int dump_narrow(uint32_t largest_mib, uint32_t free_percent)
{
	char path[] = "/tmp/test-core-sparse-XXXXXX";
	struct core_dump_order order = {
		.domid = 7, .name = "one.core",
		.capture = { .largest_mib = largest_mib,
			     .free_percent = free_percent, .per_guest = 1 },
	};
	struct capture_facts facts;
	struct text why = { 0 };
	int r;

	set_guest(false, 1024, 1024);
	if (free_percent)
		domain.tot_pages = 1ull << 40; /* more than any disk */
	domain.width = 4;
	order.dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY) : -1;
	r = core_dump_write(&order, NULL, &facts, &why);
	domain.width = 0;
	if (r == -EFBIG && !strstr(text_get(&why), "cannot be cut"))
		r = 0;
	text_free(&why);
	close(order.dir);
	return rmdir(path) ? -EIO : r;
}

static void test_narrow(void)
{
	ok(dump_narrow(512, 0) == -EFBIG,
	   "a 32-bit PV guest's core is not begun beyond core_largest_mib");
	ok(dump_narrow(1024, 0) == -EFBIG, "what is beside the pages counts");
	ok(dump_narrow(0, 1) == -EFBIG, "nor into what is left free");
	ok(dump_narrow(1200, 0) == -ENOTSUP, "one that fits is libxc's");
}

static const struct core_fake_range some[] = { { 0, 2000 }, { 0 } };

/* The facts of a core of SOME, of which the hypervisor counts so many more. */
static struct capture_facts written(bool translated, bool kdump, uint64_t more)
{
	char path[] = "/tmp/test-core-sparse-XXXXXX";
	struct core_out out = { .fd = mkstemp(path) };
	static struct core_fake fake;

	unlink(path);
	core_fake_setup(&fake, translated, some);
	fake.guest.tot_pages += more;
	fake.guest.most_pages += more;
	if (kdump ? core_kdump_write(&fake.guest, true, &out) :
		    core_elf_write(&fake.guest, &out))
		out.facts.pages = 0;
	core_fake_free(&fake);
	close(out.fd);
	return out.facts;
}

static void test_truncated(void)
{
	struct capture_facts facts;

	for (int i = 0; i < 3; i++) {
		const char *form = i == 0 ? "kdump" : i == 1 ? "ELF, PVH" :
							       "ELF, PV";

		facts = written(i < 2, i == 0, 0);
		ok(facts.pages == 2000 && !facts.truncated,
		   "%s: a core with all pages is whole", form);
		facts = written(i < 2, i == 0, 1);
		ok(facts.pages == 2000 && facts.truncated,
		   "%s: one that lacks a page is truncated", form);
	}
}

int main(void)
{
	test_found();
	test_bound();
	test_vcpus();
	test_narrow();
	test_truncated();
	return done_testing();
}
