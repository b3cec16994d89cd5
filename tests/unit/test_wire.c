/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The packets of role/wire.h: round trips, limits, and that no malformed
 * packet gets through.  Needs no Xen and no privilege.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "role/wire.h"

#include "core_facts.h"
#include "tap.h"

static struct wire_msg *sample(void)
{
	static struct wire_msg msg;

	wire_clear(&msg);
	msg.kind = WIRE_ORDER;
	msg.step = STEP_CREATE;
	msg.order = 0x123456789abcdef0ull;
	msg.id = (struct domain_id){ 7, { 1, 2, 3 }, 0xfeedull };
	msg.new_id = (struct domain_id){ 8, { 4, 5 }, ~0ull };
	strcpy(msg.config.name, "a guest\n\"");
	msg.config.type = DOMAIN_TYPE_PVH;
	msg.config.tie = DOMAIN_TIE_DRIVER;
	msg.config.on[REASON_CRASH] = ACTION_COREDUMP_RESTART;
	msg.rc = -110;
	msg.deadline_ms = 4000000000u;
	msg.reason_code = 255;
	msg.has_reason = 1;
	msg.peer = PEER_XAPI;
	msg.capture = (struct capture_order){ CAPTURE_FORMAT_ELF, 1, 2, 3, 4,
					      true, { 5, 6 } };
	msg.core = (struct capture_facts){ CAPTURE_FORMAT_KDUMP_ZLIB, ~0ull, 5,
					   6, 7, 8, true };
	msg.evidence = EVIDENCE_CONSOLE;
	strcpy(msg.missing, "what was not");
	strcpy(msg.text, "what was found");
	msg.blob = strdup("{\"json\": true}");
	msg.blob_len = strlen(msg.blob);
	return &msg;
}

static int same_core(const struct wire_msg *a, const struct wire_msg *b)
{
	return a->capture.format == b->capture.format &&
	       a->capture.largest_mib == b->capture.largest_mib &&
	       a->capture.total_mib == b->capture.total_mib &&
	       a->capture.per_guest == b->capture.per_guest &&
	       a->capture.free_percent == b->capture.free_percent &&
	       a->capture.pause == b->capture.pause &&
	       a->capture.task.cpu == b->capture.task.cpu &&
	       a->capture.task.pid == b->capture.task.pid &&
	       core_facts_same(&a->core, &b->core);
}

static int same(const struct wire_msg *a, const struct wire_msg *b)
{
	return a->kind == b->kind && a->step == b->step &&
	       a->order == b->order &&
	       !memcmp(&a->id, &b->id, sizeof(a->id)) &&
	       !memcmp(&a->new_id, &b->new_id, sizeof(a->new_id)) &&
	       !strcmp(a->config.name, b->config.name) &&
	       a->config.type == b->config.type &&
	       a->config.tie == b->config.tie &&
	       !memcmp(a->config.on, b->config.on, sizeof(a->config.on)) &&
	       a->rc == b->rc && a->deadline_ms == b->deadline_ms &&
	       a->reason_code == b->reason_code &&
	       same_core(a, b) && a->has_reason == b->has_reason && a->peer == b->peer &&
	       a->evidence == b->evidence &&
	       !strcmp(a->missing, b->missing) && !strcmp(a->text, b->text) &&
	       a->blob_len == b->blob_len && !a->blob == !b->blob &&
	       (!a->blob || !memcmp(a->blob, b->blob, a->blob_len + 1));
}

static void test_round_trip(int tx, int rx)
{
	struct wire_msg *msg = sample(), got = {0};

	ok(!wire_send(tx, msg) && !wire_recv(rx, &got) && same(msg, &got),
	   "a full message arrives as it was sent");
	wire_clear(&got);
	wire_clear(msg);
	msg->kind = WIRE_BEAT;
	ok(!wire_send(tx, msg) && !wire_recv(rx, &got) && same(msg, &got),
	   "so does an empty one");
	ok(!got.blob && !got.blob_len, "without a blob there is none");
	wire_clear(&got);
}

