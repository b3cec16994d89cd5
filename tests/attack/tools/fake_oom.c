/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that runs out: put before the C library by LD_PRELOAD, the allocation
 * of number $FAIL_AT of the program fails, and no other.  Ends a program that
 * came to none of that number by no other means than its own: it says "whole"
 * in the file $FAIL_SAID.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *at, size_t size);

static long count, fail_at;

/* Before main(), and before any other library's start. */
__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("FAIL_AT");

	fail_at = text ? atol(text) : 0;
	count = 0;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAIL_SAID");
	int fd;

	if (count >= fail_at || !path)
		return;
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd >= 0 && write(fd, "whole", 5) == 5)
		close(fd);
}

static int is_out(void)
{
	if (!fail_at || __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) != fail_at)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return is_out() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return is_out() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *at, size_t size)
{
	return is_out() ? NULL : __libc_realloc(at, size);
}
