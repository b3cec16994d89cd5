/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much memory an xl command is about: of create by its file and its words,
 * of destroy by the largest domain there is.  Asks no xenstore, which may hang.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "core/deadline.h"
#include "port/hv.h"
#include "xlv_cmd.h"

#define FILE_BYTES (64 * 1024)

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t size_of_file(const char *path)
{
	static char text[FILE_BYTES + 1];
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
				       O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	n = read(fd, text, FILE_BYTES);
	text[n > 0 ? n : 0] = '\0';
	return deadline_xl_kib(text);
}

static uint64_t size_of_new(char *const words[])
{
	uint64_t kib = 0;

	for (; *words; words++)
		if ((*words)[0] != '-')
			kib = larger(kib, strchr(*words, '=') ?
				     deadline_xl_kib(*words) :
				     size_of_file(*words));
	return kib;
}

static uint64_t size_of_largest(void)
{
	const struct domain_info *list;
	uint64_t kib = 0;
	size_t count;
	struct hv *hv;

	if (hv_open(&hv))
		return 0;
	if (hv_list(hv, &list, &count) == 0)
		for (size_t i = 0; i < count; i++)
			kib = larger(kib, list[i].memory_kib);
	hv_close(hv);
	return kib;
}

uint64_t xlv_size_kib(const struct xlv *xlv)
{
	const struct xlcmd *cmd = &xlv->cmd;

	if (!cmd->entry || !cmd->deadline_s)
		return 0;
	if (strcmp(cmd->entry->name, "create") == 0)
		return size_of_new(xlv->argv + cmd->index + 1);
	if (strcmp(cmd->entry->name, "destroy") == 0)
		return size_of_largest();
	return 0;
}
