/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The worker's side of the parser: starts it, hands it copies of pages,
 * checks and escapes what it says, and never waits beyond the deadline.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fdpass.h"
#include "port/owner.h"
#include "role/parser.h"
#include "role/unit.h"

static char spawn_dir[UNIT_PATH_BYTES];	/* "": they are our children */

struct client {
	const struct parser_source *source;
	struct parser_shared *shared;
	int fd;
	pid_t pid;		/* a child's */
	int pidfd;		/* of one in a unit, once it spoke; below 0: none */
	int64_t end_ms;
	struct parser_ask ask;	/* the last */
};

/* --- messages --- */

/* So that it can be ended, whatever it is at. */
static void meet(struct client *client)
{
	struct ucred sender;

	if (spawn_dir[0] && client->pidfd < 0 &&
	    unit_peek_sender(client->fd, &sender) == 0)
		client->pidfd = unit_open_pidfd(client->fd, sender.pid);
}

static int hear(struct client *client)
{
	struct pollfd in = { .fd = client->fd, .events = POLLIN };
	int64_t left;
	ssize_t n;
	int r;

	do {
		left = client->end_ms - clock_ms();
		r = left > 0 ? poll(&in, 1, (int)left) : 0;
	} while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r ? -errno : -ETIMEDOUT;
	meet(client);
	n = recv(client->fd, &client->ask, sizeof(client->ask), MSG_DONTWAIT);
	if (n < 0) /* it may end before it reads this message */
		return errno == ECONNRESET ? -EPIPE : -errno;
	return n == 0 ? -EPIPE : n == sizeof(client->ask) ? 0 : -EPROTO;
}

static int send_answer(const struct client *client, int rc, size_t count)
{
	struct parser_answer answer = { .rc = rc, .count = (uint32_t)count };

	return send(client->fd, &answer, sizeof(answer),
		    MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(answer) ?
		0 : -EPIPE;
}

/* --- pages --- */

#define STOPPED 1

/* Returns 0: more, STOPPED, or -errno. */
static int give_batch(void *ctx, const uint64_t *pfn,
		      const unsigned char *pages, size_t count)
{
	struct client *client = ctx;
	int r;

	if (!count || count > PARSER_BATCH)
		return count ? -EINVAL : 0;
	memcpy(client->shared->pfn, pfn, count * sizeof(*pfn));
	memcpy(client->shared->pages, pages, count * GUEST_MEM_PAGE_BYTES);
	r = send_answer(client, 0, count);
	if (r == 0)
		r = hear(client);
	if (r)
		return r;
	return client->ask.kind == PARSER_MORE ? 0 :
	       client->ask.kind == PARSER_STOP ? STOPPED : -EPROTO;
}

static int give_all(struct client *client)
{
	int r = client->source->scan(client->source->ctx, give_batch, client);

	if (r == STOPPED)
		return 0;
	return r == 0 ? send_answer(client, 0, 0) : r;
}

static int give_frame(struct client *client)
{
	unsigned char page[GUEST_MEM_PAGE_BYTES];
	int r = client->source->read(client->source->ctx, client->ask.frame,
				     page);

	if (r == 0)
		memcpy(client->shared->pages, page, sizeof(page));
	return send_answer(client, r, 0);
}

/* Until it says LAST. */
static int serve(struct client *client, enum parser_kind last)
{
	int r = hear(client);

	while (r == 0 && client->ask.kind != last) {
		if (client->ask.kind == PARSER_SCAN)
			r = give_all(client);
		else if (client->ask.kind == PARSER_READ)
			r = give_frame(client);
		else
			r = -EPROTO;
		if (r == 0)
			r = hear(client);
	}
	return r;
}

/* --- what it says --- */

/* From a copy: the parser can still write to what is shared. */
static int take_lines(const char *from, size_t len, size_t most,
		      struct text *ret_lines)
{
	AUTO_FREE char *copy = NULL;

	if (len > most)
		return -EPROTO;
	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, from, len);
	text_append_lines(ret_lines, copy, len);
	if (len && copy[len - 1] != '\n')
		text_append(ret_lines, "\n");
	return ret_lines->error;
}

static void take_word(const char *from, char *ret_word, size_t size)
{
	struct text text = { 0 };

	text_append_lines(&text, from, strnlen(from, PARSER_LINE_BYTES));
	text_copy(ret_word, size, text_get(&text));
	text_free(&text);
}

static int take_result(struct client *client, struct parser_result *ret_result)
{
	int r = take_lines(client->shared->log, client->ask.log_len,
			   PARSER_LOG_BYTES, &ret_result->log);

	if (r)
		return r;
	ret_result->cut = client->ask.cut != 0;
	take_word(client->ask.panic, ret_result->panic,
		  sizeof(ret_result->panic));
	take_word(client->ask.release, ret_result->release,
		  sizeof(ret_result->release));
	take_word(client->ask.build_id, ret_result->build_id,
		  sizeof(ret_result->build_id));
	return client->ask.rc > 0 ? -EPROTO : client->ask.rc;
}

/* --- and of the trace --- */

static const char *explain(int r)
{
	switch (r) {
	case -ENOENT:
		return "no log of a Linux kernel was found in memory";
	case -ETIMEDOUT:
		return "the parser timed out";
	case -EPIPE:
		return "the parser ended without a result";
	case -EPROTO:
		return "the parser sent an invalid message";
	default:
		return strerror(-r);
	}
}

