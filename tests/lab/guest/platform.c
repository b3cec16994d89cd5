/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns every hypercall of the tiny guest and the difference between a PV and a
 * PVH start. It must not know what the guest was asked to do.
 */
#include "guest.h"

#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/arch-x86/hvm/start_info.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>

#define PAGE_SHIFT		12
#define PAGE_SIZE		4096ul
#define PAGE_ENTRIES		(PAGE_SIZE / sizeof(unsigned long))
#define PTE_PRESENT_RW_USER	7ul
#define CPUID_XEN_FIRST		0x40000000u
#define CPUID_XEN_LAST		0x40010000u
#define CPUID_XEN_SIGNATURE	0x566e6558u /* "XenV" */

static struct {
	const char *cmdline;
	volatile struct xencons_interface *console;
	uint32_t console_port;
} platform;

static long hypercall(unsigned int nr, uint64_t a1, uint64_t a2, uint64_t a3)
{
	register void *entry = hypercall_page + nr * 32;
	long result;

	asm volatile("call *%[entry]"
		     : "=a" (result), "+D" (a1), "+S" (a2), "+d" (a3)
		     : [entry] "0" (entry)
		     : "rcx", "r8", "r9", "r10", "r11", "memory");
	return result;
}

static long sched_op(unsigned int op, void *arg)
{
	return hypercall(__HYPERVISOR_sched_op, op, (uintptr_t)arg, 0);
}

static void pvh_enable_hypercalls(void)
{
	uint32_t base, eax, ebx, ecx, edx, msr;

	for (base = CPUID_XEN_FIRST; base < CPUID_XEN_LAST; base += 0x100) {
		asm volatile("cpuid" : "=a" (eax), "=b" (ebx), "=c" (ecx), "=d" (edx)
			     : "0" (base), "2" (0));
		if (ebx == CPUID_XEN_SIGNATURE)
			break;
	}
	asm volatile("cpuid" : "=a" (eax), "=b" (msr), "=c" (ecx), "=d" (edx)
		     : "0" (base + 2), "2" (0));
	asm volatile("wrmsr" : : "c" (msr), "a" ((uint32_t)(uintptr_t)hypercall_page),
		     "d" (0) : "memory");
}

static uint64_t pvh_param(uint32_t index)
{
	struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };

	hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (uintptr_t)&param, 0);
	return param.value;
}

static void pvh_init(const struct hvm_start_info *info)
{
	struct xen_add_to_physmap shared = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = (uintptr_t)&shared_page >> PAGE_SHIFT,
	};

	pvh_enable_hypercalls();
	hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uintptr_t)&shared, 0);
	platform.cmdline = (const char *)info->cmdline_paddr;
	platform.console = (void *)(pvh_param(HVM_PARAM_CONSOLE_PFN) << PAGE_SHIFT);
	platform.console_port = pvh_param(HVM_PARAM_CONSOLE_EVTCHN);
}

/*
 * Says where its pages are, by a list of the frames of a list of the frames of
 * the builder's table: without it no tool can take a core of a PV guest.
 */
static void pv_publish_p2m(const struct start_info *info)
{
	static unsigned long frames[PAGE_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
	static unsigned long lists[PAGE_ENTRIES] __attribute__((aligned(PAGE_SIZE)));
	const unsigned long *p2m = (void *)info->mfn_list;
	unsigned long first = info->mfn_list >> PAGE_SHIFT;
	size_t i;

	for (i = 0; i < PAGE_ENTRIES && i * PAGE_ENTRIES < info->nr_pages; i++)
		frames[i] = p2m[first + i];
	lists[0] = p2m[(uintptr_t)frames >> PAGE_SHIFT];
	shared_page.arch.pfn_to_mfn_frame_list_list = p2m[(uintptr_t)lists >> PAGE_SHIFT];
	shared_page.arch.max_pfn = info->nr_pages;
}

static void pv_init(const struct start_info *info)
{
	const unsigned long *machine_to_phys = (void *)MACH2PHYS_VIRT_START;

	hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)&shared_page,
		  info->shared_info | PTE_PRESENT_RW_USER, UVMF_INVLPG);
	pv_publish_p2m(info);
	platform.cmdline = (const char *)info->cmd_line;
	platform.console = (void *)(machine_to_phys[info->console.domU.mfn] << PAGE_SHIFT);
	platform.console_port = info->console.domU.evtchn;
}

void platform_init(bool is_pv, void *start)
{
	size_t i;

	if (is_pv)
		pv_init(start);
	else
		pvh_init(start);
	/* Nothing is ever delivered: a masked port wakes nobody up. */
	for (i = 0; i < sizeof(shared_page.evtchn_mask) / sizeof(shared_page.evtchn_mask[0]); i++)
		shared_page.evtchn_mask[i] = ~0ul;
}

const char *platform_cmdline(void)
{
	return platform.cmdline ? platform.cmdline : "";
}

void platform_print(const char *text)
{
	volatile struct xencons_interface *ring = platform.console;
	struct evtchn_send send = { .port = platform.console_port };
	uint32_t prod;

	if (!ring)
		return;
	prod = ring->out_prod;
	while (*text && prod - ring->out_cons < sizeof(ring->out))
		ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = *text++;
	asm volatile("" : : : "memory");
	ring->out_prod = prod;
	hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uintptr_t)&send, 0);
}

static uint64_t scale_tsc(uint64_t delta, uint32_t mul, int shift)
{
	delta = shift < 0 ? delta >> -shift : delta << shift;
	return (uint64_t)(((unsigned __int128)delta * mul) >> 32);
}

uint64_t platform_system_time_ns(void)
{
	volatile struct vcpu_time_info *time = &shared_page.vcpu_info[0].time;
	uint32_t version, low, high;
	uint64_t now;

	do {
		version = time->version;
		asm volatile("lfence; rdtsc" : "=a" (low), "=d" (high) : : "memory");
		now = time->system_time +
		      scale_tsc(((uint64_t)high << 32 | low) - time->tsc_timestamp,
				time->tsc_to_system_mul, time->tsc_shift);
	} while ((version & 1) || version != time->version);
	return now;
}

void platform_sleep_until(uint64_t system_time_ns)
{
	struct sched_poll poll = { .nr_ports = 0, .timeout = system_time_ns };

	while (platform_system_time_ns() < system_time_ns)
		sched_op(SCHEDOP_poll, &poll);
}

void platform_wait_for_input(void)
{
	volatile struct xencons_interface *ring = platform.console;
	evtchn_port_t port = platform.console_port;
	struct sched_poll poll = { .nr_ports = 1, .timeout = 0 };

	set_xen_guest_handle(poll.ports, &port);
	while (ring->in_prod == ring->in_cons) {
		/* A port that is pending already would wake nobody. */
		shared_page.evtchn_pending[port / 64] &= ~(1ul << (port % 64));
		if (ring->in_prod == ring->in_cons)
			sched_op(SCHEDOP_poll, &poll);
	}
	ring->in_cons = ring->in_prod;
}

void platform_idle(void)
{
	/* A poll of no port without a timeout: blocked with events still masked. */
	struct sched_poll poll = { .nr_ports = 0, .timeout = 0 };

	for (;;)
		sched_op(SCHEDOP_poll, &poll);
}

void platform_shutdown(unsigned int reason)
{
	struct sched_shutdown shutdown = { .reason = reason };

	sched_op(SCHEDOP_shutdown, &shutdown);
}

void platform_watchdog(unsigned int seconds)
{
	struct sched_watchdog watchdog = { .id = 0, .timeout = seconds };

	sched_op(SCHEDOP_watchdog, &watchdog);
}
