/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The packets between the keeper and its children: sending, receiving and
 * checking them.  Knows nothing of what the messages mean.
 */
#include "role/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/cleanup.h"
#include "base/fdpass.h"

#define WIRE_MAGIC 0x31677658u /* "Xvg1" */

/* A socket must hold the largest packet and a burst of common ones. */
#define WIRE_BUFFER_BYTES (4 * DOMAIN_CONFIG_MAX_BYTES)

/* The start of each packet; text and blob follow without their NULs. */
struct wire_head {
	uint32_t magic;
	uint32_t text_len;
	uint32_t blob_len;
	uint32_t deadline_ms;
	uint64_t order;
	struct domain_id id;
	struct domain_id new_id;
	int32_t rc;
	uint8_t kind;
	uint8_t step;
	uint8_t reason_code;
	uint8_t has_reason;
	uint8_t type, tie;
	uint8_t on[REASON_COUNT];
	uint8_t formats[2];	/* of the order, and of the core */
	uint8_t truncated, pause, peer;
	uint8_t evidence;
	uint8_t by_file;	/* the blob is in a file that comes along */
	uint32_t bounds[4];
	uint32_t task[2];
	uint32_t duration_ms;
	uint64_t figures[4];
	char name[DOMAIN_NAME_BYTES];
	char missing[EVIDENCE_WORD_BYTES];
};

#define WIRE_PACKET_MAX \
	(sizeof(struct wire_head) + WIRE_TEXT_BYTES + DOMAIN_CONFIG_MAX_BYTES)

const char *wire_kind_name(enum wire_kind kind)
{
	static const char *const names[] = {
#define X(name) [WIRE_##name] = #name,
		WIRE_LIST(X)
#undef X
	};

	return (unsigned int)kind < WIRE_COUNT ? names[kind] : "?";
}

void wire_clear(struct wire_msg *msg)
{
	free(msg->blob);
	memset(msg, 0, sizeof(*msg));
}

static void fill_core(struct wire_head *head, const struct wire_msg *msg)
{
	const struct capture_order *order = &msg->capture;
	const struct capture_facts *core = &msg->core;

	head->pause = order->pause;
	head->task[0] = order->task.cpu;
	head->task[1] = order->task.pid;
	head->formats[0] = (uint8_t)order->format;
	head->bounds[0] = order->largest_mib;
	head->bounds[1] = order->total_mib;
	head->bounds[2] = order->per_guest;
	head->bounds[3] = order->free_percent;
	head->formats[1] = (uint8_t)core->format;
	head->figures[0] = core->bytes;
	head->figures[1] = core->pages;
	head->figures[2] = core->zero_pages;
	head->figures[3] = core->tot_pages;
	head->duration_ms = core->duration_ms;
	head->truncated = core->truncated;
}

static void head_fill(struct wire_head *head, const struct wire_msg *msg)
{
	/* The padding travels too: it must hold no memory of ours. */
	memset(head, 0, sizeof(*head));
	head->magic = WIRE_MAGIC;
	head->text_len = (uint32_t)strnlen(msg->text, WIRE_TEXT_BYTES - 1);
	head->blob_len = msg->blob ? (uint32_t)msg->blob_len : 0;
	head->deadline_ms = msg->deadline_ms;
	head->order = msg->order;
	head->id = msg->id;
	head->new_id = msg->new_id;
	head->rc = msg->rc;
	head->kind = (uint8_t)msg->kind;
	head->step = (uint8_t)msg->step;
	head->reason_code = msg->reason_code;
	head->has_reason = msg->has_reason;
	head->peer = (uint8_t)msg->peer;
	head->type = (uint8_t)msg->config.type;
	head->tie = (uint8_t)msg->config.tie;
	for (size_t i = 0; i < REASON_COUNT; i++)
		head->on[i] = (uint8_t)msg->config.on[i];
	fill_core(head, msg);
	head->evidence = (uint8_t)msg->evidence;
	memcpy(head->name, msg->config.name,
	       strnlen(msg->config.name, sizeof(head->name) - 1));
	memcpy(head->missing, msg->missing,
	       strnlen(msg->missing, sizeof(head->missing) - 1));
}

