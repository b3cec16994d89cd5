/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whoever would have others write or remove the wrong file: puts a link, a
 * FIFO, a second name of the victim or a directory at each PATH, over and
 * over, until it is killed or has done ROUNDS.
 *	swapper ROUNDS VICTIM PATH...
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void clear(const char *path)
{
	if (unlink(path))
		rmdir(path);
}

static void put(const char *path, const char *victim, long round)
{
	/* What loses the race against the other side is put next time. */
	int r = round % 5 == 0 ? symlink(victim, path) :
		round % 5 == 1 ? mkfifo(path, 0600) :
		round % 5 == 2 ? link(victim, path) :
		round % 5 == 3 ? mkdir(path, 0700) : 0;

	(void)r;
}

int main(int argc, char **argv)
{
	long rounds = argc > 3 ? atol(argv[1]) : 0;

	for (long i = 0; i < rounds; i++) {
		for (char **path = argv + 3; *path; path++) {
			clear(*path);
			put(*path, argv[2], i);
		}
	}
	for (char **path = argv + 3; argc > 3 && *path; path++)
		clear(*path);
	printf("%ld\n", rounds);
	return rounds ? 0 : 100;
}
