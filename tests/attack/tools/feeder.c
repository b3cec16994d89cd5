/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other end of a real parser: shows it pages of a guest that lies, and
 * says what the parser then was and did.  Judges nothing.
 *	feeder look		what it holds, while it waits
 *	feeder none|silent|noise|huge ROUNDS
 * Prints "exit N" or "signal N", what it said last, and its memory at most.
 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "role/parser.h"

#define ANSWER_MS 10000

extern char **environ;

static struct parser_shared *shared;
static int socket_fd;
static pid_t parser;

static void start(void)
{
	char *argv[] = { "xenvigild", "--role=parser", NULL };
	posix_spawn_file_actions_t files;
	int pair[2], theirs, memory = memfd_create("pages", MFD_CLOEXEC);

	if (memory < 0 || ftruncate(memory, sizeof(*shared)) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		exit(1);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED, memory, 0);
	/* Out of the way of the two numbers. */
	theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, 20);
	memory = fcntl(memory, F_DUPFD_CLOEXEC, 20);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, theirs, PARSER_SOCKET);
	posix_spawn_file_actions_adddup2(&files, memory, PARSER_MEMORY);
	socket_fd = fcntl(pair[0], F_DUPFD_CLOEXEC, 20);
	close(pair[0]);
	close(pair[1]);
	if (shared == MAP_FAILED ||
	    posix_spawn(&parser, getenv("PARSER"), &files, NULL, argv, environ))
		exit(1);
	close(theirs);
}

static int hear(struct parser_ask *ask)
{
	struct pollfd in = { .fd = socket_fd, .events = POLLIN };

	if (poll(&in, 1, ANSWER_MS) <= 0) {
		puts("hangs");
		return -1;
	}
	return recv(socket_fd, ask, sizeof(*ask), 0) == sizeof(*ask) ? 0 : -1;
}

static int answer(int32_t rc, uint32_t count)
{
	struct parser_answer to = { .rc = rc, .count = count };

	return send(socket_fd, &to, sizeof(to), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(to) ? 0 : -1;
}

/* --- what it is, while it waits for an answer --- */

static void show_file(const char *name)
{
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)parser, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		printf("%s", line);
	if (file)
		fclose(file);
}

static void show_descriptors(void)
{
	struct dirent *entry;
	char path[64];
	DIR *list;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)parser);
	list = opendir(path);
	while (list && (entry = readdir(list)))
		if (entry->d_name[0] != '.')
			printf("fd %s\n", entry->d_name);
	if (list)
		closedir(list);
}

/* --- pages that lie --- */

static void fill_noise(void)
{
	uint32_t *at = (uint32_t *)shared->pages;

	for (size_t i = 0; i < sizeof(shared->pages) / sizeof(*at); i++)
		at[i] = (uint32_t)random();
}

/* Notes of all lengths, up to what 32 bits say, with the right names. */
static void fill_huge(void)
{
	static const char text[] = "VMCOREINFO\0\0OSRELEASE=";

	for (size_t page = 0; page < PARSER_BATCH; page++) {
		unsigned char *at = shared->pages +
				    page * GUEST_MEM_PAGE_BYTES;
		uint32_t head[3] = { 11, (uint32_t)random() << (page % 2), 0 };

		memset(at, 'A', GUEST_MEM_PAGE_BYTES);
		memcpy(at, head, sizeof(head));
		memcpy(at + sizeof(head), text, sizeof(text));
	}
}

/* Whatever it asks for; at most ROUNDS times. */
static void feed(void (*fill)(void), long rounds)
{
	struct parser_ask ask = { 0 };

	while (hear(&ask) == 0 && ask.kind != PARSER_DONE) {
		if (rounds-- <= 0) {
			if (answer(0, 0))
				break;
			continue;
		}
		fill();
		for (uint64_t i = 0; i < PARSER_BATCH; i++)
			shared->pfn[i] = i;
		if (ask.kind != PARSER_STOP && answer(0, PARSER_BATCH))
			break;
	}
	printf("last %u rc %d log %u\n", ask.kind, ask.rc, ask.log_len);
}

static void end(void)
{
	struct rusage usage;
	int status;

	close(socket_fd);
	wait4(parser, &status, 0, &usage);
	printf(WIFSIGNALED(status) ? "signal %d\n" : "exit %d\n",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	printf("memory %ld\n", usage.ru_maxrss);
}

int main(int argc, char **argv)
{
	struct parser_start begin = { .levels = 4, .root_count = 1 };
	struct parser_ask ask;
	long rounds = argc > 2 ? atol(argv[2]) : 0;

	if (argc < 2)
		return 100;
	srandom(7);
	start();
	if (send(socket_fd, &begin, sizeof(begin), MSG_NOSIGNAL) < 0)
		return 1;
	if (strcmp(argv[1], "look") == 0 && hear(&ask) == 0) {
		show_file("status");
		show_file("limits");
		show_descriptors();
	} else if (strcmp(argv[1], "none") == 0) {
		feed(fill_noise, 0);
	} else if (strcmp(argv[1], "noise") == 0) {
		feed(fill_noise, rounds);
	} else if (strcmp(argv[1], "huge") == 0) {
		feed(fill_huge, rounds);
	}
	end();
	return 0;
}
