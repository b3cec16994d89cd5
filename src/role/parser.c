/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser's own side: finds the kernel's note in the pages it is shown,
 * and reads the log and a backtrace by it.  It opens nothing, allocates nothing
 * once it is confined, and does not log: it could not.
 */
#include "role/parser.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "core/kernel_log.h"
#include "core/kernel_note.h"
#include "role/roles.h"
#include "role/unit.h"

#define READS_MOST 200000u
#define TRACE_READS_MOST 20000u	/* a kernel's names fill some 500 pages */

struct note {
	char text[KERNEL_NOTE_MOST_BYTES];
	size_t len, left;	/* what is there, what is to follow */
	uint64_t next_pfn;	/* in this page */
};

/* All that it ever has. */
static struct note note;
static struct guest_mem mem;
static struct kernel_trace trace;
static struct parser_ask ask;
static struct parser_shared *shared;

static int send_request(enum parser_kind kind)
{
	ask.kind = kind;
	return send(PARSER_SOCKET, &ask, sizeof(ask), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(ask) ? 0 : -EPIPE;
}

static int hear(void *message, size_t len)
{
	return recv(PARSER_SOCKET, message, len, 0) == (ssize_t)len ? 0 :
								      -EPIPE;
}

/* --- the note --- */

static void take_text(const unsigned char *from, size_t len, uint64_t pfn)
{
	if (len > note.left)
		len = note.left;
	memcpy(note.text + note.len, from, len);
	note.len += len;
	note.left -= len;
	note.next_pfn = pfn + 1;
}

/* True when PAGE ends a whole, valid note. */
static bool take_page(uint64_t pfn, const unsigned char *page)
{
	uint32_t offset;
	size_t len;

	if (note.left && pfn == note.next_pfn) {
		take_text(page, GUEST_MEM_PAGE_BYTES, pfn);
	} else {
		len = kernel_note_find(page, &offset);
		if (!len)
			return false;
		offset += KERNEL_NOTE_HEAD_BYTES;
		note.len = 0;
		note.left = len;
		take_text(page + offset, GUEST_MEM_PAGE_BYTES - offset, pfn);
	}
	return !note.left && kernel_note_is_valid(note.text, note.len);
}

static bool take_batch(size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (take_page(shared->pfn[i], shared->pages +
			      i * GUEST_MEM_PAGE_BYTES))
			return true;
	return false;
}

static int find_note(void)
{
	struct parser_answer answer;
	int r = send_request(PARSER_SCAN);

	while (r == 0) {
		r = hear(&answer, sizeof(answer));
		if (r == 0 && answer.rc)
			return answer.rc;
		if (r || !answer.count || answer.count > PARSER_BATCH)
			return r ? r : -ENOENT;
		if (take_batch(answer.count))
			return send_request(PARSER_STOP);
		r = send_request(PARSER_MORE);
	}
	return r;
}

/* --- the log --- */

static int read_frame(void *ctx, uint64_t frame, unsigned char *ret_page)
{
	struct parser_answer answer;
	int r;

	(void)ctx;
	ask.frame = frame;
	r = send_request(PARSER_READ);
	if (r == 0)
		r = hear(&answer, sizeof(answer));
	if (r == 0)
		r = answer.rc;
	if (r == 0)
		memcpy(ret_page, shared->pages, GUEST_MEM_PAGE_BYTES);
	return r;
}

/* The root of a vCPU may be one of a program; another's will do. */
static int read_log(const struct parser_start *start, struct kernel_log *log)
{
	int r = -ENOENT;

	for (uint32_t i = 0; i < start->root_count && i < PARSER_ROOTS; i++) {
		memset(&mem, 0, sizeof(mem));
		mem.read = read_frame;
		mem.root = start->roots[i];
		mem.levels = start->levels;
		mem.reads_left = READS_MOST;
		r = kernel_log_read(&mem, note.text, note.len, log);
		if (r == 0 || r == -EPIPE || log->len)
			break;
	}
	return r;
}

/* --- the trace --- */

/* That of the task which panicked; when the log does not say, the first that
 * was in the kernel. */
static uint32_t choose_vcpu(const struct parser_start *start,
			    const struct kernel_log *log)
{
	uint32_t count = start->vcpu_count < PARSER_VCPUS ? start->vcpu_count :
							    PARSER_VCPUS;
	struct kernel_task task;

	log->at[log->len] = '\0';
	if (kernel_log_task(log->at, &task) == 0 && task.cpu < count &&
	    start->vcpus[task.cpu].rip)
		return task.cpu;
	for (uint32_t i = 0; i < count; i++)
		if (start->vcpus[i].rip >> 63)
			return i;
	return 0;
}

static int read_trace(const struct parser_start *start,
		      const struct kernel_log *log)
{
	const char *missing = "";

	ask.vcpu = choose_vcpu(start, log);
	mem.reads_left = TRACE_READS_MOST;
	ask.rc = kernel_trace_read(&trace, &mem, note.text, note.len,
				   &start->vcpus[ask.vcpu], shared->trace,
				   sizeof(shared->trace), &missing);
	if (ask.rc == -EPIPE)
		return ask.rc;
	ask.trace_len = (uint32_t)strnlen(shared->trace,
					  sizeof(shared->trace));
	strncpy(ask.missing, missing, sizeof(ask.missing) - 1);
	return send_request(PARSER_TRACED);
}

/* --- all of it --- */

static int work(void)
{
	struct kernel_log log = { .at = shared->log,
				  .size = sizeof(shared->log) - 1 };
	struct parser_start start;
	bool found;
	int r = hear(&start, sizeof(start));

	if (r == 0)
		r = find_note();
	if (r == -EPIPE)
		return r;
	found = r == 0;
	if (found) {
		kernel_note_text(note.text, note.len, "OSRELEASE", ask.release,
				 sizeof(ask.release));
		kernel_note_text(note.text, note.len, "BUILD-ID", ask.build_id,
				 sizeof(ask.build_id));
		r = read_log(&start, &log);
		kernel_log_panic(&log, ask.panic, sizeof(ask.panic));
	}
	ask.rc = r;
	ask.log_len = (uint32_t)log.len;
	ask.cut = log.cut;
	r = send_request(PARSER_DONE);
	return r || !found ? r : read_trace(&start, &log);
}

/* What a service manager does not hand over. */
static int take_memory(void)
{
	union fdpass_room room;
	char byte;
	struct iovec part = { &byte, sizeof(byte) };
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1,
				 .msg_control = room.bytes,
				 .msg_controllen = sizeof(room.bytes) };
	int memory;

	if (recvmsg(PARSER_SOCKET, &packet, MSG_CMSG_CLOEXEC) != 1)
		return -EPIPE;
	memory = fdpass_get(&packet);
	if (memory < 0)
		return -EBADMSG;
	return memory == PARSER_MEMORY || dup2(memory, PARSER_MEMORY) >= 0 ?
		0 : -errno;
}

int parser_main(void)
{
	if (unit_is_one() && take_memory())
		return ROLE_EXIT_SYSTEM;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      PARSER_MEMORY, 0);
	if (shared == MAP_FAILED || parser_jail_enter())
		return ROLE_EXIT_SYSTEM;
	_exit(work() ? ROLE_EXIT_SYSTEM : 0); /* exit() may do more than it may */
}
