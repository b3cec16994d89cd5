/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Most kernels have no frame pointers, and their unwind tables are large.  So
 * each word of the stack that may be a return address is checked: a call must
 * precede that address.  Uncertain calls are marked.
 */
#include "core/kernel_trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel_ring.h"

/* Linux on x86-64: the image is in the first part of the topmost 2 GiB,
 * modules are in the second, and then comes what is no code. */
#define IMAGE_BEGIN 0xffffffff80000000ull
#define CODE_END 0xffffffffff000000ull
#define KERNEL_HALF 0xffff800000000000ull
#define CALL_BYTES 7u	/* of the longest, but for prefixes */

/* --- is it code? --- */

static bool is_image(const struct kernel_trace *trace, uint64_t address)
{
	return address >= trace->text_begin && address < trace->text_end;
}

static bool may_be_code(const struct kernel_trace *trace, uint64_t address)
{
	return address >= trace->text_begin && address < CODE_END;
}

/* Is there a call before ADDRESS? */
static bool follows_call(struct kernel_trace *trace, uint64_t address)
{
	static const unsigned int lengths[] = { 2, 3, 4, 6, 7 };
	unsigned char code[CALL_BYTES];

	if (guest_mem_read(trace->mem, address - CALL_BYTES, code,
			   sizeof(code)))
		return false;
	if (code[CALL_BYTES - 5] == 0xe8) /* of a fixed place */
		return true;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const unsigned char *at = code + CALL_BYTES - lengths[i];

		if (at[0] == 0xff && (at[1] >> 3 & 7) == 2)
			return true;
	}
	return false;
}

/* Is AT where an exception left what it came upon: an address, the kernel's
 * code segment (that of PV is another), flags? */
static bool is_interrupted(const unsigned char *at, size_t len)
{
	uint64_t next[2];

	if (len < sizeof(uint64_t) + sizeof(next))
		return false;
	memcpy(next, at + sizeof(uint64_t), sizeof(next));
	return (next[0] == 0x10 || next[0] == 0xe030) && next[1] & 2 &&
	       next[1] < 1ull << 22;
}

/* --- frames --- */

/* BACK is 1 where ADDRESS is what a call returns to: a function that ends with
 * a call which never returns has that address behind its end.
 * -ENOSPC ends it: there are enough. */
static int add(struct kernel_trace *trace, uint64_t address, uint64_t back,
	       bool sure)
{
	struct kernel_trace_frame *frame = &trace->frames[trace->count];
	int r = -ENOENT;

	if (trace->count == sizeof(trace->frames) / sizeof(*trace->frames))
		return -ENOSPC;
	frame->address = address;
	frame->sure = sure;
	if (trace->has_syms && is_image(trace, address - back))
		r = kernel_syms_find(&trace->syms, address - back, &frame->sym);
	frame->known = r == 0;
	trace->count++;
	return r == -EDQUOT || r == -EPIPE ? r : 0;
}

static uint64_t word_at(const struct kernel_trace *trace, size_t offset)
{
	uint64_t word;

	memcpy(&word, trace->stack + offset, sizeof(word));
	return word;
}

/* A frame pointer leads to the one before, and only ever upwards. */
static void follow_frame(struct kernel_trace *trace, uint64_t begin, size_t len)
{
	uint64_t next = 0;

	if (trace->frame_at >= begin && trace->frame_at - begin < len &&
	    (trace->frame_at - begin) % sizeof(next) == 0)
		next = word_at(trace, trace->frame_at - begin);
	trace->frame_at = next > trace->frame_at ? next : 0;
}

/* In kernels without frame pointers RBP has any value: if it does not lead to a
 * call, the rest is uncertain. */
static int scan(struct kernel_trace *trace, uint64_t begin, size_t len)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at + 8 <= len; at += 8) {
		uint64_t address = word_at(trace, at);
		bool framed = trace->frame_at + 8 == begin + at;
		bool code = may_be_code(trace, address);
		bool called = code && follows_call(trace, address);

		if (framed && called)
			follow_frame(trace, begin, len);
		else if (framed)
			trace->frame_at = 0;
		if (called || (code && is_interrupted(trace->stack + at,
						      len - at)))
			r = add(trace, address, called, framed && called);
	}
	return r;
}