static void test_text_is_cut(int tx, int rx)
{
	struct wire_msg msg = { .kind = WIRE_RESULT }, got = {0};

	memset(msg.text, 'x', sizeof(msg.text));
	memset(msg.config.name, 'n', sizeof(msg.config.name));
	ok(!wire_send(tx, &msg) && !wire_recv(rx, &got) &&
	   strlen(got.text) == WIRE_TEXT_BYTES - 1 &&
	   strlen(got.config.name) == DOMAIN_NAME_BYTES - 1,
	   "text and name without a NUL are cut, not overrun");
	wire_clear(&got);
}

static void test_blob_sizes(int tx, int rx)
{
	struct wire_msg *msg = sample(), got = {0};

	free(msg->blob);
	msg->blob = malloc(DOMAIN_CONFIG_MAX_BYTES + 2);
	memset(msg->blob, 'b', DOMAIN_CONFIG_MAX_BYTES + 2);
	msg->blob[DOMAIN_CONFIG_MAX_BYTES + 1] = '\0';
	msg->blob_len = DOMAIN_CONFIG_MAX_BYTES + 1;
	ok(wire_send(tx, msg) == -EMSGSIZE, "a blob over the limit is refused");
	msg->blob[DOMAIN_CONFIG_MAX_BYTES] = '\0';
	msg->blob_len = DOMAIN_CONFIG_MAX_BYTES;
	ok(!wire_send(tx, msg) && !wire_recv(rx, &got) && same(msg, &got),
	   "the largest packet passes");
	wire_clear(&got);
	wire_clear(msg);
}

/* Sends LEN bytes as one packet, with FILE unless that is -1. */
static void send_with(int tx, void *bytes, size_t len, int file)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { bytes, len };
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *along = (struct cmsghdr *)control;

	if (file >= 0) {
		packet.msg_control = control;
		packet.msg_controllen = sizeof(control);
		along->cmsg_level = SOL_SOCKET;
		along->cmsg_type = SCM_RIGHTS;
		along->cmsg_len = CMSG_LEN(sizeof(file));
		memcpy(CMSG_DATA(along), &file, sizeof(file));
	}
	if (sendmsg(tx, &packet, 0) != (ssize_t)len)
		exit(1);
}

/* Without the privilege a socket has no room for the largest packet. */
static void test_by_file(void)
{
	struct wire_msg *msg = sample(), got = {0};
	unsigned char buf[8192];
	int fd[2], ends[2], small = 4096;
	ssize_t n;

	if (wire_pair(fd) || pipe(ends) || write(ends[1], buf, 64) != 64 ||
	    setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)))
		exit(1);
	free(msg->blob);
	msg->blob = strdup("short");
	msg->blob_len = 5;
	ok(!wire_send(fd[0], msg) && !wire_recv(fd[1], &got) &&
	   same(msg, &got), "with little room a short blob passes");
	wire_clear(&got);
	free(msg->blob);
	msg->blob = malloc(DOMAIN_CONFIG_MAX_BYTES + 1);
	memset(msg->blob, 'b', DOMAIN_CONFIG_MAX_BYTES);
	msg->blob[DOMAIN_CONFIG_MAX_BYTES] = '\0';
	msg->blob_len = DOMAIN_CONFIG_MAX_BYTES;
	ok(!wire_send(fd[0], msg) && !wire_recv(fd[1], &got) &&
	   same(msg, &got), "and the largest, by a file in memory");
	wire_clear(&got);
	wire_send(fd[0], msg);
	n = recv(fd[1], buf, sizeof(buf), 0);
	send_with(fd[0], buf, (size_t)n, -1);
	ok(wire_recv(fd[1], &got) == -EBADMSG, "not without that file");
	send_with(fd[0], buf, (size_t)n, ends[0]);
	ok(wire_recv(fd[1], &got) == -EBADMSG, "nor by a pipe");
	wire_clear(msg);
	msg->blob = strdup("short");
	msg->blob_len = 5;
	wire_send(fd[0], msg);
	n = recv(fd[1], buf, sizeof(buf), 0);
	send_with(fd[0], buf, (size_t)n, ends[0]);
	ok(wire_recv(fd[1], &got) == -EBADMSG, "nor beside a short blob");
	wire_clear(msg);
	for (int i = 0; i < 2; i++) {
		close(fd[i]);
		close(ends[i]);
	}
}

