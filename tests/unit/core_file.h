/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One core at a time, for the writers of each form: the guest that is made up,
 * the file that is written of it, and what the reader finds there.  In a
 * directory of the program's own; knows no form.
 */
#ifndef TESTS_UNIT_CORE_FILE_H
#define TESTS_UNIT_CORE_FILE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lab/tools/core_read.h"
#include "core_fake.h"
#include "dump/core_out.h"

#define CORE_FILE "core.test"

static char core_file_dir[] = "/tmp/test-core-XXXXXX";
static struct core_fake fake;
static struct core_out out;
static struct core_read core;

static inline bool core_file_enter(void)
{
	return mkdtemp(core_file_dir) && chdir(core_file_dir) == 0;
}

static inline bool core_file_leave(void)
{
	unlink(CORE_FILE);
	return chdir("/") == 0 && rmdir(core_file_dir) == 0;
}

static inline void core_file_begin(const char *path, bool translated,
				   const struct core_fake_range *ranges)
{
	core_fake_setup(&fake, translated, ranges);
	out = (struct core_out){ .fd = open(path, O_RDWR | O_CREAT | O_TRUNC,
					    0600) };
}

static inline void core_file_end(void)
{
	core_read_close(&core);
	core_fake_free(&fake);
	close(out.fd);
}

static inline bool core_file_read(void)
{
	if (core_read_open(CORE_FILE, &core) == 0)
		return true;
	printf("# %s\n", core.wrong);
	return false;
}

/* So many pages, and each as the guest has it. */
static inline bool core_file_holds(uint64_t pages)
{
	unsigned char want[CORE_PAGE_BYTES], got[CORE_PAGE_BYTES];

	if (core.count != pages)
		return false;
	for (size_t i = 0; i < core.count; i++) {
		const struct core_read_frame *frame = &core.frames[i];

		if (core_fake_read(&fake, frame->pfn, want) ||
		    core_read_page(&core, i, got) ||
		    memcmp(want, got, sizeof(want)) != 0 ||
		    frame->gmfn != (fake.guest.translated ? 0 :
				    core_fake_gmfn(frame->pfn))) {
			printf("# pfn %#lx\n", (long)frame->pfn);
			return false;
		}
	}
	return true;
}

#endif
