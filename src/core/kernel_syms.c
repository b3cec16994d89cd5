/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the tables, an address in them, and the names.  Every number in them
 * has a limit, and each pass advances by at least a byte.
 */
#include "core/kernel_syms.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kernel_ring.h"

#define NAMES_BYTES_MOST (64u << 20)
#define ALIASES_MOST 256u	/* symbols at one address */

/* --- the tables --- */

static int find_symbol(const struct kernel_ring *note, const char *name,
		       uint64_t *ret_address, const char **ret_missing)
{
	int r = kernel_ring_symbol(note, name, ret_address);

	if (r == -ENOENT)
		*ret_missing = name;
	return r;
}

static int read_entry(const struct kernel_syms *syms, uint32_t index,
		      int64_t *ret_entry)
{
	int64_t whole;
	int32_t half;
	int r;

	if (syms->form == KERNEL_SYMS_ADDRESSES) {
		r = guest_mem_read(syms->mem, syms->addresses + index * 8ull,
				   &whole, sizeof(whole));
	} else {
		r = guest_mem_read(syms->mem, syms->addresses + index * 4ull,
				   &half, sizeof(half));
		whole = r ? 0 : half;
	}
	if (r == 0)
		*ret_entry = whole;
	return r;
}

/* Kernels to 6.14 have small numbers for what each CPU has of its own, and
 * negative ones for all else, so for the last; later ones have none. */
static int find_form(struct kernel_syms *syms, const struct kernel_ring *note)
{
	int64_t last;
	int r = kernel_ring_variable(note, "kallsyms_relative_base", 8,
				     &syms->base);

	syms->form = KERNEL_SYMS_PLACE;
	if (r)
		return r == -ENOENT ? 0 : r;
	r = read_entry(syms, syms->count - 1, &last);
	if (r == 0)
		syms->form = last < 0 ? KERNEL_SYMS_PERCPU :
					KERNEL_SYMS_UNSIGNED;
	return r;
}

static int find_addresses(struct kernel_syms *syms,
			  const struct kernel_ring *note,
			  const char **ret_missing)
{
	int r = kernel_ring_symbol(note, "kallsyms_addresses",
				   &syms->addresses);

	if (r == 0)
		syms->form = KERNEL_SYMS_ADDRESSES;
	if (r != -ENOENT)
		return r;
	r = find_symbol(note, "kallsyms_offsets", &syms->addresses,
			ret_missing);
	return r ? r : find_form(syms, note);
}

static int read_count(struct kernel_syms *syms, const struct kernel_ring *note,
		      const char **ret_missing)
{
	uint64_t at;
	uint32_t count;
	int r = find_symbol(note, "kallsyms_num_syms", &at, ret_missing);

	if (r == 0)
		r = guest_mem_read(syms->mem, at, &count, sizeof(count));
	if (r == 0 && (!count || count > KERNEL_SYMS_MOST))
		r = -EINVAL;
	if (r == 0)
		syms->count = count;
	return r;
}

/* Its length is unknown: reads up to the maximum. */
static int read_tokens(struct kernel_syms *syms, const struct kernel_ring *note,
		       const char **ret_missing)
{
	uint64_t table, index;
	int r = find_symbol(note, "kallsyms_token_table", &table, ret_missing);

	if (r == 0)
		r = find_symbol(note, "kallsyms_token_index", &index,
				ret_missing);
	if (r == 0)
		r = guest_mem_read(syms->mem, index, syms->token,
				   sizeof(syms->token));
	if (r == 0)
		r = guest_mem_read_part(syms->mem, table, syms->tokens,
					sizeof(syms->tokens),
					&syms->tokens_len);
	return (r == -EFAULT || r == -ENOENT) && syms->tokens_len ? 0 : r;
}

static void find_markers(struct kernel_syms *syms,
			 const struct kernel_ring *note);

int kernel_syms_open(struct kernel_syms *syms, struct guest_mem *mem,
		     const char *note, size_t note_len,
		     const char **ret_missing)
{
	const struct kernel_ring ring = { .mem = mem, .note = note,
					  .note_len = note_len };
	int r;

	memset(syms, 0, sizeof(*syms));
	syms->mem = mem;
	r = find_symbol(&ring, "kallsyms_names", &syms->names, ret_missing);
	if (r == 0)
		r = read_count(syms, &ring, ret_missing);
	if (r == 0)
		r = find_addresses(syms, &ring, ret_missing);
	if (r == 0)
		r = read_tokens(syms, &ring, ret_missing);
	if (r == 0)
		find_markers(syms, &ring);
	return r;
}

