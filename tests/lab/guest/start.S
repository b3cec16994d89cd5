/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owns the way into the lab's tiny guest: the notes by which the domain builder
 * starts the same ELF file as PV and as PVH, and the path of each into 64-bit C.
 * It must not decide anything: guest_main() does.
 */
#include <xen/elfnote.h>

#define KERNEL_CS	0x08
#define KERNEL_DS	0x10
#define CR0_PG_PE	0x80000001
#define CR4_PAE		0x20
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100
#define PAGE_PRESENT_RW	0x003
#define PAGE_2M_RW	0x083

	.macro note type, value:vararg
	.pushsection .notes, "a", @note
	.balign 4
	.long 2f - 1f, 4f - 3f, \type
1:	.asciz "Xen"
2:	.balign 4
3:	\value
4:	.balign 4
	.popsection
	.endm

	note XEN_ELFNOTE_GUEST_OS, .asciz "tiny"
	note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	note XEN_ELFNOTE_LOADER, .asciz "generic"
	note XEN_ELFNOTE_VIRT_BASE, .quad 0
	note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
	note XEN_ELFNOTE_ENTRY, .quad start_pv
	note XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
	note XEN_ELFNOTE_PAE_MODE, .asciz "yes"
	note XEN_ELFNOTE_PHYS32_ENTRY, .long start_pvh

	.text
	.code64
	.globl start_pv
start_pv:
	lea	stack_top(%rip), %rsp
	xor	%ebp, %ebp
	mov	$1, %edi
	call	guest_main
1:	jmp	1b

	.code32
	.globl start_pvh
start_pvh:
	cld
	mov	$stack_top, %esp
	mov	%ebx, %esi

	/* Identity map of the lowest 4 GiB: the special pages lie below it. */
	movl	$page_l3 + PAGE_PRESENT_RW, page_l4
	mov	$page_l3, %edi
	mov	$page_l2 + PAGE_PRESENT_RW, %eax
	mov	$4, %ecx
1:	mov	%eax, (%edi)
	add	$0x1000, %eax
	add	$8, %edi
	loop	1b
	mov	$page_l2, %edi
	mov	$PAGE_2M_RW, %eax
	mov	$2048, %ecx
1:	mov	%eax, (%edi)
	add	$0x200000, %eax
	add	$8, %edi
	loop	1b

	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$page_l4, %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG_PE, %eax
	mov	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$KERNEL_CS, $1f

	.code64
1:	mov	$KERNEL_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	%esi, %esi
	xor	%edi, %edi
	call	guest_main
1:	jmp	1b

	/* No table and an exception: three faults in a row. */
	.globl triple_fault
triple_fault:
	lidt	idt_pointer(%rip)
	ud2

	.section .rodata, "a"
	.balign 8
gdt:
	.quad	0
	.quad	0x00af9a000000ffff
	.quad	0x00cf92000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.quad	gdt
idt_pointer:
	.word	0
	.quad	0

	.section .text.hypercall, "ax"
	.balign 4096
	.globl hypercall_page
hypercall_page:
	.skip	4096

	.bss
	.balign 4096
page_l4:
	.skip	4096
page_l3:
	.skip	4096
page_l2:
	.skip	4 * 4096
	.globl shared_page
shared_page:
	.skip	4096
	.skip	8192
stack_top:

	.section .note.GNU-stack, "", @progbits
