/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk through page tables: any address by any tables ends, within as many
 * steps as there are levels.  The input is levels, an address, a length, and
 * tables of 16 entries, which stand for all of a page.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/guest_mem.h"

#define ENTRIES 16
#define TABLE_BYTES (ENTRIES * sizeof(uint64_t))

struct tables {
	const uint8_t *at;
	size_t count;
	unsigned int reads;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_page(void *ctx, uint64_t frame, unsigned char *ret_page)
{
	struct tables *tables = ctx;

	tables->reads++;
	if (frame >= tables->count)
		return -ENOENT;
	for (size_t i = 0; i < GUEST_MEM_PAGE_BYTES; i += TABLE_BYTES)
		memcpy(ret_page + i, tables->at + frame * TABLE_BYTES,
		       TABLE_BYTES);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guest_mem mem;
	static char bytes[UINT16_MAX];
	struct tables tables = { 0 };
	uint64_t address, frame;
	uint16_t len;

	if (size < 11)
		return 0;
	memcpy(&address, data + 1, sizeof(address));
	memcpy(&len, data + 9, sizeof(len));
	tables.at = data + 11;
	tables.count = (size - 11) / TABLE_BYTES;
	memset(&mem, 0, sizeof(mem));
	mem.read = read_page;
	mem.ctx = &tables;
	mem.levels = data[0] % 8;
	mem.reads_left = 1000;
	guest_mem_translate(&mem, address, &frame);
	if (tables.reads > 5)
		abort();
	guest_mem_read(&mem, address, bytes, len);
	if (tables.reads > 1000)
		abort();
	return 0;
}
