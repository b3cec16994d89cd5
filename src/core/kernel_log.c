/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chooses the form by what the note names, keeps the newest lines, and finds
 * the one that matters.  Reads no ring itself.
 */
#include "core/kernel_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel_ring.h"

/* Makes room for LEN bytes, at whole lines where there are lines. */
static void drop_oldest(struct kernel_log *log, size_t len)
{
	size_t gone = log->size / 2 > len ? log->size / 2 : len;
	const char *end;

	log->cut = true;
	if (gone >= log->len) {
		log->len = 0;
		return;
	}
	end = memchr(log->at + gone, '\n', log->len - gone);
	if (end)
		gone = (size_t)(end - log->at) + 1;
	log->len -= gone;
	memmove(log->at, log->at + gone, log->len);
}

static void put(struct kernel_log *log, const char *bytes, size_t len)
{
	if (len > log->size - log->len)
		drop_oldest(log, len);
	memcpy(log->at + log->len, bytes, len);
	log->len += len;
}

void kernel_log_add(struct kernel_log *log, uint64_t ts_nsec, const char *text,
		    size_t len)
{
	char time[48];
	int n = snprintf(time, sizeof(time), "[%5" PRIu64 ".%06" PRIu64 "] ",
			 ts_nsec / 1000000000u, ts_nsec / 1000 % 1000000u);

	if (len > log->size / 4) {
		len = log->size / 4;
		log->cut = true;
	}
	put(log, time, (size_t)n);
	put(log, text, len);
	put(log, "\n", 1);
}

int kernel_log_read(struct guest_mem *mem, const char *note, size_t note_len,
		    struct kernel_log *log)
{
	const struct kernel_ring ring = {
		.mem = mem, .note = note, .note_len = note_len, .log = log,
	};
	uint64_t symbol;

	if (kernel_ring_symbol(&ring, "prb", &symbol) == 0)
		return kernel_ring_read_prb(&ring);
	if (kernel_ring_symbol(&ring, "log_first_idx", &symbol) == 0)
		return kernel_ring_read_records(&ring);
	return kernel_ring_read_flat(&ring);
}

/* --- the line that matters --- */

/* Most telling first. */
static const char *const verdicts[] = {
	"Kernel panic - not syncing",
	"Oops: ",
	"BUG: ",
	"kernel BUG at ",
	"general protection fault",
};

static bool has(const char *line, size_t len, const char *what)
{
	size_t what_len = strlen(what);

	for (size_t i = 0; i + what_len <= len; i++)
		if (memcmp(line + i, what, what_len) == 0)
			return true;
	return false;
}

static const char *find_last(const struct kernel_log *log, const char *what,
			     size_t *ret_len)
{
	const char *found = NULL;

	for (size_t at = 0; at < log->len;) {
		const char *line = log->at + at;
		const char *end = memchr(line, '\n', log->len - at);
		size_t len = end ? (size_t)(end - line) : log->len - at;

		if (has(line, len, what)) {
			found = line;
			*ret_len = len;
		}
		at += len + 1;
	}
	return found;
}

static size_t time_length(const char *line, size_t len)
{
	size_t at = len && line[0] == '[' ? 1 : 0;

	while (at && at < len &&
	       (line[at] == ' ' || line[at] == '.' ||
		(line[at] >= '0' && line[at] <= '9')))
		at++;
	return at && at + 1 < len && line[at] == ']' && line[at + 1] == ' ' ?
		at + 2 : 0;
}

int kernel_log_panic(const struct kernel_log *log, char *ret_line, size_t size)
{
	const char *line = NULL;
	size_t len = 0, skip;

	for (size_t i = 0; !line && i < sizeof(verdicts) / sizeof(*verdicts);
	     i++)
		line = find_last(log, verdicts[i], &len);
	if (!line)
		return -ENOENT;
	skip = time_length(line, len);
	len -= skip;
	if (len > size - 1)
		len = size - 1;
	memcpy(ret_line, line + skip, len);
	ret_line[len] = '\0';
	return 0;
}

bool kernel_log_is_panic(const char *line)
{
	return strncmp(line, verdicts[0], strlen(verdicts[0])) == 0;
}
