/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks the hypervisor for each vCPU's registers.  Stops no vCPU: those of a
 * domain that has shut down stand still.
 */
#include "port/vcpus.h"

#include <errno.h>
#include <string.h>
#include <xenctrl.h>
#include <xen/hvm/save.h>

#include "core/registers.h"

#define VCPUS_MAX 1024u

struct vcpus {
	xc_interface *xch;
	uint32_t domid;
	bool hvm;
	unsigned int width;	/* PV: 4 or 8 bytes */
	unsigned int last_id;
};

static void take_hvm(const struct hvm_hw_cpu *from, struct registers *regs)
{
	regs->hvm = true;
	regs->wide = from->cs_arbytes >> 9 & 1;
#define X(name) regs->name = from->name;
	REGISTERS_GENERAL_LIST(X)
#undef X
	regs->rip = from->rip;
	regs->rsp = from->rsp;
	regs->rflags = from->rflags;
	regs->cr0 = from->cr0;
	regs->cr2 = from->cr2;
	regs->cr3 = from->cr3;
	regs->cr4 = from->cr4;
	regs->efer = from->msr_efer;
	regs->fs_base = from->fs_base;
	regs->gs_base = from->gs_base;
	regs->gs_kernel = from->shadow_gs;
	regs->idtr_base = from->idtr_base;
	regs->gdtr_base = from->gdtr_base;
	regs->cs = from->cs_sel;
	regs->ss = from->ss_sel;
	regs->ds = from->ds_sel;
	regs->es = from->es_sel;
	regs->fs = from->fs_sel;
	regs->gs = from->gs_sel;
}

/* What both forms of a PV vCPU have, by the same names but for one letter. */
#define TAKE_PV(regs, from, a)                                             \
	do {                                                               \
		(regs)->rax = (from)->user_regs.a##ax;                     \
		(regs)->rbx = (from)->user_regs.a##bx;                     \
		(regs)->rcx = (from)->user_regs.a##cx;                     \
		(regs)->rdx = (from)->user_regs.a##dx;                     \
		(regs)->rsi = (from)->user_regs.a##si;                     \
		(regs)->rdi = (from)->user_regs.a##di;                     \
		(regs)->rbp = (from)->user_regs.a##bp;                     \
		(regs)->rip = (from)->user_regs.a##ip;                     \
		(regs)->rsp = (from)->user_regs.a##sp;                     \
		(regs)->rflags = (from)->user_regs.a##flags;               \
		(regs)->cs = (from)->user_regs.cs;                         \
		(regs)->ss = (from)->user_regs.ss;                         \
		(regs)->ds = (from)->user_regs.ds;                         \
		(regs)->es = (from)->user_regs.es;                         \
		(regs)->fs = (from)->user_regs.fs;                         \
		(regs)->gs = (from)->user_regs.gs;                         \
		(regs)->cr0 = (from)->ctrlreg[0];                          \
		(regs)->cr2 = (from)->ctrlreg[2];                          \
		(regs)->cr3 = (from)->ctrlreg[3];                          \
		(regs)->cr4 = (from)->ctrlreg[4];                          \
		(regs)->kernel = (from)->flags & VGCF_in_kernel;           \
	} while (0)

static void take_pv64(const vcpu_guest_context_x86_64_t *from,
		      struct registers *regs)
{
	TAKE_PV(regs, from, r);
	regs->wide = true;
	regs->r8 = from->user_regs.r8;
	regs->r9 = from->user_regs.r9;
	regs->r10 = from->user_regs.r10;
	regs->r11 = from->user_regs.r11;
	regs->r12 = from->user_regs.r12;
	regs->r13 = from->user_regs.r13;
	regs->r14 = from->user_regs.r14;
	regs->r15 = from->user_regs.r15;
	regs->fs_base = from->fs_base;
	regs->gs_base = regs->kernel ? from->gs_base_kernel :
				       from->gs_base_user;
	regs->gs_kernel = from->gs_base_kernel;
}

static void take_pv32(const vcpu_guest_context_x86_32_t *from,
		      struct registers *regs)
{
	TAKE_PV(regs, from, e);
}

static int read_hvm(const struct vcpus *vcpus, unsigned int id,
		    struct registers *regs)
{
	HVM_SAVE_TYPE(CPU) cpu;

	memset(&cpu, 0, sizeof(cpu));
	if (xc_domain_hvm_getcontext_partial(vcpus->xch, vcpus->domid,
					     HVM_SAVE_CODE(CPU), id, &cpu,
					     sizeof(cpu)))
		return -errno;
	take_hvm(&cpu, regs);
	return 0;
}

static int read_pv(const struct vcpus *vcpus, unsigned int id,
		   struct registers *regs)
{
	vcpu_guest_context_any_t any;

	memset(&any, 0, sizeof(any));
	if (xc_vcpu_getcontext(vcpus->xch, vcpus->domid, id, &any))
		return -errno;
	if (vcpus->width == 8)
		take_pv64(&any.x64, regs);
	else
		take_pv32(&any.x32, regs);
	return 0;
}

static int ask_domain(struct vcpus *vcpus)
{
	xc_domaininfo_t info;
	int n = xc_domain_getinfolist(vcpus->xch, vcpus->domid, 1, &info);

	if (n < 0)
		return -errno;
	if (n == 0 || info.domain != vcpus->domid)
		return -ESRCH;
	vcpus->hvm = info.flags & XEN_DOMINF_hvm_guest;
	vcpus->last_id = info.max_vcpu_id < VCPUS_MAX ? info.max_vcpu_id :
							VCPUS_MAX - 1;
	if (!vcpus->hvm && xc_domain_get_guest_width(vcpus->xch, vcpus->domid,
						     &vcpus->width))
		return -errno;
	return 0;
}

/* One that never ran has none.  -ENODATA: so it is with all. */
static int read_all(const struct vcpus *vcpus, size_t most, struct text *text)
{
	int first = -ENODATA;
	size_t begun = text->len;

	for (unsigned int id = 0; id <= vcpus->last_id; id++) {
		struct registers regs = { 0 };
		int r = vcpus->hvm ? read_hvm(vcpus, id, &regs) :
				     read_pv(vcpus, id, &regs);
		size_t before = text->len;

		if (r == 0)
			registers_format(&regs, id, text);
		else if (first == -ENODATA)
			first = r;
		if (r == 0 && text->len + (text->len - before) - begun > most) {
			text_printf(text, "those from vCPU %u on are not "
				    "shown\n", id + 1);
			break;
		}
	}
	return text->error ? text->error : text->len > begun ? 0 : first;
}

int vcpus_read(uint32_t domid, size_t most, struct text *text,
	       struct text *why)
{
	struct vcpus vcpus = { .domid = domid };
	int r;

	vcpus.xch = xc_interface_open(NULL, NULL, 0);
	r = vcpus.xch ? ask_domain(&vcpus) : -errno;
	if (r == 0)
		r = read_all(&vcpus, most, text);
	if (r)
		text_printf(why, "the registers cannot be read: %s",
			    r == -ENODATA ? "no vCPU has any" : strerror(-r));
	if (vcpus.xch)
		xc_interface_close(vcpus.xch);
	return r;
}
