/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader by which cores are judged, xl's and ours: whatever a file holds,
 * it is refused, or each of its pages can be asked for.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../lab/tools/core_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct core_read *core)
{
	static unsigned char page[CORE_READ_PAGE];
	unsigned int sum = 0;

	for (size_t i = 0; i < core->count; i++) {
		if (i && core->frames[i].pfn < core->frames[i - 1].pfn)
			abort();
		if (core_read_find(core, core->frames[i].pfn) < 0)
			abort();
		core_read_page(core, i, page);
	}
	for (size_t i = 0; i < core->registers_size; i++)
		sum += core->registers[i];
	for (size_t i = 0; i < core->vmcoreinfo_size; i++)
		sum += (unsigned char)core->vmcoreinfo[i];
	*(volatile unsigned int *)&sum = sum; /* it is read */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct core_read core;
	char path[64];
	int fd = memfd_create("core", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (core_read_open(path, &core) == 0)
		read_all(&core);
	else if (!core.wrong)
		abort();
	core_read_close(&core);
	close(fd);
	return 0;
}