static void explain_trace(const struct client *client, int r,
			  struct text *why)
{
	char word[PARSER_LINE_BYTES * 4];

	take_word(client->ask.missing, word, sizeof(word));
	if (r == -ENOENT && word[0])
		text_printf(why, "no function names: the kernel's note lacks "
			    "%s (Linux before 6.0 has none)", word);
	else if (r == -ENXIO)
		text_append(why, "the vCPU was not in the kernel");
	else if (r == -EDQUOT)
		text_append(why, "reading it took too many pages");
	else if (r == -EFAULT || r == -ENOENT)
		text_append(why, "the guest's memory does not have the needed "
			    "data");
	else if (r)
		text_append(why, explain(r));
}

/* What there is of it is kept, and the log in any case. */
static void take_trace(struct client *client, struct parser_result *ret_result)
{
	int r = serve(client, PARSER_TRACED);

	if (r == 0) {
		r = take_lines(client->shared->trace, client->ask.trace_len,
			       KERNEL_TRACE_TEXT_BYTES, &ret_result->trace);
		ret_result->vcpu = client->ask.vcpu;
		if (r == 0 && (client->ask.rc > 0 ||
			       client->ask.vcpu >= PARSER_VCPUS))
			r = -EPROTO;
		if (r == 0)
			r = client->ask.rc;
	}
	explain_trace(client, r, &ret_result->trace_why);
}

/* --- the process --- */

int parser_client_setup(void)
{
	return unit_read_dir(spawn_dir);
}

static int spawn(struct client *client, int socket, int memory)
{
	char *argv[] = { "xenvigild", "--role=parser", NULL };
	char *no_environ[] = { NULL };
	posix_spawn_file_actions_t files;
	int r;

	posix_spawn_file_actions_init(&files);
	r = posix_spawn_file_actions_adddup2(&files, socket, PARSER_SOCKET);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&files, memory,
						     PARSER_MEMORY);
	if (r == 0)
		r = posix_spawn(&client->pid, "/proc/self/exe", &files, NULL,
				argv, no_environ);
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

static int share(struct client *client, int *ret_memory)
{
	AUTO_CLOSE int low = memfd_create("xenvigil-parser",
					  MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int memory = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC,
					  PARSER_MEMORY + 1);

	if (memory < 0)
		return -errno;
	*ret_memory = memory; /* not where the child's socket will be put */
	if (ftruncate(memory, sizeof(*client->shared)))
		return -errno;
	/* It could be made smaller by the other side: a SIGBUS here. */
	if (fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW |
		  F_SEAL_SEAL))
		return -errno;
	client->shared = mmap(NULL, sizeof(*client->shared),
			      PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (client->shared == MAP_FAILED) {
		client->shared = NULL;
		return -errno;
	}
	return 0;
}

/* In its own unit it has only the connection. */
static int ask_for_one(struct client *client, int memory)
{
	char byte = 0;
	struct iovec part = { &byte, sizeof(byte) };
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
	union fdpass_room room;
	int r = unit_ask(spawn_dir, "parser", &client->fd);

	if (r)
		return r;
	fdpass_put(&packet, &room, memory);
	return sendmsg(client->fd, &packet, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int start_child(struct client *client, int memory)
{
	AUTO_CLOSE int other = -1;
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return -errno;
	client->fd = fd[0];
	other = fd[1];
	return spawn(client, other, memory);
}

static int start_parser(struct client *client)
{
	const struct parser_source *source = client->source;
	struct parser_start message = { .levels = source->levels,
					.root_count = source->root_count,
					.vcpu_count = source->vcpu_count };
	AUTO_CLOSE int memory = -1;
	int r = share(client, &memory);

	if (r == 0)
		r = spawn_dir[0] ? ask_for_one(client, memory) :
				   start_child(client, memory);
	if (r)
		return r;
	memcpy(message.roots, source->roots, sizeof(message.roots));
	memcpy(message.vcpus, source->vcpus, sizeof(message.vcpus));
	return send(client->fd, &message, sizeof(message), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(message) ? 0 : -EPIPE;
}

/* Whatever it is doing: its result is not needed any more. */
static void end_parser(struct client *client)
{
	if (client->pid > 0) {
		kill(client->pid, SIGKILL);
		while (waitpid(client->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (client->pidfd >= 0) {
		(void)owner_signal(client->pidfd, SIGKILL);
		close(client->pidfd);
	}
	if (client->fd >= 0) /* a process without a message finds no peer */
		close(client->fd);
	if (client->shared)
		munmap(client->shared, sizeof(*client->shared));
}

int parser_client_run(const struct parser_source *source, uint32_t deadline_ms,
		      struct parser_result *ret_result, struct text *why)
{
	struct client client = { .source = source, .fd = -1, .pidfd = -1,
				 .end_ms = clock_ms() + deadline_ms };
	int r;

	memset(ret_result, 0, sizeof(*ret_result));
	r = start_parser(&client);
	if (r == 0)
		r = serve(&client, PARSER_DONE);
	if (r == 0)
		r = take_result(&client, ret_result);
	if (r)
		text_printf(why, "reading the kernel's log: %s", explain(r));
	if (ret_result->release[0])
		take_trace(&client, ret_result);
	end_parser(&client);
	return r;
}

void parser_client_clear(struct parser_result *result)
{
	text_free(&result->log);
	text_free(&result->trace);
	text_free(&result->trace_why);
}