/* --- addresses --- */

static int get_address(const struct kernel_syms *syms, uint32_t index,
		       uint64_t *ret_address)
{
	int64_t entry;
	int r = read_entry(syms, index, &entry);

	if (r)
		return r;
	switch (syms->form) {
	case KERNEL_SYMS_ADDRESSES:
		*ret_address = (uint64_t)entry;
		break;
	case KERNEL_SYMS_PERCPU:
		*ret_address = entry < 0 ? syms->base - 1 - (uint64_t)entry :
					   (uint64_t)entry;
		break;
	case KERNEL_SYMS_UNSIGNED:
		*ret_address = syms->base + (uint32_t)entry;
		break;
	case KERNEL_SYMS_PLACE:
		*ret_address = syms->addresses + index * 4ull +
			       (uint64_t)entry;
		break;
	}
	return 0;
}

int kernel_syms_end(const struct kernel_syms *syms, uint64_t *ret_address)
{
	return get_address(syms, syms->count - 1, ret_address);
}

/* The last at or below ADDRESS.  Tables that are not sorted give any. */
static int search(const struct kernel_syms *syms, uint64_t address,
		  uint32_t *ret_index, uint64_t *ret_start)
{
	uint32_t low = 0, high = syms->count;
	uint64_t start;
	int r = get_address(syms, 0, &start);

	*ret_start = start;
	while (r == 0 && high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		r = get_address(syms, middle, &start);
		if (r == 0 && start <= address) {
			low = middle;
			*ret_start = start;
		} else {
			high = middle;
		}
	}
	*ret_index = low;
	return r;
}

/* Of several at one place the first is meant, as the kernel has it. */
static uint32_t first_alias(const struct kernel_syms *syms, uint32_t index,
			    uint64_t start)
{
	uint64_t before;

	for (unsigned int i = 0; i < ALIASES_MOST && index; i++, index--)
		if (get_address(syms, index - 1, &before) || before != start)
			break;
	return index;
}

static int find_size(const struct kernel_syms *syms, uint32_t index,
		     uint64_t start, uint64_t *ret_size)
{
	uint64_t next = start;
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < ALIASES_MOST && next == start;
	     i++)
		r = ++index < syms->count ? get_address(syms, index, &next) :
					    -ENOENT;
	if (r == 0 && next <= start)
		r = -ENOENT;
	if (r == 0)
		*ret_size = next - start;
	return r;
}

int kernel_syms_find(const struct kernel_syms *syms, uint64_t address,
		     struct kernel_sym *ret_sym)
{
	struct kernel_sym *sym = ret_sym;
	uint64_t start, size;
	uint32_t index;
	int r = search(syms, address, &index, &start);

	if (r == 0)
		r = find_size(syms, index, start, &size);
	if (r == 0 && address - start >= size) /* or it lies before them all */
		r = -ENOENT;
	if (r)
		return r;
	sym->index = first_alias(syms, index, start);
	sym->start = start;
	sym->size = size;
	sym->type = sym->name[0] = '\0';
	return 0;
}

/* --- names --- */

/* Bytes one after the other, of which a page at a time is read. */
struct reader {
	struct guest_mem *mem;
	uint64_t at;		/* of the next to be read */
	size_t next, len, left;
	unsigned char bytes[GUEST_MEM_PAGE_BYTES];
};

static int fill(struct reader *reader)
{
	size_t len = GUEST_MEM_PAGE_BYTES - reader->at % GUEST_MEM_PAGE_BYTES;
	int r;

	if (len > reader->left)
		return -EINVAL;
	r = guest_mem_read(reader->mem, reader->at, reader->bytes, len);
	if (r)
		return r;
	reader->at += len;
	reader->left -= len;
	reader->next = 0;
	reader->len = len;
	return 0;
}

static int get_byte(struct reader *reader, unsigned int *ret_byte)
{
	int r = reader->next == reader->len ? fill(reader) : 0;

	if (r == 0)
		*ret_byte = reader->bytes[reader->next++];
	return r;
}

static int skip(struct reader *reader, size_t len)
{
	while (len) {
		size_t part;
		int r = reader->next == reader->len ? fill(reader) : 0;

		if (r)
			return r;
		part = reader->len - reader->next;
		if (part > len)
			part = len;
		reader->next += part;
		len -= part;
	}
	return 0;
}

/* From 6.1 on a long one takes two bytes; before there was none as long. */
static int get_length(struct reader *reader, size_t *ret_len)
{
	unsigned int low, high = 0;
	int r = get_byte(reader, &low);

	if (r == 0 && low & 0x80)
		r = get_byte(reader, &high);
	if (r == 0)
		*ret_len = (low & 0x7f) | high << 7;
	return r;
}