static int send_packet(int fd, const struct msghdr *packet)
{
	ssize_t n;

	do {
		n = sendmsg(fd, packet, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return 0;
}

/* A socket that could not be given room for it takes a file in memory. */
static int send_by_file(int fd, struct wire_head *head, struct iovec part[3])
{
	struct msghdr packet = { .msg_iov = part, .msg_iovlen = 2 };
	union fdpass_room room;
	AUTO_CLOSE int file = memfd_create("blob", MFD_CLOEXEC);
	ssize_t n = file < 0 ? -1 : pwrite(file, part[2].iov_base,
					   part[2].iov_len, 0);

	if (n < 0)
		return -errno;
	if ((size_t)n != part[2].iov_len)
		return -ENOSPC;
	head->by_file = 1;
	fdpass_put(&packet, &room, file);
	return send_packet(fd, &packet);
}

int wire_send(int fd, const struct wire_msg *msg)
{
	struct wire_head head;
	struct iovec part[3];
	struct msghdr packet = { .msg_iov = part, .msg_iovlen = 3 };
	int r;

	if (msg->blob && msg->blob_len > DOMAIN_CONFIG_MAX_BYTES)
		return -EMSGSIZE;
	head_fill(&head, msg);
	part[0] = (struct iovec){ &head, sizeof(head) };
	part[1] = (struct iovec){ (char *)msg->text, head.text_len };
	part[2] = (struct iovec){ msg->blob, head.blob_len };
	r = send_packet(fd, &packet);
	if (r == -EMSGSIZE && head.blob_len)
		r = send_by_file(fd, &head, part);
	return r;
}

static bool head_valid(const struct wire_head *head, size_t packet_len)
{
	if (head->magic != WIRE_MAGIC || head->kind >= WIRE_COUNT ||
	    head->step >= STEP_COUNT || head->type >= DOMAIN_TYPE_COUNT ||
	    head->tie >= DOMAIN_TIE_COUNT ||
	    head->by_file || head->has_reason > 1 || head->truncated > 1 ||
	    head->pause > 1 || head->peer >= PEER_COUNT ||
	    head->formats[0] >= CAPTURE_FORMAT_COUNT ||
	    head->formats[1] >= CAPTURE_FORMAT_COUNT ||
	    head->evidence >= EVIDENCE_KIND_COUNT)
		return false;
	for (size_t i = 0; i < REASON_COUNT; i++)
		if (head->on[i] >= ACTION_COUNT)
			return false;
	if (!memchr(head->name, '\0', sizeof(head->name)) ||
	    !memchr(head->missing, '\0', sizeof(head->missing)))
		return false;
	return head->text_len < WIRE_TEXT_BYTES &&
	       head->blob_len <= DOMAIN_CONFIG_MAX_BYTES &&
	       packet_len == sizeof(*head) + head->text_len + head->blob_len;
}

static void read_core(const struct wire_head *head, struct wire_msg *ret_msg)
{
	ret_msg->capture = (struct capture_order){
		.format = head->formats[0],
		.largest_mib = head->bounds[0],
		.total_mib = head->bounds[1],
		.per_guest = head->bounds[2],
		.free_percent = head->bounds[3],
		.pause = head->pause,
		.task = { head->task[0], head->task[1] },
	};
	ret_msg->core = (struct capture_facts){
		.format = head->formats[1],
		.bytes = head->figures[0],
		.pages = head->figures[1],
		.zero_pages = head->figures[2],
		.tot_pages = head->figures[3],
		.duration_ms = head->duration_ms,
		.truncated = head->truncated,
	};
}

static void head_read(const struct wire_head *head, struct wire_msg *ret_msg)
{
	ret_msg->kind = head->kind;
	ret_msg->step = head->step;
	ret_msg->order = head->order;
	ret_msg->id = head->id;
	ret_msg->new_id = head->new_id;
	ret_msg->rc = head->rc;
	ret_msg->deadline_ms = head->deadline_ms;
	ret_msg->reason_code = head->reason_code;
	ret_msg->has_reason = head->has_reason;
	ret_msg->peer = head->peer;
	ret_msg->config.type = head->type;
	ret_msg->config.tie = head->tie;
	for (size_t i = 0; i < REASON_COUNT; i++)
		ret_msg->config.on[i] = head->on[i];
	read_core(head, ret_msg);
	ret_msg->evidence = head->evidence;
	strcpy(ret_msg->config.name, head->name);
	strcpy(ret_msg->missing, head->missing);
}

int wire_decode(const void *packet, size_t len, struct wire_msg *ret_msg)
{
	struct wire_head head;
	const char *body = (const char *)packet + sizeof(head);
	char *blob = NULL;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, packet, sizeof(head));
	if (!head_valid(&head, len) || memchr(body, '\0', head.text_len))
		return -EBADMSG;
	if (head.blob_len) {
		blob = malloc(head.blob_len + 1);
		if (!blob)
			return -ENOMEM;
		memcpy(blob, body + head.text_len, head.blob_len);
		blob[head.blob_len] = '\0';
	}
	memset(ret_msg, 0, sizeof(*ret_msg));
	head_read(&head, ret_msg);
	memcpy(ret_msg->text, body, head.text_len);
	ret_msg->blob = blob;
	ret_msg->blob_len = head.blob_len;
	return 0;
}

/* Returns the packet's length, or -errno. */
static ssize_t recv_packet(int fd, char *bytes, size_t len, int *ret_file)
{
	/* Who sent it may come as well, and is of no interest here. */
	char control[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = { bytes, len };
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control) };
	ssize_t got;

	do {
		got = recvmsg(fd, &packet, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	*ret_file = fdpass_get(&packet);
	return got;
}

/* Nothing but memory is read: another file might make us wait. */
static int read_file(int file, char *to, size_t len)
{
	if (fcntl(file, F_GET_SEALS) < 0 ||
	    pread(file, to, len, 0) != (ssize_t)len)
		return -EBADMSG;
	return 0;
}

/* Puts what is in FILE where it is in other packets, and forgets of it. */
static int take_file(char **packet, size_t *len, int file)
{
	struct wire_head head;
	char *whole;
	int r;

	if (*len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, *packet, sizeof(head));
	if (head.by_file != 1 || head.blob_len > DOMAIN_CONFIG_MAX_BYTES)
		return -EBADMSG;
	whole = realloc(*packet, *len + head.blob_len);
	if (!whole)
		return -ENOMEM;
	*packet = whole;
	r = read_file(file, whole + *len, head.blob_len);
	head.by_file = 0;
	memcpy(whole, &head, sizeof(head));
	*len += head.blob_len;
	return r;
}

static int peek_length(int fd, size_t *ret_len)
{
	ssize_t len;

	do {
		len = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == EWOULDBLOCK ? -EAGAIN :
		       errno == ECONNRESET ? -EPIPE : -errno;
	if (len == 0)
		return -EPIPE;
	/* One byte more than is allowed keeps an oversized packet wrong. */
	*ret_len = (size_t)len > WIRE_PACKET_MAX ? WIRE_PACKET_MAX + 1 :
						   (size_t)len;
	return 0;
}

int wire_recv(int fd, struct wire_msg *ret_msg)
{
	AUTO_FREE char *packet = NULL;
	AUTO_CLOSE int file = -1;
	ssize_t got;
	size_t len = 0;
	void *later;
	int r = peek_length(fd, &len);

	if (r < 0)
		return r;
	packet = malloc(len);
	/* What decoding takes, asked for while the packet can still stay. */
	later = malloc(len + 1);
	free(later);
	if (!packet || !later)
		return -ENOMEM;
	got = recv_packet(fd, packet, len, &file);
	if (got < 0)
		return (int)got;
	len = (size_t)got;
	r = file >= 0 ? take_file(&packet, &len, file) : 0;
	return r ? r : wire_decode(packet, len, ret_msg);
}

/* Without the privilege the system's limit has to do. */
void wire_enlarge(int fd)
{
	int bytes = WIRE_BUFFER_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes,
				 sizeof(bytes));
}

int wire_pair(int ret_fd[2])
{
	int fd[2], flags;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return -errno;
	flags = fcntl(fd[0], F_GETFL);
	if (flags < 0 || fcntl(fd[0], F_SETFL, flags | O_NONBLOCK)) {
		flags = -errno;
		close(fd[0]);
		close(fd[1]);
		return flags;
	}
	wire_enlarge(fd[0]);
	wire_enlarge(fd[1]);
	ret_fd[0] = fd[0];
	ret_fd[1] = fd[1];
	return 0;
}