/* As far up as can be read. */
static int read_stack(struct kernel_trace *trace, uint64_t begin,
		      size_t *ret_len)
{
	size_t most = KERNEL_TRACE_STACK_BYTES -
		      begin % KERNEL_TRACE_STACK_BYTES;
	int r = guest_mem_read_part(trace->mem, begin, trace->stack, most,
				    ret_len);

	return *ret_len ? 0 : r;
}

/* The last word of an interrupt's stack is the address of the previous stack. */
static int walk(struct kernel_trace *trace, uint64_t begin)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < KERNEL_TRACE_STACKS; i++) {
		size_t len;
		uint64_t next;

		begin = (begin + 7) & ~7ull;
		r = begin < KERNEL_HALF ? -EFAULT :
					  read_stack(trace, begin, &len);
		if (r) /* an interrupt's stack led to none */
			return i && (r == -EFAULT || r == -ENOENT) ? 0 : r;
		r = scan(trace, begin, len);
		next = word_at(trace, len - 8);
		if ((begin + len) % KERNEL_TRACE_STACK_BYTES ||
		    next / KERNEL_TRACE_STACK_BYTES ==
		    begin / KERNEL_TRACE_STACK_BYTES)
			break;
		begin = next;
	}
	return r == -ENOSPC ? 0 : r;
}

/* --- names --- */

static int name_all(struct kernel_trace *trace)
{
	struct kernel_sym *list[KERNEL_TRACE_FRAMES * 2];
	size_t count = 0;

	for (size_t i = 0; i < trace->count; i++)
		if (trace->frames[i].known)
			list[count++] = &trace->frames[i].sym;
	return kernel_syms_name(&trace->syms, list, count);
}

static bool is_function(const struct kernel_sym *sym)
{
	return sym->type && strchr("tTwW", sym->type);
}

static int print(const struct kernel_trace_frame *frame, const char *before,
		 char *text, size_t size)
{
	const struct kernel_sym *sym = &frame->sym;

	if (!frame->known || !sym->type)
		return snprintf(text, size, "%s%#" PRIx64 "\n", before,
				frame->address);
	return snprintf(text, size, "%s%s+0x%" PRIx64 "/0x%" PRIx64 "\n", before,
			sym->name, frame->address - sym->start, sym->size);
}

/* The first is where the processor was, whatever lies there. */
static void print_all(const struct kernel_trace *trace, char *text, size_t size)
{
	size_t len = 0, shown = 0;

	for (size_t i = 0; i < trace->count && shown < KERNEL_TRACE_FRAMES;
	     i++) {
		const struct kernel_trace_frame *frame = &trace->frames[i];
		int n;

		if (i && frame->known && frame->sym.type &&
		    !is_function(&frame->sym))
			continue;
		n = print(frame, i == 0 ? "RIP: " : frame->sure ? " " : " ? ",
			  text + len, size - len);
		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
		shown++;
	}
	text[len] = '\0';
}

/* --- all of it --- */

static int begin(struct kernel_trace *trace, const char *note, size_t note_len,
		 const char **ret_missing)
{
	const struct kernel_ring ring = { .mem = trace->mem, .note = note,
					  .note_len = note_len };
	int r;

	if (kernel_ring_symbol(&ring, "_stext", &trace->text_begin) ||
	    trace->text_begin < IMAGE_BEGIN)
		trace->text_begin = IMAGE_BEGIN;
	trace->text_end = CODE_END;
	r = kernel_syms_open(&trace->syms, trace->mem, note, note_len,
			     ret_missing);
	if (r == 0)
		r = kernel_syms_end(&trace->syms, &trace->text_end);
	trace->has_syms = r == 0;
	return r;
}

int kernel_trace_read(struct kernel_trace *trace, struct guest_mem *mem,
		      const char *note, size_t note_len,
		      const struct kernel_trace_regs *regs, char *ret_text,
		      size_t size, const char **ret_missing)
{
	int r, first;

	ret_text[0] = '\0';
	trace->mem = mem;
	trace->count = 0;
	trace->frame_at = regs->rbp;
	if (regs->rip < KERNEL_HALF)
		return -ENXIO;
	first = begin(trace, note, note_len, ret_missing);
	r = add(trace, regs->rip, 0, true);
	if (r == 0)
		r = walk(trace, regs->rsp);
	first = first ? first : r;
	if (trace->has_syms)
		r = name_all(trace);
	print_all(trace, ret_text, size);
	return first ? first : r;
}