/* The note does not name them: they end at the tokens, or in 6.2 and 6.3 3
 * bytes for each symbol before that.  The right ones contain the position of
 * name 256. */
static void find_markers(struct kernel_syms *syms,
			 const struct kernel_ring *note)
{
	struct reader reader = { .mem = syms->mem, .at = syms->names,
				 .left = NAMES_BYTES_MOST };
	uint64_t tokens, bytes = ((syms->count + 255ull) / 256 * 4 + 7) & ~7ull;
	uint64_t between[2] = { 0, (syms->count * 3ull + 7) & ~7ull };
	uint32_t marker[2];
	size_t len;

	if (syms->count <= 256 ||
	    kernel_ring_symbol(note, "kallsyms_token_table", &tokens))
		return;
	for (unsigned int i = 0; i < 256; i++)
		if (get_length(&reader, &len) || skip(&reader, len))
			return;
	for (unsigned int i = 0; i < 2 && !syms->markers; i++) {
		uint64_t at = tokens - bytes - between[i];

		if (guest_mem_read(syms->mem, at, marker, sizeof(marker)) == 0 &&
		    !marker[0] && syms->names + marker[1] ==
		    reader.at - (reader.len - reader.next))
			syms->markers = at;
	}
}

/* Goes on at the last marker before INDEX, when that is further on. */
static int jump(const struct kernel_syms *syms, struct reader *reader,
		uint32_t index, uint32_t *next)
{
	uint32_t marker;
	int r;

	if (!syms->markers || index / 256 <= *next / 256)
		return 0;
	r = guest_mem_read(syms->mem, syms->markers + index / 256 * 4ull,
			   &marker, sizeof(marker));
	if (r)
		return r;
	reader->at = syms->names + marker;
	reader->next = reader->len = 0;
	*next = index / 256 * 256;
	return 0;
}

static bool is_name(char c)
{
	return c > ' ' && c <= '~';
}

/* The first character of all is the type. */
static int add_token(const struct kernel_syms *syms, unsigned int which,
		     struct kernel_sym *sym, size_t *len)
{
	size_t at = syms->token[which];

	for (; at < syms->tokens_len && syms->tokens[at]; at++) {
		char c = syms->tokens[at];

		if (!is_name(c))
			return -EINVAL;
		if (!sym->type)
			sym->type = c;
		else
			sym->name[(*len)++] = c;
		if (*len == sizeof(sym->name) - 1)
			return 0;
	}
	return at < syms->tokens_len ? 0 : -EINVAL;
}

static int expand(const struct kernel_syms *syms, struct reader *reader,
		  size_t tokens, struct kernel_sym *sym)
{
	size_t len = 0;
	int r = 0;

	sym->type = '\0';
	for (; r == 0 && tokens && len < sizeof(sym->name) - 1; tokens--) {
		unsigned int which;

		r = get_byte(reader, &which);
		if (r == 0)
			r = add_token(syms, which, sym, &len);
	}
	if (r == 0)
		r = skip(reader, tokens);
	sym->name[len] = '\0';
	if (r || !len) /* half a name is none */
		sym->type = sym->name[0] = '\0';
	return r ? r : len ? 0 : -EINVAL;
}

static void sort(struct kernel_sym **list, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t at = i; at && list[at]->index <
					  list[at - 1]->index; at--) {
			struct kernel_sym *swap = list[at];

			list[at] = list[at - 1];
			list[at - 1] = swap;
		}
}

int kernel_syms_name(const struct kernel_syms *syms, struct kernel_sym **list,
		     size_t count)
{
	struct reader reader = { .mem = syms->mem, .at = syms->names,
				 .left = NAMES_BYTES_MOST };
	const struct kernel_sym *same = NULL;
	uint32_t index = 0;
	size_t len;
	int r = 0;

	sort(list, count);
	for (size_t i = 0; r == 0 && i < count; same = list[i++]) {
		if (same && same->index == list[i]->index) {
			*list[i] = *same;
			continue;
		}
		r = jump(syms, &reader, list[i]->index, &index);
		for (; r == 0 && index < list[i]->index; index++) {
			r = get_length(&reader, &len);
			if (r == 0)
				r = skip(&reader, len);
		}
		if (r == 0)
			r = get_length(&reader, &len);
		if (r == 0)
			r = expand(syms, &reader, len, list[i]);
		index++;
	}
	return r;
}