static void test_ends(int keeper, int child)
{
	struct wire_msg msg = { .kind = WIRE_HINT }, got = {0};
	int r, sent = 0;

	ok(wire_recv(keeper, &got) == -EAGAIN,
	   "an empty socket is -EAGAIN for the keeper");
	while (!(r = wire_send(keeper, &msg)) && sent < 1000000)
		sent++;
	ok(r == -EAGAIN && sent > 0, "a full one too");
	while (sent-- > 0 && !wire_recv(child, &got))
		wire_clear(&got);
	ok(sent == -1, "what was queued arrives, packet by packet");
	ok(fcntl(keeper, F_GETFD) == FD_CLOEXEC &&
	   fcntl(child, F_GETFD) == FD_CLOEXEC,
	   "both ends are close-on-exec");
	close(child);
	ok(wire_recv(keeper, &got) == -EPIPE, "the end of file is -EPIPE");
	ok(wire_send(keeper, &msg) == -EPIPE, "for the sender too");
	close(keeper);
}

/* The bytes of one packet as they travel. */
static size_t packet_of(const struct wire_msg *msg, unsigned char *buf,
			size_t size)
{
	int fd[2];
	ssize_t n;

	if (wire_pair(fd) || wire_send(fd[0], msg))
		exit(1);
	n = recv(fd[1], buf, size, 0);
	close(fd[0]);
	close(fd[1]);
	return (size_t)n;
}

/* An exact copy on the heap, so that a sanitizer sees each overrun. */
static int decode_copy(const unsigned char *packet, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);
	struct wire_msg got = {0};
	int r;

	memcpy(copy, packet, len);
	r = wire_decode(copy, len, &got);
	free(copy);
	if (!r && (got.kind >= WIRE_COUNT || got.step >= STEP_COUNT ||
		   got.config.type >= DOMAIN_TYPE_COUNT ||
		   got.config.tie >= DOMAIN_TIE_COUNT ||
		   !memchr(got.text, 0, sizeof(got.text)) ||
		   !memchr(got.config.name, 0, sizeof(got.config.name)) ||
		   (got.blob && got.blob[got.blob_len])))
		r = 1;
	wire_clear(&got);
	return r;
}

static void test_malformed(void)
{
	unsigned char packet[4096], bad[4096];
	size_t len = packet_of(sample(), packet, sizeof(packet));
	int cut = 0, grown, wild = 0, refused = 0;

	ok(!decode_copy(packet, len), "the packet itself is well-formed");
	for (size_t i = 0; i < len; i++)
		cut += decode_copy(packet, i) != -EBADMSG;
	ok(!cut, "cut at any byte it is refused");
	memcpy(bad, packet, len);
	bad[len] = 0;
	grown = decode_copy(bad, len + 1);
	ok(grown == -EBADMSG, "and with a byte more");
	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			int r;

			memcpy(bad, packet, len);
			bad[i] ^= (unsigned char)(1 << bit);
			r = decode_copy(bad, len);
			wild += r != 0 && r != -EBADMSG;
			refused += r == -EBADMSG;
		}
	}
	ok(!wild, "no flipped bit yields a field out of range");
	ok(refused > 8 * 12, "flipped magic and lengths are refused");
}

static void test_noise(void)
{
	unsigned char packet[4096], bad[4096];
	size_t len = packet_of(sample(), packet, sizeof(packet));
	int wild = 0;

	srandom(1);
	for (int round = 0; round < 200000; round++) {
		memcpy(bad, packet, len);
		for (long n = 1 + random() % 8; n > 0; n--)
			bad[4 + (size_t)random() % (len - 4)] =
				(unsigned char)random();
		if (decode_copy(bad, len) == 1)
			wild++;
	}
	ok(!wild, "200000 garbled packets: each refused or in range");
}

int main(void)
{
	int fd[2];

	if (wire_pair(fd)) {
		perror("wire_pair");
		return 1;
	}
	ok(!strcmp(wire_kind_name(WIRE_RESULT), "RESULT") &&
	   !strcmp(wire_kind_name(WIRE_COUNT), "?"),
	   "kinds have names");
	test_round_trip(fd[1], fd[0]);
	test_round_trip(fd[0], fd[1]);
	test_text_is_cut(fd[1], fd[0]);
	test_blob_sizes(fd[1], fd[0]);
	test_by_file();
	test_ends(fd[0], fd[1]);
	test_malformed();
	test_noise();
	wire_clear(sample());
	return done_testing();
}
