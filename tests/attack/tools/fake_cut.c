/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A loss of power: put before the C library by LD_PRELOAD, the program is killed
 * before its call of number $CUT_AT that changes files.  Changes nothing without
 * that variable.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void count(void)
{
	static long calls;
	const char *text = getenv("CUT_AT");

	if (text && ++calls == atol(text))
		raise(SIGKILL);
}

/* The C library's own function of that name. */
#define NEXT(name, ...) \
	static int (*next)(__VA_ARGS__); \
	count(); \
	if (!next) \
		*(void **)&next = dlsym(RTLD_NEXT, #name)

int rename(const char *from, const char *to)
{
	NEXT(rename, const char *, const char *);
	return next(from, to);
}

int link(const char *from, const char *to)
{
	NEXT(link, const char *, const char *);
	return next(from, to);
}

int symlink(const char *target, const char *path)
{
	NEXT(symlink, const char *, const char *);
	return next(target, path);
}

int mkdir(const char *path, mode_t mode)
{
	NEXT(mkdir, const char *, mode_t);
	return next(path, mode);
}

int rmdir(const char *path)
{
	NEXT(rmdir, const char *);
	return next(path);
}

int unlink(const char *path)
{
	NEXT(unlink, const char *);
	return next(path);
}

int fsync(int fd)
{
	NEXT(fsync, int);
	return next(fd);
}

int fchmod(int fd, mode_t mode)
{
	NEXT(fchmod, int, mode_t);
	return next(fd, mode);
}
